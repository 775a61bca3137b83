import { readBody } from '../../../request.ts';
import { endpoint, json } from '../../../respond.ts';
import { environmentFields } from '../../environment-fields.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', ({ locals, params }, caller) =>
	locals.services.environments.list(caller, params.id)
);

export const POST: RequestHandler = endpoint('write', async ({ locals, params, request }, caller) => {
	const fields = await readBody(request, environmentFields);
	return json(await locals.services.environments.add(caller, params.id, fields), { status: 201 });
});
