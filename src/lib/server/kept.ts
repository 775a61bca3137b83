/** What was made once and never changes, kept in memory for whoever asks next: as much as fits, the one asked for longest ago goes first. */
export interface Kept<T> {
	/** What is kept under `key`, or what `make` makes with its size. Who asks for the same meanwhile waits for the same. */
	get(key: string, make: () => Promise<{ value: T; size: number }>): Promise<T>;
}

/** Limits on the number, and on the size of all together in whatever `make` counts. What is larger by itself is not kept. */
export function createKept<T>(most: { entries: number; size: number }): Kept<T> {
	const kept = new Map<string, { value: T; size: number }>();
	const making = new Map<string, Promise<T>>();
	let size = 0;

	function keep(key: string, made: { value: T; size: number }): void {
		if (made.size > most.size) return;
		kept.set(key, made);
		size += made.size;
		for (const [oldest, entry] of kept) {
			if (kept.size <= most.entries && size <= most.size) break;
			kept.delete(oldest);
			size -= entry.size;
		}
	}

	return {
		get(key, make) {
			const known = kept.get(key);
			if (known) {
				// asked for last: the end of the map
				kept.delete(key);
				kept.set(key, known);
				return Promise.resolve(known.value);
			}
			const running = making.get(key);
			if (running) return running;
			const value = make()
				.then((made) => {
					keep(key, made);
					return made.value;
				})
				.finally(() => making.delete(key));
			making.set(key, value);
			return value;
		}
	};
}
