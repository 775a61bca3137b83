/** Questions to people that are open now: who is asked, which answer fits, how one ends. In memory only, answers too. */
import { newId } from '#lib/model/ids.ts';
import type { Ask, AskAnswer } from '#lib/model/ask.ts';

export interface OpenAsk {
	id: string;
	user: string;
	ask: Ask;
}

export const NOBODY: AskAnswer = { kind: 'nobody' };

/** How long a question stays open, in milliseconds. */
export interface AskTimes {
	/** For an answer, from the asking. */
	answer: number;
	/** For somebody to come who could answer, while nobody is there. */
	arrival: number;
}

interface Pending extends OpenAsk {
	settle(answer: AskAnswer): void;
	absence: NodeJS.Timeout | undefined;
}

/** Bytes of a signature as WebCrypto makes it: Ed25519, and ECDSA P-256 as r and s. */
const SIGNATURE_BYTES = 64;

export class OpenAsks {
	readonly #open = new Map<string, Pending>();
	readonly #times: AskTimes;
	readonly #isHere: (user: string) => boolean;
	readonly #onSettled: (ask: OpenAsk) => void;

	constructor(times: AskTimes, isHere: (user: string) => boolean, onSettled: (ask: OpenAsk) => void) {
		this.#times = times;
		this.#isHere = isHere;
		this.#onSettled = onSettled;
	}

	/** The questions a person has open, oldest first. */
	of(user: string): OpenAsk[] {
		return [...this.#open.values()].filter((pending) => pending.user === user);
	}

	/** Open one; resolves with the first answer that fits, `nobody` when none came or `signal` took it back. */
	add(user: string, ask: Ask, signal: AbortSignal, onOpen: (open: OpenAsk) => void): Promise<AskAnswer> {
		if (signal.aborted) return Promise.resolve(NOBODY);
		return new Promise((resolve) => {
			const takeBack = (): void => pending.settle(NOBODY);
			const deadline = setTimeout(takeBack, this.#times.answer);
			const pending: Pending = {
				id: newId(),
				user,
				ask,
				absence: undefined,
				settle: (answer) => {
					if (!this.#open.delete(pending.id)) return;
					clearTimeout(deadline);
					clearTimeout(pending.absence);
					signal.removeEventListener('abort', takeBack);
					resolve(answer);
					this.#onSettled(pending);
				}
			};
			this.#open.set(pending.id, pending);
			signal.addEventListener('abort', takeBack);
			this.#watch(pending);
			onOpen(pending);
		});
	}

	/** `settled`: there is no such open question of this person (any more). `unfit`: it asks for something else. */
	answer(user: string, id: string, answer: AskAnswer): 'taken' | 'settled' | 'unfit' {
		const pending = this.#open.get(id);
		if (!pending || pending.user !== user) return 'settled';
		if (!fits(pending.ask, answer)) return 'unfit';
		pending.settle(answer);
		return 'taken';
	}

	/** Somebody came or went: questions nobody can answer end after a while. */
	presenceChanged(user: string): void {
		for (const pending of this.#open.values()) if (pending.user === user) this.#watch(pending);
	}

	/** Take all questions back. */
	close(): void {
		for (const pending of [...this.#open.values()]) pending.settle(NOBODY);
	}

	#watch(pending: Pending): void {
		clearTimeout(pending.absence);
		if (this.#isHere(pending.user)) return;
		pending.absence = setTimeout(() => pending.settle(NOBODY), this.#times.arrival);
	}
}

function fits(ask: Ask, answer: AskAnswer): boolean {
	if (answer.kind === 'refused') return true;
	if (answer.kind === 'prompts')
		return ask.kind === 'prompts' && answer.answers.length === ask.prompts.length;
	return (
		answer.kind === 'signature' &&
		ask.kind === 'signature' &&
		Buffer.from(answer.signature, 'base64').byteLength === SIGNATURE_BYTES
	);
}
