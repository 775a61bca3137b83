import * as v from 'valibot';
import { resourcesSchema } from '#lib/model/job.ts';
import type { Json } from '#lib/model/json.ts';
import { MOST_POINTS } from '#lib/model/sweep.ts';
import { readBody } from '../../../request.ts';
import { endpoint, json } from '../../../respond.ts';
import type { RequestHandler } from './$types';

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
/** It came as JSON: it is some. */
const value = v.custom<Json>(() => true);
const body = v.object({
	workspace: name,
	kernelspec: v.nullish(name, null),
	resources: resourcesSchema,
	parameters: v.optional(
		v.pipe(v.record(name, v.pipe(v.array(value), v.maxLength(MOST_POINTS))), v.maxEntries(100)),
		{}
	),
	onError: v.optional(v.picklist(['stop', 'continue'], 'must be stop or continue'), 'stop')
});

export const POST: RequestHandler = endpoint('run', async ({ locals, params, request }, caller) => {
	const sweep = await locals.services.sweeps.create(caller, params.id, await readBody(request, body));
	return json(sweep, { status: 201 });
});

export const GET: RequestHandler = endpoint('read', async ({ locals, params }, caller) => ({
	sweeps: await locals.services.sweeps.list(caller, params.id)
}));
