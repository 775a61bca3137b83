/** Random numbers that can be played again: the seed is printed, and SEED=… repeats the run. */
export interface Random {
	seed: number;
	/** 0 ≤ n < 1 */
	next(): number;
	/** 0 ≤ n < bound, whole */
	below(bound: number): number;
	pick<T>(list: readonly T[]): T;
}

/** mulberry32: small, and good enough to choose edits. */
export function random(seed = Number(process.env.SEED || (Math.random() * 2 ** 32) >>> 0)): Random {
	let state = seed >>> 0;
	const next = (): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
	return {
		seed,
		next,
		below: (bound) => Math.floor(next() * bound),
		pick: (list) => list[Math.floor(next() * list.length)]!
	};
}

/** Make the platform's random numbers come from `r` too, so that ids and order keys repeat with the seed. */
export function seedCrypto(r: Random): () => void {
	const original = crypto.getRandomValues;
	crypto.getRandomValues = ((array: Uint8Array | Uint16Array | Uint32Array) => {
		for (let i = 0; i < array.length; i++) array[i] = r.below(2 ** 32);
		return array;
	}) as typeof crypto.getRandomValues;
	return () => {
		crypto.getRandomValues = original;
	};
}
