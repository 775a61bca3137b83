/** The runs of a room from the moment somebody asks for one until it has ended: queue, document, ledger, and who waits. */
import { digest } from '#lib/model/digest.ts';
import type { Cell } from '#lib/model/cell.ts';
import { newId, type RunId } from '#lib/model/ids.ts';
import { isFinished, newRun, type Run } from '#lib/model/run.ts';
import type { RoomUser } from './caller.ts';
import type { Projection } from './projection.ts';
import type { RunLedger } from './run-ledger.ts';
import { RunQueue, type QueuedRun } from './run-queue.ts';

export class RunDesk {
	readonly #projection: Projection;
	readonly #ledger: RunLedger;
	readonly #onFree: () => void;
	readonly #onEnded: (run: Run) => void;
	readonly #queue = new RunQueue();
	readonly #waiters = new Map<RunId, (() => void)[]>();

	/** `onFree` is called when the kernel can take the next run, `onEnded` with each run that has ended. */
	constructor(projection: Projection, ledger: RunLedger, onFree: () => void, onEnded: (run: Run) => void) {
		this.#projection = projection;
		this.#ledger = ledger;
		this.#onFree = onFree;
		this.#onEnded = onEnded;
	}

	/** The run the kernel is at, or null. */
	get active(): Run | null {
		const active = this.#queue.active;
		return active ? (this.#projection.run(active.run) ?? null) : null;
	}

	get isEmpty(): boolean {
		return this.#queue.isEmpty;
	}

	/** Nothing runs and nothing waits. */
	get isIdle(): boolean {
		return this.#queue.active === null && this.#queue.isEmpty;
	}

	/** Queue one run for each cell; together they are one request. */
	add(user: RoomUser, cells: Cell[], keepGoing: boolean): Run[] {
		const request = newId();
		const first = Math.max(0, ...this.#projection.runs().map((run) => run.place)) + 1;
		const at = Date.now();
		const entries = cells.map((cell, i) => ({
			run: newRun(newId(), cell.id, { id: user.id, name: user.name }, at, first + i, digest(cell.source)),
			source: cell.source,
			request,
			keepGoing
		}));
		if (entries.length === 0) return [];
		this.#ledger.opened(entries, this.#projection.kernel.workspace);
		this.#queue.add(entries.map(({ run, source }) => ({ run: run.id, source, request, keepGoing })));
		for (const { run } of entries) this.#projection.put(run);
		return entries.map(({ run }) => run);
	}

	/** The next run becomes the active one; null when there is none or one is active already. */
	next(): QueuedRun | null {
		return this.#queue.next();
	}

	/** The active run with its source, taking the first that waits when there is none. */
	activeOrNext(): QueuedRun | null {
		return this.#queue.active ?? this.#queue.next();
	}

	/** Let a waiting run go before another one, or last. False when it does not wait any more. */
	move(run: RunId, before: RunId | null): boolean {
		if (!this.#queue.move(run, before)) return false;
		const runs = this.#queue.waiting.flatMap((queued) => this.#projection.run(queued.run) ?? []);
		const places = runs.map(({ place }) => place).sort((a, b) => a - b);
		runs.forEach((waiting, i) => {
			if (waiting.place !== places[i]) this.#projection.put({ ...waiting, place: places[i]! });
		});
		return true;
	}

	/** Take back what waits and matches. */
	cancel(match: (queued: QueuedRun) => boolean = () => true): void {
		for (const { run: id } of this.#queue.take(match)) {
			const run = this.#projection.run(id);
			if (run) this.end({ ...run, state: 'cancelled', finishedAt: Date.now() });
		}
	}

	/** Take back all that waits and say why in its cell. */
	giveUp(why: string): void {
		for (const { run: id } of this.#queue.take(() => true)) {
			const run = this.#projection.run(id);
			if (!run) continue;
			const state = run.startedAt === null ? 'cancelled' : 'lost';
			this.end({ ...run, state, outputs: [...run.outputs, notice(why)], finishedAt: Date.now() });
		}
	}

	/** A run's new value from the fold: written, and ended when it has. */
	changed(before: Run, after: Run): void {
		if (after === before) return;
		if (after.finishedAt !== null && before.finishedAt === null) return this.end(after);
		this.#projection.put(after);
	}

	/** A run has ended: write it, tell who waits, take back the rest of its request after an error, go on. */
	end(run: Run): void {
		this.#projection.put(run);
		this.#record(run);
		for (const done of this.#waiters.get(run.id) ?? []) done();
		this.#waiters.delete(run.id);
		this.#onEnded(run);
		const active = this.#queue.active;
		if (active?.run !== run.id) return;
		this.#queue.ended(run.id);
		if (run.state === 'interrupted' || (run.state !== 'done' && !active.keepGoing))
			this.cancel(({ request }) => request === active.request);
		queueMicrotask(this.#onFree);
	}

	/** Resolves when the run has ended or `ms` have passed. */
	waitFor(id: RunId, ms: number): Promise<void> {
		const run = this.#projection.run(id);
		if (!run || isFinished(run)) return Promise.resolve();
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, ms);
			const done = (): void => {
				clearTimeout(timer);
				resolve();
			};
			this.#waiters.set(id, [...(this.#waiters.get(id) ?? []), done]);
		});
	}

	/** After a start of the server: the runs that had not ended are queued again; one nobody knows of is lost. */
	async restore(): Promise<void> {
		const open = await this.#ledger.open();
		for (const { id, ...rest } of open) {
			if (this.#projection.run(id)) this.#queue.add([{ ...rest, run: id }]);
		}
		for (const run of this.#projection.runs()) {
			if (run.finishedAt === null && !open.some(({ id }) => id === run.id)) {
				this.#projection.put({ ...run, state: 'lost', finishedAt: Date.now() });
			}
		}
	}

	#record(run: Run): void {
		const { kernel, workspace } = this.#projection.kernel;
		this.#ledger.changed(run, kernel, workspace);
	}
}

/** A sentence of ours among the outputs of a cell. */
export function notice(why: unknown): { type: 'notice'; level: 'error'; text: string } {
	return { type: 'notice', level: 'error', text: why instanceof Error ? why.message : String(why) };
}
