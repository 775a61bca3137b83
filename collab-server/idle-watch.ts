/** Shuts an unused kernel down: after a time without a run, with a warning before. A running cell is use. */
import type { Problem } from '#lib/model/problem.ts';

/** How long before the end everybody is told. */
const WARN_MS = 2 * 60_000;
const MINUTE_MS = 60_000;

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
	/** A warning stands in the document; at the start that may be one of the process before. */
	#warned = true;
	/** Raised by every beginning and end, so that an answer that comes late starts no timer. */
	#turn = 0;
	#counting = false;
	#lastUse = 0;

	constructor(options: IdleWatchOptions) {
		this.#options = options;
	}

	/** Nothing runs since now. */
	begin(): void {
		this.end();
		const turn = this.#turn;
		this.#counting = true;
		this.#lastUse = Date.now();
		this.#options.limit().then(
			(minutes) => turn === this.#turn && minutes !== null && this.#wait(minutes),
			(error: unknown) => this.#options.onFault(error)
		);
	}

	/** Used without running a cell (a widget was moved): the time counts from now. Cheap; called as often as one likes. */
	used(): void {
		this.#lastUse = Date.now();
		if (this.#warned && this.#counting) this.begin();
	}

	/** The limit may be another one now. */
	changed(): void {
		if (this.#counting) this.begin();
	}

	/** It is in use, or gone. */
	end(): void {
		this.#turn++;
		this.#counting = false;
		clearTimeout(this.#timer);
		if (this.#warned) this.#options.onWarn(null);
		this.#warned = false;
	}

	/** Wait until it is time for the warning; use in between puts that off. */
	#wait(minutes: number): void {
		const whole = minutes * MINUTE_MS;
		const notice = Math.min(WARN_MS, whole / 2);
		const rest = this.#lastUse + whole - notice - Date.now();
		this.#later(Math.max(0, rest), () => {
			if (this.#lastUse + whole - notice > Date.now()) return this.#wait(minutes);
			this.#warned = true;
			this.#options.onWarn(Date.now() + notice);
			this.#later(notice, () => this.#options.onStop(minutes));
		});
	}

	#later(ms: number, act: () => void): void {
		this.#timer = setTimeout(act, ms);
		this.#timer.unref();
	}
}

/** Why the kernel is gone, for the page. */
export function idleProblem(minutes: number): Problem {
	const time = minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
	return {
		code: 'idle-stop',
		title: `The kernel was shut down: nobody used it for ${time}.`,
		detail: 'Its variables are gone; text and results are not.',
		remedy: 'Start it again and run the cells you need.'
	};
}
