import { flushSync, untrack } from 'svelte';

/** So many are drawn before the clock is looked at again, and for so long a frame draws them. */
const SLICE = 20;
const FRAME_MS = 10;

/** How many of a growing list of outputs are drawn now: a few at once, the rest in slices, so that no frame takes long. */
export class Slices {
	shown = $state(0);
	#wanted = 0;
	#frame = 0;

	/** `length` is read anew whenever it changes. Call where effects may be made. */
	constructor(length: () => number) {
		this.shown = Math.min(length(), SLICE);
		$effect(() => {
			this.#wanted = length();
			const shown = untrack(() => this.shown);
			if (shown > this.#wanted) this.shown = this.#wanted;
			else if (shown < this.#wanted) this.#frame ||= requestAnimationFrame(this.#draw);
		});
		$effect(() => () => cancelAnimationFrame(this.#frame));
	}

	readonly #draw = (): void => {
		this.#frame = 0;
		const end = performance.now() + FRAME_MS;
		do {
			this.shown = Math.min(this.#wanted, this.shown + SLICE);
			flushSync();
		} while (this.shown < this.#wanted && performance.now() < end);
		if (this.shown < this.#wanted) this.#frame = requestAnimationFrame(this.#draw);
	};
}
