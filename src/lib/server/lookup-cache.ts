/** Answers about papers, kept in memory: as many as fit, the one asked for longest ago goes first. */
import type { FoundPaper, LookupCache } from './paper-lookup.ts';

interface Kept {
	found: FoundPaper | null;
	until: number;
	size: number;
}

/** Limits on the number and on the size of all together, in characters of JSON. */
export function createLookupCache({ entries = 500, characters = 32 * 1024 * 1024 } = {}): LookupCache {
	const kept = new Map<string, Kept>();
	let size = 0;
	const drop = (key: string): void => {
		size -= kept.get(key)?.size ?? 0;
		kept.delete(key);
	};
	return {
		get(key) {
			const entry = kept.get(key);
			if (entry && entry.until <= Date.now()) drop(key);
			if (!entry || entry.until <= Date.now()) return Promise.resolve(undefined);
			// asked for last: the end of the map
			kept.delete(key);
			kept.set(key, entry);
			return Promise.resolve(entry.found);
		},
		set(key, found, keepMs) {
			drop(key);
			const length = JSON.stringify(found).length + key.length;
			if (length > characters) return Promise.resolve();
			kept.set(key, { found, until: Date.now() + keepMs, size: length });
			size += length;
			for (const oldest of kept.keys()) {
				if (kept.size <= entries && size <= characters) break;
				drop(oldest);
			}
			return Promise.resolve();
		}
	};
}
