import type { Problem } from '#lib/model/problem.ts';
import type { CommandResult, RoomCommand } from '#lib/model/room-command.ts';
import { problemOf } from './api.ts';
import { kernelAsks } from './kernel-asks.ts';
import type { NotebookSession } from './session.svelte.ts';

interface Answer {
	busy: boolean;
	problem: Problem | null;
}

/**
 * A question that is put to the kernel again and again: the last answer stands until the next one is here, and only the
 * latest question counts.
 */
export class KernelQuestion<T extends Answer> {
	/** The last answer that had something in it. */
	answer = $state.raw<T | null>(null);
	/** The kernel runs a cell and answers between cells. */
	busy = $state(false);
	problem = $state.raw<Problem | null>(null);
	/** Asked and not answered yet. */
	waiting = $state(false);

	readonly #session: NotebookSession;
	readonly #of: (result: CommandResult) => T | undefined;
	#asked = 0;

	constructor(session: NotebookSession, of: (result: CommandResult) => T | undefined) {
		this.#session = session;
		this.#of = of;
	}

	async ask(command: RoomCommand): Promise<void> {
		const number = ++this.#asked;
		const asks = kernelAsks(this.#session);
		if (asks === 'none') this.answer = null;
		this.busy = asks === 'busy';
		if (asks !== 'yes') {
			this.waiting = false;
			return;
		}
		this.waiting = true;
		let answer: T | undefined;
		let problem: Problem | null = null;
		try {
			answer = this.#of(await this.#session.commands.send(command));
		} catch (error) {
			problem = problemOf(error);
		}
		if (number !== this.#asked) return;
		this.waiting = false;
		this.busy = answer?.busy === true;
		this.problem = problem ?? answer?.problem ?? null;
		if (answer && !answer.busy && !answer.problem) this.answer = answer;
	}
}

/** Call `again` now, after every run that ends, and when the kernel can answer (again). In a component's script. */
export function whenRunsEnd(session: NotebookSession, again: () => void): void {
	const asks = $derived(kernelAsks(session));
	const ended = $derived(session.runtime.ended);
	const kernel = $derived(session.runtime.kernel.kernel);
	let before = { asks: '', ended: 0, kernel: '' as string | null };
	$effect(() => {
		const now = { asks, ended, kernel };
		const reason = now.asks !== before.asks || now.kernel !== before.kernel || now.ended !== before.ended;
		before = now;
		if (reason) again();
	});
}
