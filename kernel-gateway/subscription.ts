import type { KernelListener, KernelSubscription } from '#lib/model/gateway.ts';
import type { JobStatus } from '#lib/model/job.ts';
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import type { Problem } from '#lib/model/problem.ts';
import type { Log } from './log.ts';

/** One listener's place in the events of one kernel. Whatever is sent again after a lost link, it hears once. */
export class Subscription implements KernelSubscription {
	/** The last event the listener has heard. */
	delivered: number;
	/** The lowest event it may still want to read again. */
	keep = 0;
	/**
	 * True once the agent has answered a request that covers this place. Until then, events may be passing that an
	 * earlier request of another listener brought, and a jump in the numbers is a hole still to be filled.
	 */
	armed = false;
	/** The listener cannot take more for now. */
	held = false;
	#listener: KernelListener;
	#log: Log;
	#changed: (closed: boolean) => void;
	#open = true;

	/** `changed` is told when `keep` has risen or the listener goes on, and (true) when it is closed. */
	constructor(after: number, listener: KernelListener, log: Log, changed: (closed: boolean) => void) {
		this.delivered = after;
		this.#listener = listener;
		this.#log = log;
		this.#changed = changed;
	}

	/** Hands over what is new in these events. */
	offer(events: KernelEvent[]): void {
		const fresh = events.filter(({ seq }) => {
			const next = seq > this.delivered && (this.armed || seq === this.delivered + 1);
			if (next) this.delivered = seq;
			return next;
		});
		if (fresh.length) this.#tell(() => this.#listener.events(fresh));
	}

	link(state: 'up' | 'lost' | 'closed', problem?: Problem): void {
		this.#tell(() => this.#listener.link(state, problem));
	}

	job(status: JobStatus): void {
		this.#tell(() => this.#listener.job?.(status));
	}

	acknowledge(_seq: number, keep: number): void {
		if (keep <= this.keep) return;
		this.keep = keep;
		this.#changed(false);
	}

	hold(on: boolean): void {
		if (on === this.held) return;
		this.held = on;
		if (!on) this.#changed(false);
	}

	close(): void {
		if (!this.#open) return;
		this.#open = false;
		this.#changed(true);
	}

	/** A fault in one listener must not stop the others, nor the line. */
	#tell(call: () => void): void {
		if (!this.#open) return;
		try {
			call();
		} catch (error) {
			this.#log.warn({ err: error }, 'a kernel listener failed');
		}
	}
}
