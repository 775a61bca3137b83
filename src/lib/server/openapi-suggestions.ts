/** Suggestions to the owners of cards in the description of the HTTP interface. */
import type { JsonObject } from '#lib/model/json.ts';
import { SUGGESTION_WORDS } from '#lib/model/paper/suggestion.ts';
import type { ApiRoute } from './openapi-route.ts';
import { done, list, object, orNull, ref } from './openapi-shape.ts';

const group = 'Papers';
const text: JsonObject = { type: 'string' };
const count: JsonObject = { type: 'integer' };
const time: JsonObject = { type: 'string', format: 'date-time' };
const words: JsonObject = { type: 'string', maxLength: SUGGESTION_WORDS };
const script: JsonObject = { ...text, description: 'The cells as a script, without outputs.' };

export const SUGGESTION_ROUTES: ApiRoute[] = [
	{
		method: 'get',
		path: '/api/notebooks/{id}/suggestion',
		group,
		summary: 'What a copy of an example would suggest to its authors (owners of the copy)',
		scope: 'read',
		answer: {
			status: 200,
			description: '`open` is what the caller has suggested before and nobody has decided.',
			schema: object({
				title: text,
				card: object({ slug: text, title: text, number: count, latest: count }),
				before: script,
				after: script,
				open: orNull(ref('PaperSuggestion'))
			})
		}
	},
	{
		method: 'post',
		path: '/api/notebooks/{id}/suggestion',
		group,
		summary: 'Suggest the changes of a copy to the authors of the paper (owners of the copy)',
		description:
			'The notebook is kept as it is now. It takes the place of what the caller has suggested for this card before, as ' +
			'long as that is open.',
		scope: 'write',
		body: { schema: object({ words }) },
		answer: { status: 201, description: 'The owners are told.', schema: ref('PaperSuggestion') }
	},
	{
		method: 'get',
		path: '/api/papers/{slug}/suggestions',
		group,
		summary: 'Suggestions for a card',
		description: 'Its owners see all, others their own; the newest first.',
		scope: 'read',
		answer: {
			status: 200,
			description: 'Without what they change.',
			schema: object({ suggestions: list(ref('PaperSuggestion')) })
		}
	},
	{
		method: 'get',
		path: '/api/papers/{slug}/suggestions/{suggestion}',
		group,
		summary: 'One suggestion with what it changes (owners of the card, and who made it)',
		scope: 'read',
		query: { format: { schema: { type: 'string', enum: ['ipynb'] }, description: 'The notebook itself.' } },
		answer: { status: 200, description: 'As it was handed in.', schema: ref('PaperSuggestionChange') }
	},
	{
		method: 'put',
		path: '/api/papers/{slug}/suggestions/{suggestion}',
		group,
		summary: 'Take or decline a suggestion (owners of the card)',
		description:
			'What is taken is merged into the notebook of the card, where there is one in which the caller may write; what ' +
			'both sides changed stands there twice. A new version is published apart from this. Who made it is told.',
		scope: 'write',
		body: { schema: object({ decision: { type: 'string', enum: ['take', 'decline'] }, words }, ['words']) },
		answer: {
			status: 200,
			description: 'Decided.',
			schema: object({
				suggestion: ref('PaperSuggestion'),
				merged: orNull(object({ notebook: text, summary: text, conflicts: count }))
			})
		}
	},
	{
		method: 'delete',
		path: '/api/papers/{slug}/suggestions/{suggestion}',
		group,
		summary: 'Take an open suggestion of one’s own back',
		scope: 'write',
		answer: done
	},
	{
		method: 'post',
		path: '/api/papers/{slug}/suggestions/{suggestion}/copies',
		group,
		summary: 'Make a notebook of one’s own from a suggestion (owners of the card)',
		scope: 'write',
		answer: { status: 201, description: 'Made.', schema: object({ id: text, url: text }) }
	}
];

const suggestion = {
	...{ id: text, slug: text, number: { ...count, description: 'The version it starts from.' } },
	...{ by: orNull(text), own: { type: 'boolean' }, words: text },
	state: { type: 'string', enum: ['open', 'taken', 'declined'] },
	answer: { ...text, description: 'What the owners said to it.' },
	...{ createdAt: time, decidedAt: orNull(time) }
};

export const SUGGESTION_SCHEMAS: Record<string, JsonObject> = {
	PaperSuggestion: object(suggestion),
	PaperSuggestionChange: object({ ...suggestion, before: script, after: script })
};
