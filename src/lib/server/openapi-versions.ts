/** Versions of notebooks in the description of the HTTP interface. */
import type { JsonObject } from '#lib/model/json.ts';
import type { ApiRoute } from './openapi-route.ts';
import { list, object, orNull, ref } from './openapi-shape.ts';

const group = 'Notebooks';
const versions = '/api/notebooks/{id}/versions';
const text: JsonObject = { type: 'string' };
const count: JsonObject = { type: 'integer' };

export const VERSION_ROUTES: ApiRoute[] = [
	{
		method: 'get',
		path: versions,
		group,
		summary: 'The versions of a notebook, the newest first',
		scope: 'read',
		answer: { status: 200, description: 'All of them.', schema: object({ versions: list(ref('Version')) }) }
	},
	{
		method: 'post',
		path: versions,
		group,
		summary: 'Keep the notebook as it is now, outputs included (editors)',
		scope: 'write',
		body: { schema: object({ label: text }, ['label']) },
		answer: { status: 201, description: 'Kept.', schema: ref('Version') }
	},
	{
		method: 'get',
		path: `${versions}/{version}`,
		group,
		summary: 'One version as an .ipynb file',
		scope: 'read',
		answer: {
			status: 200,
			description: 'The file, outputs included.',
			mime: 'application/x-ipynb+json',
			schema: ref('Ipynb')
		}
	}
];

export const VERSION_SCHEMAS: Record<string, JsonObject> = {
	Version: object({
		number: { ...count, description: 'From 1 in each notebook.' },
		label: text,
		origin: {
			oneOf: [
				object({ kind: { const: 'kept' } }),
				object({
					kind: { const: 'run' },
					sweep: text,
					point: text,
					parameters: { type: 'object' },
					workspace: text,
					seconds: orNull({ type: 'number' }),
					failure: orNull(text)
				})
			]
		},
		by: orNull(text),
		cells: count,
		createdAt: { type: 'string', format: 'date-time' }
	})
};
