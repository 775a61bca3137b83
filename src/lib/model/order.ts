import { generateKeyBetween } from 'fractional-indexing';

/** How often the gap is halved at random: two people inserting at one place get equal keys once in 4096 times. */
const HALVINGS = 12;

/**
 * A fractional order key between two neighbours (`null`: no neighbour on that side), drawn at random inside the gap
 * so that concurrent inserts rarely tie. Throws RangeError when `before >= after`: see `orderForInsert` for ties.
 */
export function keyBetween(before: string | null, after: string | null): string {
	if (before !== null && after !== null && before >= after) {
		throw new RangeError(`No key fits between "${before}" and "${after}".`);
	}
	let low = before;
	let high = after;
	let key = generateKeyBetween(low, high);
	const bits = crypto.getRandomValues(new Uint16Array(1))[0] ?? 0;
	for (let i = 0; i < HALVINGS; i++) {
		if (bits & (1 << i)) low = key;
		else high = key;
		key = generateKeyBetween(low, high);
	}
	return key;
}

/** True for a string that `generateKeyBetween` accepts as a neighbour; documents may hold anything. */
export function isOrderKey(value: unknown): value is string {
	if (typeof value !== 'string' || value === '') return false;
	try {
		generateKeyBetween(value, null);
		return true;
	} catch {
		return false;
	}
}
