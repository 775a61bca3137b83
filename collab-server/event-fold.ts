/** Kernel events into runs and widgets: each once, in the order of their numbers. */
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import type { MimeBundle } from '#lib/model/output.ts';
import { applyEvent, updateDisplay } from '#lib/model/run.ts';
import type { OutputStore } from './output-store.ts';
import type { Projection } from './projection.ts';
import type { RunDesk } from './run-desk.ts';
import type { WidgetFold } from './widget-fold.ts';

export class EventFold {
	readonly #projection: Projection;
	readonly #store: OutputStore;
	readonly #desk: RunDesk;
	readonly #widgets: WidgetFold;
	readonly #onAgent: (event: KernelEvent) => void;
	readonly #awaited = new Map<string, () => void>();

	/** `onAgent` hears what the agent says of the kernel's life, each once. */
	constructor(
		projection: Projection,
		store: OutputStore,
		desk: RunDesk,
		widgets: WidgetFold,
		onAgent: (event: KernelEvent) => void
	) {
		this.#projection = projection;
		this.#store = store;
		this.#desk = desk;
		this.#widgets = widgets;
		this.#onAgent = onAgent;
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

	/** Fold what came; calls of one kernel come in the order of `seq`, and may begin with what is folded already. */
	take(events: KernelEvent[]): void {
		const at = Date.now();
		for (const event of events) {
			if (event.seq <= this.#projection.seq) continue;
			this.#one(event, at);
			this.#projection.setSeq(event.seq);
		}
	}

	#one(event: KernelEvent, at: number): void {
		if (event.channel === 'agent') {
			const active = this.#desk.active;
			// How a death ends the active run depends on whether somebody asked for it: the room decides.
			if (active && event.type !== 'died') this.#desk.changed(active, applyEvent(active, event, at));
			this.#onAgent(event);
			return;
		}
		if (event.channel === 'shell') this.#awaited.get(event.parent)?.();
		const { state } = this.#projection.kernel;
		const said = event.content.execution_state;
		const run = this.#projection.run(event.parent);
		// Only what runs cells makes the kernel busy: comm messages go by a subshell, where there is one.
		if (event.type === 'status' && (state === 'idle' || state === 'busy') && (run || said === 'idle')) {
			if (said === 'busy' || (said === 'idle' && (run || !this.#desk.active)))
				this.#projection.setKernel({ state: said });
		}
		if (this.#widgets.take(event)) return;
		const lean = this.#withoutBulk(event);
		if (event.type === 'update_display_data') {
			for (const shown of this.#projection.runs()) {
				const next = updateDisplay(shown, lean);
				if (next !== shown) this.#projection.put(next);
			}
			return;
		}
		if (run) this.#desk.changed(run, applyEvent(run, lean, at));
	}

	#withoutBulk(event: KernelEvent): KernelEvent {
		if (typeof event.content.data !== 'object' || event.content.data === null) return event;
		const data = this.#store.externalise(event.content.data as MimeBundle);
		return { ...event, content: { ...event.content, data: data as unknown as typeof event.content.data } };
	}
}
