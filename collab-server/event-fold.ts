/** Kernel events into runs: each once, in order, also when the past is folded a second time. */
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import type { MimeBundle } from '#lib/model/output.ts';
import { applyEvent, newRun, updateDisplay, type Run } from '#lib/model/run.ts';
import type { OutputStore } from './output-store.ts';
import type { Projection } from './projection.ts';
import type { RunDesk } from './run-desk.ts';

export class EventFold {
	readonly #projection: Projection;
	readonly #store: OutputStore;
	readonly #desk: RunDesk;
	readonly #onAgent: (event: KernelEvent) => void;
	/** Events up to this number were folded before the server stopped; only runs folded anew hear them again. */
	#foldedBefore = 0;
	readonly #awaited = new Map<string, () => void>();

	/** `onAgent` hears what the agent says of the kernel's life, each once. */
	constructor(
		projection: Projection,
		store: OutputStore,
		desk: RunDesk,
		onAgent: (event: KernelEvent) => void
	) {
		this.#projection = projection;
		this.#store = store;
		this.#desk = desk;
		this.#onAgent = onAgent;
	}

	/** A new kernel: its events count from one. */
	begin(): void {
		this.#foldedBefore = 0;
	}

	/**
	 * The kernel is followed again; returns the number after which its events are wanted. `active` is folded anew from
	 * its first event: what the server held in memory is gone, and the spool has it all.
	 */
	beginAgain(active: Run | null): number {
		this.#foldedBefore = this.#projection.seq;
		return active && active.firstSeq > 0
			? Math.min(active.firstSeq - 1, this.#foldedBefore)
			: this.#foldedBefore;
	}

	/** Before the first event again: nothing is written until the fold has reached what was stored. */
	hold(active: Run | null, after: number): void {
		if (!active || after >= this.#foldedBefore) return;
		this.#projection.held = true;
		const { id, cell, by, queuedAt, place, sourceDigest, firstSeq, state, startedAt } = active;
		this.#projection.put({
			...newRun(id, cell, by, queuedAt ?? 0, place, sourceDigest),
			firstSeq,
			state,
			startedAt
		});
	}

	/** Send a request under `msgId` and resolve when the kernel has answered it; rejects when it could not be sent. */
	async answered(msgId: string, send: (msgId: string) => Promise<void>): Promise<void> {
		const answer = new Promise<void>((resolve) => this.#awaited.set(msgId, resolve));
		try {
			await send(msgId);
			await answer;
		} finally {
			this.#awaited.delete(msgId);
		}
	}

	/** Fold what came; calls of one kernel come in the order of `seq`. */
	take(events: KernelEvent[]): void {
		const at = Date.now();
		for (const event of events) {
			const again = event.seq <= this.#foldedBefore;
			if (!again && event.seq <= this.#projection.seq && !this.#projection.held) continue;
			this.#one(event, again, at);
			if (!again) this.#projection.setSeq(event.seq);
			if (this.#projection.held && event.seq >= this.#foldedBefore) {
				this.#projection.held = false;
				void this.#projection.flush();
			}
		}
	}

	/** The spool may drop everything before this: no unfinished run needs it, should the server stop now. */
	keepFrom(seq: number): number {
		const needed = this.#projection.runs().filter((run) => run.finishedAt === null && run.firstSeq > 0);
		return Math.min(seq + 1, ...needed.map((run) => run.firstSeq));
	}

	#one(event: KernelEvent, again: boolean, at: number): void {
		if (event.channel === 'agent') {
			const active = this.#desk.active;
			// How a death ends the active run depends on whether somebody asked for it: the room decides.
			if (active && event.type !== 'died') this.#desk.changed(active, applyEvent(active, event, at));
			if (!again) this.#onAgent(event);
			return;
		}
		if (event.channel === 'shell') this.#awaited.get(event.parent)?.();
		const { state } = this.#projection.kernel;
		const said = event.content.execution_state;
		if (event.type === 'status' && !again && (state === 'idle' || state === 'busy')) {
			if (said === 'busy' || said === 'idle') this.#projection.setKernel({ state: said });
		}
		const lean = this.#withoutBulk(event);
		if (event.type === 'update_display_data' && !again) {
			for (const run of this.#projection.runs()) {
				const next = updateDisplay(run, lean);
				if (next !== run) this.#projection.put(next);
			}
			return;
		}
		const run = this.#projection.run(event.parent);
		if (run && (!again || run.finishedAt === null)) this.#desk.changed(run, applyEvent(run, lean, at));
	}

	#withoutBulk(event: KernelEvent): KernelEvent {
		if (typeof event.content.data !== 'object' || event.content.data === null) return event;
		const data = this.#store.externalise(event.content.data as MimeBundle);
		return { ...event, content: { ...event.content, data: data as unknown as typeof event.content.data } };
	}
}
