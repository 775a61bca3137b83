/**
 * Orders of a folder as arrays of entry numbers. A comparator called 1.7 million times takes most of a second for 100 000
 * names (Intl.Collator with `numeric`), so names get keys once and are sorted by their letters, numbers by their digits.
 */

const ZERO = 0x30;
const NINE = 0x39;

/** The keys of all names, one after the other, each ended by 0; `starts` says where each begins. */
interface Keys {
	letters: Uint16Array;
	starts: Uint32Array;
}

/**
 * What names are sorted by: letters without case and accents, and runs of digits by their value (`run2` before `run10`):
 * their length stands before them.
 */
function keysOf(names: readonly string[]): Keys {
	let room = 0;
	for (const name of names) room += name.length;
	// A run of digits grows by one, a letter taken apart by a few.
	let letters = new Uint16Array(2 * room + names.length + 64);
	const starts = new Uint32Array(names.length);
	let at = 0;
	for (let n = 0; n < names.length; n++) {
		starts[n] = at;
		const name = names[n]!;
		if (at + FOLDED_MOST * name.length + 1 > letters.length) {
			const larger = new Uint16Array(2 * letters.length + FOLDED_MOST * name.length);
			larger.set(letters);
			letters = larger;
		}
		for (let i = 0; i < name.length; i++) {
			let code = name.charCodeAt(i);
			if (code >= ZERO && code <= NINE) {
				while (code === ZERO && isDigit(name.charCodeAt(i + 1))) code = name.charCodeAt(++i);
				const before = at++;
				letters[at++] = code;
				while (isDigit(name.charCodeAt(i + 1))) letters[at++] = name.charCodeAt(++i);
				letters[before] = ZERO + (at - before - 1);
			} else if (code < 0x80) letters[at++] = code >= 0x41 && code <= 0x5a ? code + 32 : code;
			else for (const folded of foldedLetter(code)) letters[at++] = folded;
		}
		letters[at++] = 0;
	}
	return { letters, starts };
}

/** The most units one letter is taken apart into (U+FDFA has 18). */
const FOLDED_MOST = 18;
const folds = new Map<number, number[]>();

/** A unit of UTF-16 without case and accents; of a pair each half is kept, a mark by itself is nothing. */
function foldedLetter(code: number): number[] {
	let folded = folds.get(code);
	if (folded === undefined) {
		const plain = String.fromCharCode(code)
			.normalize('NFKD')
			.replace(/\p{M}+/gu, '')
			.toLowerCase();
		folds.set(code, (folded = Array.from({ length: plain.length }, (_, i) => plain.charCodeAt(i))));
	}
	return folded;
}

function isDigit(code: number): boolean {
	return code >= ZERO && code <= NINE;
}

/** The entries by their names. Three-way radix quicksort (Bentley and Sedgewick 1997): common beginnings are read once. */
export function orderByName(names: readonly string[]): Uint32Array {
	const { letters, starts } = keysOf(names);
	const order = Uint32Array.from({ length: names.length }, (_, i) => i);
	const todo = [0, order.length - 1, 0];
	while (todo.length > 0) {
		const depth = todo.pop()!;
		const high = todo.pop()!;
		const low = todo.pop()!;
		if (high <= low) continue;
		const pivot = letters[starts[order[(low + high) >>> 1]!]! + depth]!;
		let below = low;
		let above = high;
		for (let at = low; at <= above;) {
			const entry = order[at]!;
			const here = letters[starts[entry]! + depth]!;
			if (here < pivot) {
				order[at++] = order[below]!;
				order[below++] = entry;
			} else if (here > pivot) {
				order[at] = order[above]!;
				order[above--] = entry;
			} else at++;
		}
		todo.push(low, below - 1, depth, above + 1, high, depth);
		if (pivot > 0) todo.push(below, above, depth + 1);
		// The same key, as of `Run` and `run`: by the names themselves.
		else order.subarray(below, above + 1).sort((a, b) => (names[a]! < names[b]! ? -1 : 1));
	}
	return order;
}

/** The same entries by whole numbers from 0 to 2^48, smallest first; equal ones keep their order (radix sort, 16 bits at a time). */
export function orderByNumber(order: Uint32Array, value: (entry: number) => number): Uint32Array {
	const { length } = order;
	let entries = order;
	let values = new Float64Array(length);
	for (let i = 0; i < length; i++) {
		values[i] = Math.min(2 ** 48 - 1, Math.max(0, Math.floor(value(order[i]!))));
	}
	const digits = new Uint16Array(length);
	for (let shift = 1; shift < 2 ** 48; shift *= 65_536) {
		const starts = new Uint32Array(65_537);
		for (let i = 0; i < length; i++) {
			digits[i] = Math.floor(values[i]! / shift) % 65_536;
			starts[digits[i]! + 1]!++;
		}
		if (starts.includes(length)) continue;
		for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!;
		const nextEntries = new Uint32Array(length);
		const nextValues = new Float64Array(length);
		for (let i = 0; i < length; i++) {
			const to = starts[digits[i]!]!++;
			nextEntries[to] = entries[i]!;
			nextValues[to] = values[i]!;
		}
		entries = nextEntries;
		values = nextValues;
	}
	return entries;
}
