import { flushSync, untrack } from 'svelte';
import type { Output } from '#lib/model/output.ts';

/** So many are drawn, or taken away, before the clock is looked at again; and for so long a frame does it. */
const SLICE = 20;
const FRAME_MS = 6;
/** When more than so many go at once, they are hidden first and taken away in slices. */
const MANY = 200;

/** Outputs that are drawn together: those of now, or what is left of those before. */
export class Layer {
	outputs = $state.raw<Output[]>([]);
	shown = $state(0);
	leaving = $state(false);

	constructor(outputs: Output[]) {
		this.outputs = outputs;
		this.shown = Math.min(outputs.length, SLICE);
	}
}

/** A changing list of outputs for the screen: a few at once, the rest in slices, so that no frame of the page takes long. */
export class OutputLayers {
	all = $state.raw<Layer[]>([]);
	#frame = 0;

	/** `outputs` is read anew whenever it changes. Call where effects may be made. */
	constructor(outputs: () => Output[]) {
		this.all = [new Layer(outputs())];
		$effect.pre(() => {
			const now = outputs();
			untrack(() => this.#take(now));
		});
		$effect(() => () => cancelAnimationFrame(this.#frame));
	}

	#take(outputs: Output[]): void {
		const current = this.all.at(-1)!;
		if (outputs.length < current.outputs.length - MANY) {
			current.leaving = true;
			this.all = [...this.all, new Layer(outputs)];
		} else {
			current.outputs = outputs;
			current.shown = Math.min(current.shown, outputs.length);
		}
		this.#later();
	}

	#later(): void {
		const current = this.all.at(-1)!;
		if (current.shown < current.outputs.length || this.all.length > 1)
			this.#frame ||= requestAnimationFrame(this.#draw);
	}

	readonly #draw = (): void => {
		this.#frame = 0;
		const end = performance.now() + FRAME_MS;
		do {
			this.#step();
			flushSync();
		} while (this.#unfinished && performance.now() < end);
		this.#later();
	};

	get #unfinished(): boolean {
		const current = this.all.at(-1)!;
		return current.shown < current.outputs.length || this.all.length > 1;
	}

	/** What is new comes before what is old goes. */
	#step(): void {
		const current = this.all.at(-1)!;
		const old = this.all[0]!;
		if (current.shown < current.outputs.length)
			current.shown = Math.min(current.outputs.length, current.shown + SLICE);
		else if (old !== current) {
			old.shown = Math.max(0, old.shown - SLICE);
			if (old.shown === 0) this.all = this.all.slice(1);
		}
	}
}
