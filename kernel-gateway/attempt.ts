import { isDeepStrictEqual } from 'node:util';
import type { Asker } from '#lib/model/ask.ts';
import type { CheckLine } from '#lib/model/check-list.ts';
import type { ConnectOptions, ConnectResult, SignIn } from '#lib/model/gateway.ts';
import type { WorkspaceAddress } from '#lib/model/workspace.ts';
import { Checks } from './checks.ts';

type Hear = (line: CheckLine) => void;

/** A try to connect that is under way, shared by all who ask for the same: each hears the whole check list. */
export class Attempt {
	readonly address: WorkspaceAddress;
	readonly signIn: SignIn | undefined;
	readonly checks: Checks;
	readonly abort = new AbortController();
	result!: Promise<ConnectResult>;
	/** Somebody came while it was going on. */
	woken = false;
	/** How many questions to the person are open. */
	#asking = 0;
	#lines: CheckLine[] = [];
	#listeners = new Set<Hear>();
	#over = false;

	constructor(address: WorkspaceAddress, { signIn, onCheck }: ConnectOptions) {
		this.address = address;
		this.signIn = signIn;
		this.checks = new Checks((line) => {
			if (this.#over) return;
			this.#lines.push(line);
			for (const hear of this.#listeners) hear(line);
		});
		if (onCheck) this.#listeners.add(onCheck);
	}

	/** It waits for a person. */
	get isAsking(): boolean {
		return this.#asking > 0;
	}

	/** Asks through here, so that it is known when a person is being waited for. */
	asker(ask: Asker | undefined): Asker | undefined {
		return (
			ask &&
			(async (question, signal) => {
				this.#asking++;
				try {
					return await ask(question, signal);
				} finally {
					this.#asking--;
				}
			})
		);
	}

	/** Whether it answers this call too. */
	covers(address: WorkspaceAddress, signIn: SignIn | undefined): boolean {
		return isDeepStrictEqual(this.address, address) && (!signIn || isDeepStrictEqual(this.signIn, signIn));
	}

	/** Tells somebody who joins what has happened so far, and what follows. */
	join(hear: Hear | undefined): void {
		if (!hear || this.#over) return;
		for (const line of this.#lines) hear(line);
		this.#listeners.add(hear);
	}

	/** No line is told after this. */
	end(): void {
		this.#over = true;
	}
}
