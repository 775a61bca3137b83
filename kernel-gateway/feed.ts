import type { KernelListener, KernelSubscription } from '#lib/model/gateway.ts';
import type { JobStatus } from '#lib/model/job.ts';
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import type { Problem } from '#lib/model/problem.ts';
import type { Log } from './log.ts';
import { refusal } from './problems.ts';
import type { AgentSession } from './session.ts';
import { Subscription } from './subscription.ts';

/** The agent holds back after 1 MiB; so much unacknowledged is told at once, less after a moment. */
const ACK_BYTES = 128 * 1024;
const ACK_MS = 20;

/** The events of one kernel on one line, for all who listen: one subscription at the agent, wherever the lowest place is. */
export class Feed {
	#kernel: string;
	#log: Log;
	#emptied: () => void;
	#session: AgentSession | undefined;
	#where = '';
	#subscriptions = new Set<Subscription>();
	#job: JobStatus | undefined;
	#received = 0;
	#unacknowledged = 0;
	#scheduled: NodeJS.Timeout | undefined;

	/** `emptied` is called when nobody listens any more. */
	constructor(kernel: string, log: Log, emptied: () => void) {
		this.#kernel = kernel;
		this.#log = log;
		this.#emptied = emptied;
	}

	/** Adds a listener that wants everything after `after`. */
	join(after: number, listener: KernelListener): KernelSubscription {
		const subscription: Subscription = new Subscription(after, listener, this.#log, (closed) => {
			if (closed) this.#leave(subscription);
			else this.#schedule();
		});
		this.#subscriptions.add(subscription);
		if (this.#job) subscription.job(this.#job);
		this.#ask();
		return subscription;
	}

	/** The line is up: follow the kernel over it from where the listeners are. */
	open(session: AgentSession, where: string): void {
		this.#session = session;
		this.#where = where;
		for (const subscription of this.#subscriptions) subscription.armed = false;
		this.#ask();
	}

	/** The line is gone. */
	lost(): void {
		this.#session = undefined;
	}

	/** Tells all listeners about the line. */
	link(state: 'up' | 'lost' | 'closed', problem?: Problem): void {
		for (const subscription of [...this.#subscriptions]) subscription.link(state, problem);
	}

	/** How the kernel's batch job is now; who comes later is told, too. */
	job(status: JobStatus): void {
		this.#job = status;
		for (const subscription of [...this.#subscriptions]) subscription.job(status);
	}

	/** Events came in. */
	take(events: KernelEvent[], bytes: number): void {
		for (const subscription of [...this.#subscriptions]) subscription.offer(events);
		this.#received = events.at(-1)!.seq;
		this.#unacknowledged += bytes;
		if (this.#unacknowledged >= ACK_BYTES) this.#acknowledge();
		else this.#schedule();
	}

	#ask(): void {
		const asked = [...this.#subscriptions];
		if (!this.#session || !asked.length) return;
		const after = Math.min(...asked.map(({ delivered }) => delivered));
		this.#session.request('subscribe', { kernel: this.#kernel, after }, (reply) => {
			if ('result' in reply) for (const subscription of asked) subscription.armed = true;
			else
				for (const subscription of asked)
					subscription.link('closed', refusal(this.#where, reply.error).problem);
		});
	}

	#leave(subscription: Subscription): void {
		this.#subscriptions.delete(subscription);
		if (this.#subscriptions.size) return;
		this.#session?.request('unsubscribe', { kernel: this.#kernel });
		clearTimeout(this.#scheduled);
		this.#emptied();
	}

	/** Not at once, so that a short run needs one acknowledgement and none of them delays an event. */
	#schedule(): void {
		this.#scheduled ??= setTimeout(() => this.#acknowledge(), ACK_MS);
	}

	#acknowledge(): void {
		clearTimeout(this.#scheduled);
		this.#scheduled = undefined;
		// The agent sends no more than its window: whoever listens and cannot follow holds all of them.
		if ([...this.#subscriptions].some((subscription) => subscription.held)) return;
		this.#unacknowledged = 0;
		const keep = Math.min(...[...this.#subscriptions].map((subscription) => subscription.keep));
		if (Number.isFinite(keep)) this.#session?.acknowledge(this.#kernel, this.#received, keep);
	}
}
