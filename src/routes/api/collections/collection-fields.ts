/** What comes in about collections, and what goes out. */
import * as v from 'valibot';
import { collectionFields, type Collection, type CollectionEntry } from '#lib/model/paper/collection.ts';
import { withUrl } from '../papers/card-fields.ts';

export const newCollection = v.object({
	title: collectionFields.title,
	words: v.optional(collectionFields.words, ''),
	members: v.optional(collectionFields.members, () => [])
});

export const collectionChange = v.object({
	title: v.optional(collectionFields.title),
	words: v.optional(collectionFields.words),
	members: v.optional(collectionFields.members)
});

/** A collection with its address. */
export function withAddress<T extends CollectionEntry>(collection: T, origin: string): T & { url: string } {
	return { ...collection, url: `${origin}/papers/collections/${collection.slug}` };
}

/** And with those of its cards. */
export function wholeCollection(collection: Collection, origin: string): object {
	const cards = collection.cards.map((card) => withUrl(card, origin));
	return { ...withAddress(collection, origin), cards };
}

/** What a change names. */
export function named<T extends object>(change: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
	return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as {
		[K in keyof T]?: Exclude<T[K], undefined>;
	};
}
