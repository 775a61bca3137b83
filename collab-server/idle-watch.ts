/** Shuts an unused kernel down: after a time without a run, with a warning before. A running cell is use. */

/** How long before the end everybody is told. */
const WARN_MS = 2 * 60_000;

export interface IdleWatchOptions {
	/** Minutes without use that are allowed now; null: no limit. Asked anew whenever the idle time begins. */
	limit(): Promise<number | null>;
	/** The warning: when it will end (milliseconds since 1970), or null when it will not any more. */
	onWarn(at: number | null): void;
	onStop(minutes: number): void;
	onFault(error: unknown): void;
}

export class IdleWatch {
	readonly #options: IdleWatchOptions;
	#timer: NodeJS.Timeout | undefined;
	#warned = false;
	/** Raised by every beginning and end, so that an answer that comes late starts no timer. */
	#turn = 0;

	constructor(options: IdleWatchOptions) {
		this.#options = options;
	}

	/** Nothing runs since now. */
	begin(): void {
		this.end();
		const turn = this.#turn;
		this.#options.limit().then(
			(minutes) => turn === this.#turn && minutes !== null && this.#count(minutes),
			(error: unknown) => this.#options.onFault(error)
		);
	}

	/** It is in use, or gone. */
	end(): void {
		this.#turn++;
		clearTimeout(this.#timer);
		if (this.#warned) this.#options.onWarn(null);
		this.#warned = false;
	}

	#count(minutes: number): void {
		const whole = minutes * 60_000;
		const notice = Math.min(WARN_MS, whole / 2);
		this.#timer = setTimeout(() => {
			this.#warned = true;
			this.#options.onWarn(Date.now() + notice);
			this.#timer = setTimeout(() => {
				this.#warned = false;
				this.#options.onStop(minutes);
			}, notice);
			this.#timer.unref();
		}, whole - notice);
		this.#timer.unref();
	}
}
