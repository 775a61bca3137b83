/** What a notebook file may be at most (threat T14: files made to exhaust memory or stack). */
export const LIMITS = {
	/** Bytes of the file in UTF-8. */
	bytes: 50 * 1000 * 1000,
	cells: 100_000,
	/** How deep lists and objects may be nested. */
	depth: 100,
	/** How many lists and objects there may be: small ones take thirty times the memory of their text. */
	nests: 2_000_000
} as const;

/** How many warnings of one kind are told one by one; the rest are counted. */
export const WARNINGS_SHOWN = 5;
