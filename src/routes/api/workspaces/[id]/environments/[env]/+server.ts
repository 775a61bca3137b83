import { readBody } from '../../../../request.ts';
import { endpoint } from '../../../../respond.ts';
import { environmentFields } from '../../../environment-fields.ts';
import type { RequestHandler } from './$types';

export const PUT: RequestHandler = endpoint('write', async ({ locals, params, request }, caller) => {
	const fields = await readBody(request, environmentFields);
	return locals.services.environments.update(caller, params.id, params.env, fields);
});

export const DELETE: RequestHandler = endpoint('write', async ({ locals, params }, caller) => {
	await locals.services.environments.remove(caller, params.id, params.env);
});
