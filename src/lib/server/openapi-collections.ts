/** Collections of cards, and looking at cards before others see them, in the description of the HTTP interface. */
import type { JsonObject } from '#lib/model/json.ts';
import type { ApiRoute } from './openapi-route.ts';
import { done, list, object, orNull, ref } from './openapi-shape.ts';

const group = 'Papers';
const text = { type: 'string' };
const members = { ...list(text), description: 'Names that people sign in with.' };
const collection = { status: 200, description: 'The collection as it is now.', schema: ref('Collection') };

export const COLLECTION_ROUTES: ApiRoute[] = [
	{
		method: 'get',
		path: '/api/papers/mine',
		group,
		summary: 'One’s own cards: drafts, those that wait to be looked at, and public ones',
		scope: 'read',
		answer: {
			status: 200,
			description: 'The last published first.',
			schema: object({ cards: list(ref('PaperCard')) })
		}
	},
	{
		method: 'get',
		path: '/api/papers/moderation',
		group,
		summary: 'Cards that wait to be looked at (administrators)',
		scope: 'read',
		answer: {
			status: 200,
			description: 'The longest unchanged first; `refused` are those that were not handed in again.',
			schema: object({ waiting: list(ref('PaperCard')), refused: list(ref('PaperCard')) })
		}
	},
	{
		method: 'put',
		path: '/api/papers/{slug}/moderation',
		group,
		summary: 'Let a public card through, or take it out of sight (administrators)',
		description:
			'Its owners are told, with the words. What was refused waits again when it is made public again.',
		scope: 'write',
		body: {
			schema: object({ decision: { type: 'string', enum: ['accept', 'refuse'] }, words: text }, ['words'])
		},
		answer: done
	},
	{
		method: 'get',
		path: '/api/collections',
		group,
		summary: 'Collections of papers',
		description: 'Those in which there is a public card, for everybody.',
		scope: null,
		query: {
			of: {
				schema: { type: 'string', enum: ['me'] },
				description: 'Those one is a member of; of an administrator all.'
			}
		},
		answer: {
			status: 200,
			description: 'By title.',
			schema: object({ collections: list(ref('CollectionEntry')) })
		}
	},
	{
		method: 'post',
		path: '/api/collections',
		group,
		summary: 'Make a collection',
		description: 'Whoever makes it is a member, and so are those that are named.',
		scope: 'write',
		body: { schema: object({ title: text, words: text, members }, ['words', 'members']) },
		answer: { status: 201, description: 'Made.', schema: object({ slug: text, url: text }) }
	},
	{
		method: 'get',
		path: '/api/collections/{slug}',
		group,
		summary: 'A collection with its cards',
		scope: null,
		answer: collection
	},
	{
		method: 'patch',
		path: '/api/collections/{slug}',
		group,
		summary: 'Change what a collection says, and who its members are (members)',
		description: 'What is not named stays, its address too.',
		scope: 'write',
		body: { schema: object({ title: text, words: text, members }, ['title', 'words', 'members']) },
		answer: collection
	},
	{
		method: 'delete',
		path: '/api/collections/{slug}',
		group,
		summary: 'Delete a collection; its cards stay (members)',
		scope: 'write',
		answer: done
	},
	{
		method: 'put',
		path: '/api/collections/{slug}/papers/{paper}',
		group,
		summary: 'Put a card into a collection (members)',
		scope: 'write',
		answer: done
	},
	{
		method: 'delete',
		path: '/api/collections/{slug}/papers/{paper}',
		group,
		summary: 'Take a card out of a collection (members)',
		scope: 'write',
		answer: done
	}
];

const entry = {
	slug: text,
	title: text,
	words: { ...text, description: 'What it is for: plain text.' },
	papers: { type: 'integer', description: 'Cards in it that everybody sees.' },
	createdAt: { type: 'string', format: 'date-time' },
	url: { ...text, description: 'Where people read it.' }
};

export const COLLECTION_SCHEMAS: Record<string, JsonObject> = {
	CollectionEntry: object(entry),
	Collection: object({
		...entry,
		cards: list(ref('PaperCard')),
		members: {
			...orNull(list(object({ name: text, displayName: text }))),
			description: 'Null for who is none of them.'
		}
	})
};
