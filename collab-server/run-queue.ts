import type { RunId } from '#lib/model/ids.ts';

/** A run that waits for its turn, with the source as it was when somebody asked for it. */
export interface QueuedRun {
	run: RunId;
	/** Runs asked for together: an error in one takes the rest back. */
	request: string;
	source: string;
	/** Go on with the rest of the request after an error. */
	keepGoing?: boolean;
}

/** The room's queue: one run at the kernel, the others here where they can still be taken back. */
export class RunQueue {
	#waiting: QueuedRun[] = [];
	#active: QueuedRun | null = null;

	get active(): QueuedRun | null {
		return this.#active;
	}

	get isEmpty(): boolean {
		return this.#waiting.length === 0;
	}

	add(runs: QueuedRun[]): void {
		this.#waiting.push(...runs);
	}

	/** The next run becomes the active one; null when there is none or one is active. */
	next(): QueuedRun | null {
		if (this.#active || this.#waiting.length === 0) return null;
		this.#active = this.#waiting.shift()!;
		return this.#active;
	}

	/** The active run has ended (whatever `run` is, if it is not the active one nothing happens). */
	ended(run: RunId): void {
		if (this.#active?.run === run) this.#active = null;
	}

	get waiting(): readonly QueuedRun[] {
		return this.#waiting;
	}

	/** Let a waiting run go before another one, or last (null). False when either does not wait. */
	move(run: RunId, before: RunId | null): boolean {
		const moved = this.#waiting.find((queued) => queued.run === run);
		const rest = this.#waiting.filter((queued) => queued !== moved);
		const at = before === null ? rest.length : rest.findIndex((queued) => queued.run === before);
		if (!moved || at < 0) return false;
		this.#waiting = rest.toSpliced(at, 0, moved);
		return true;
	}

	/** Take back the waiting runs that match; returns them. */
	take(match: (queued: QueuedRun) => boolean): QueuedRun[] {
		const taken = this.#waiting.filter(match);
		this.#waiting = this.#waiting.filter((queued) => !match(queued));
		return taken;
	}
}
