/** Cards that belong together, under a name of a group of people. */
import * as v from 'valibot';
import type { CardEntry } from './card.ts';

export const COLLECTION_LIMITS = { title: 200, words: 5_000, members: 100, papers: 1_000 } as const;

/** A control character, a surrogate without its partner, or one that turns the direction of what follows. */
const UNWANTED = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;
const UNWANTED_IN_LINES = /[^\P{Cc}\n\t]|[\p{Cs}\u202a-\u202e\u2066-\u2069]/u;

/** What its members say of a collection: plain text, never markup. */
export const collectionFields = {
	title: v.pipe(
		v.string(),
		v.trim(),
		v.minLength(1, 'must not be empty'),
		v.maxLength(COLLECTION_LIMITS.title, `must have at most ${COLLECTION_LIMITS.title} characters`),
		v.check((text) => !UNWANTED.test(text), 'must be one line without control characters')
	),
	words: v.pipe(
		v.string(),
		v.transform((text) => text.replace(/\r\n?/g, '\n').trim()),
		v.maxLength(COLLECTION_LIMITS.words, `must have at most ${COLLECTION_LIMITS.words} characters`),
		v.check((text) => !UNWANTED_IN_LINES.test(text), 'must have no control characters')
	),
	/** Names that people sign in with. */
	members: v.pipe(
		v.array(v.pipe(v.string(), v.trim(), v.minLength(1, 'must not be empty'), v.maxLength(100))),
		v.maxLength(COLLECTION_LIMITS.members, `must be at most ${COLLECTION_LIMITS.members}`)
	)
};

/** One line of a list of collections. */
export interface CollectionEntry {
	slug: string;
	title: string;
	words: string;
	/** Cards in it that everybody sees. */
	papers: number;
	createdAt: string;
}

export interface Collection extends CollectionEntry {
	/** Those that this reader may see, the last put in first. */
	cards: CardEntry[];
	/** For members and administrators: who puts cards in and takes them out; null for everybody else. */
	members: { name: string; displayName: string }[] | null;
}
