/** Running examples of papers, and guests who may. */
import type { JsonObject } from '#lib/model/json.ts';
import type { ApiRoute } from './openapi-route.ts';
import { list, object, orNull, ref } from './openapi-shape.ts';

const text = { type: 'string' };
const count = { type: 'integer' };
const state = { status: 200, description: 'As it is now.', schema: ref('Guests') };

export const GUEST_ROUTES: ApiRoute[] = [
	{
		method: 'post',
		path: '/api/papers/{slug}/versions/{number}/runs',
		group: 'Papers',
		summary: 'Run the example of a version on a workspace of one’s own',
		description:
			'Writes the version’s data into a new folder below ~/ansatz-papers, makes a notebook of one’s own, and starts its ' +
			'kernel in that folder. The workspace must be connected.',
		scope: 'run',
		body: { schema: object({ workspace: text }) },
		answer: {
			status: 202,
			description: 'Begun; Location is where to ask how far it is.',
			schema: ref('PaperRun')
		}
	},
	{
		method: 'get',
		path: '/api/papers/runs/{run}',
		group: 'Papers',
		summary: 'How far the start of an example is',
		scope: 'read',
		answer: {
			status: 200,
			description: '`difference` says what differs from the environment of the version.',
			schema: ref('PaperRun')
		}
	},
	{
		method: 'get',
		path: '/api/guests',
		group: 'Server',
		summary: 'What guests are offered, and who is here (administrators)',
		scope: 'read',
		answer: state
	},
	{
		method: 'put',
		path: '/api/guests',
		group: 'Server',
		summary: 'Change what guests are offered (administrators)',
		description:
			'What is not named stays. Turning it on tries the machine first and is refused where it cannot keep guests apart.',
		scope: 'write',
		body: { schema: ref('GuestOffer') },
		answer: state
	},
	{
		method: 'post',
		path: '/api/guests/stop',
		group: 'Server',
		summary: 'Let no guests in any more and end all there are, within five seconds (administrators)',
		scope: 'write',
		answer: {
			status: 200,
			description: 'How many guests and kernels there were.',
			schema: object({ guests: count, kernels: count })
		}
	}
];

const offer = {
	on: { type: 'boolean' },
	workspace: orNull(text),
	minutes: { type: 'number' },
	cpuSeconds: count,
	memoryMb: count,
	atOnce: count,
	perAddress: { ...count, description: 'Guests of one network address in an hour.' }
};

export const GUEST_SCHEMAS: Record<string, JsonObject> = {
	GuestOffer: object(offer, Object.keys(offer)),
	Guests: object({
		offer: object(offer),
		guests: list(
			object({
				name: text,
				until: { type: 'string', format: 'date-time' },
				slug: orNull(text),
				number: orNull(count)
			})
		),
		problem: orNull(ref('Problem'))
	}),
	PaperRun: object({
		id: text,
		state: { type: 'string', enum: ['writing', 'starting', 'ready', 'failed'] },
		notebook: orNull(text),
		done: count,
		total: count,
		file: orNull(text),
		folder: orNull(text),
		difference: orNull(text),
		problem: orNull(ref('Problem'))
	})
};
