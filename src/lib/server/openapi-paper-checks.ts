/** Checks of examples and counts of cards in the description of the HTTP interface. */
import type { JsonObject } from '#lib/model/json.ts';
import { CHECK_DAYS } from '#lib/model/paper/check.ts';
import { COUNT_KINDS } from '#lib/model/paper/counts.ts';
import type { ApiRoute } from './openapi-route.ts';
import { list, object, orNull, ref } from './openapi-shape.ts';

const group = 'Papers';
const text: JsonObject = { type: 'string' };
const count: JsonObject = { type: 'integer' };
const yes: JsonObject = { type: 'boolean' };
const time: JsonObject = { type: 'string', format: 'date-time' };
const plan = { status: 200, description: 'As it is now.', schema: ref('PaperCheckPlan') };

export const PAPER_CHECK_ROUTES: ApiRoute[] = [
	{
		method: 'get',
		path: '/api/papers/{slug}/checks',
		group,
		summary: 'The last times that the example of a card was run again',
		description: 'The newest first. For everybody who may read the card.',
		scope: null,
		answer: {
			status: 200,
			description: 'With what was compared, cell by cell.',
			schema: object({ checks: list(ref('PaperCheck')) })
		}
	},
	{
		method: 'post',
		path: '/api/papers/{slug}/checks',
		group,
		summary: 'Run the newest version of an example again now (owners)',
		description:
			'On the workspace that is set for it, which must be the caller’s own and connected. One check at a time goes on ' +
			'there. How it ends is in the list.',
		scope: 'run',
		answer: { status: 202, description: 'It has begun.', schema: ref('PaperCheck') }
	},
	{
		method: 'get',
		path: '/api/papers/{slug}/checking',
		group,
		summary: 'Where and how often an example is run again (owners)',
		scope: 'read',
		answer: plan
	},
	{
		method: 'put',
		path: '/api/papers/{slug}/checking',
		group,
		summary: 'Say where and how often an example is run again (owners)',
		description:
			'On an SSH workspace of the caller’s own, under that account, also what other owners of the card publish later. ' +
			'Without a workspace it is not run again by itself.',
		scope: 'run',
		body: {
			schema: object({ workspace: orNull(text), days: { type: 'integer', enum: [...CHECK_DAYS] } }, ['days'])
		},
		answer: plan
	},
	{
		method: 'get',
		path: '/api/papers/{slug}/counts',
		group,
		summary: 'How often a card was looked at, run and copied (owners)',
		description:
			'By version and day (UTC). Robots and owners are not counted; readers are not told apart, so one who reads twice ' +
			'counts twice.',
		scope: 'read',
		answer: {
			status: 200,
			description: 'Days with at least one.',
			schema: object({
				days: list(
					object({
						number: count,
						day: { type: 'string', format: 'date' },
						kind: { type: 'string', enum: [...COUNT_KINDS] },
						n: count
					})
				)
			})
		}
	}
];

const report = object({
	seconds: { type: 'number' },
	cpus: orNull(count),
	words: { ...text, description: 'Why it did not come to its end; empty where it did.' },
	cells: list(
		object(
			{
				index: { ...count, description: 'Its place among all cells, from 0.' },
				outcome: { type: 'string', enum: ['same', 'different', 'error', 'unknown'] },
				words: { ...text, description: 'What is different, to be said after “Cell 4 ”.' },
				pictures: list(object({ output: count, was: object({ cell: text, output: count }), mime: text }))
			},
			['pictures']
		)
	)
});

export const PAPER_CHECK_SCHEMAS: Record<string, JsonObject> = {
	PaperCheck: object({
		id: text,
		number: count,
		state: {
			type: 'string',
			enum: ['running', 'verified', 'failed', 'aborted'],
			description: 'aborted: nothing can be said of the example, and it is tried again.'
		},
		startedAt: time,
		finishedAt: orNull(time),
		report: orNull(report)
	}),
	PaperCheckPlan: object({
		workspace: orNull(object({ id: text, name: text, own: yes, connected: yes })),
		days: orNull(count),
		next: orNull(time),
		waits: { ...text, description: 'What keeps the next one; empty where nothing does.' },
		running: yes
	})
};
