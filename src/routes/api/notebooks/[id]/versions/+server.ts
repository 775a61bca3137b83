import * as v from 'valibot';
import { readBody } from '../../../request.ts';
import { endpoint, json } from '../../../respond.ts';
import type { RequestHandler } from './$types';

const body = v.object({ label: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(200)), '') });

export const GET: RequestHandler = endpoint('read', async ({ locals, params }, caller) => ({
	versions: await locals.services.versions.list(caller, params.id)
}));

export const POST: RequestHandler = endpoint('write', async ({ locals, params, request }, caller) => {
	const { label } = await readBody(request, body);
	return json(await locals.services.versions.keep(caller, params.id, label), { status: 201 });
});
