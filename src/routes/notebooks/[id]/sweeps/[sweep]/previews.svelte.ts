/** The results of a sweep in small, fetched as they come into sight, a few at once, and again when there is more to see. */
import { SvelteMap } from 'svelte/reactivity';
import { api } from '#lib/client/api.ts';
import type { PointStatus } from '#lib/model/sweep.ts';
import type { SweepPreview } from '#lib/model/sweep-view.ts';

const AT_ONCE = 4;

/** `undefined` while nothing is known of it. */
export class Previews {
	readonly #path: string;
	readonly #known = new SvelteMap<string, SweepPreview>();
	/** What a point was like when it was asked for. */
	readonly #asked = new Map<string, string>();
	readonly #waiting: string[] = [];
	#busy = 0;

	/** `path`: of the sweep in the HTTP interface. */
	constructor(path: string) {
		this.#path = path;
	}

	of(name: string): SweepPreview | undefined {
		return this.#known.get(name);
	}

	/** It is in sight. */
	want({ name, state, cells, started }: PointStatus): void {
		if (started === null && state !== 'done') return;
		const stamp = `${state} ${cells?.done ?? ''}`;
		if (this.#asked.get(name) === stamp) return;
		this.#asked.set(name, stamp);
		if (!this.#waiting.includes(name)) this.#waiting.push(name);
		this.#next();
	}

	#next(): void {
		while (this.#busy < AT_ONCE && this.#waiting.length > 0) {
			const name = this.#waiting.shift()!;
			this.#busy++;
			void this.#fetch(name).finally(() => {
				this.#busy--;
				this.#next();
			});
		}
	}

	async #fetch(name: string): Promise<void> {
		try {
			const { preview } = await api<{ preview: SweepPreview }>(
				'GET',
				`${this.#path}/results/${name}/preview`
			);
			this.#known.set(name, preview);
		} catch {
			// Not there yet, or no line: the next look at the jobs brings it again. What was seen stays.
			this.#asked.delete(name);
			if (!this.#known.has(name)) this.#known.set(name, null);
		}
	}
}
