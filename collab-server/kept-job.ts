/**
 * The batch job that a restart keeps: the kernel starts again in it under the same id, since a new job would have to wait in the
 * queue anew. Under one id the end of the former life would be taken for that of the next, so it is waited for.
 */
import { JOB_ENDS } from '#lib/model/job.ts';
import type { Json } from '#lib/model/json.ts';

/** How long a kernel may take to end before its successor gets a job of its own. */
const GOODBYE_MS = 15_000;

export class KeptJob {
	#kernel: string | null = null;
	#goodbye: Promise<void> = Promise.resolve();
	#saidGoodbye = (): void => undefined;
	readonly #leave: (kernel: string) => void;

	/** `leave` ends a job that is not wanted any more. */
	constructor(leave: (kernel: string) => void) {
		this.#leave = leave;
	}

	/** The kernel is asked to end: to start again in its job, or (null) for good. */
	keep(kernel: string | null): void {
		this.#kernel = kernel;
		this.#goodbye = new Promise((resolve) => (this.#saidGoodbye = resolve));
	}

	/** The kernel has ended, for this reason. Answers whether its job is there for the next life. */
	ended(kernel: string | null, reason: Json | undefined): boolean {
		const jobEnded = (JOB_ENDS as readonly Json[]).includes(reason ?? null);
		if (kernel !== this.#kernel || jobEnded) this.#kernel = null;
		this.#saidGoodbye();
		return this.#kernel !== null;
	}

	/** The id to start again under, once its former life is over; null: there is none, or it does not end. */
	async take(): Promise<string | null> {
		if (this.#kernel === null) return null;
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<void>((resolve) => {
			timer = setTimeout(() => (this.drop(), resolve()), GOODBYE_MS);
		});
		await Promise.race([this.#goodbye, late]);
		clearTimeout(timer);
		const kernel = this.#kernel;
		this.#kernel = null;
		return kernel;
	}

	/** Something else is started: the job goes. */
	drop(): void {
		if (this.#kernel !== null) this.#leave(this.#kernel);
		this.#kernel = null;
	}
}
