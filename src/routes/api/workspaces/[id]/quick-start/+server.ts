import { readBody } from '../../../request.ts';
import { endpoint, json } from '../../../respond.ts';
import { quickStartFields } from '../../environment-fields.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = endpoint('run', async ({ locals, params, request }, caller) => {
	const what = await readBody(request, quickStartFields);
	return json(await locals.services.environments.quickStart(caller, params.id, what), { status: 202 });
});
