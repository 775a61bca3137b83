import * as v from 'valibot';
import { BOUND_ACTIONS } from '#lib/model/bound-notebook.ts';
import { readBody } from '../../../request.ts';
import { endpoint, json } from '../../../respond.ts';
import type { RequestHandler } from './$types';

const body = v.object({ action: v.picklist(BOUND_ACTIONS, `must be one of ${BOUND_ACTIONS.join(', ')}`) });

export const GET: RequestHandler = endpoint('read', async ({ locals, params }, caller) =>
	json(await locals.services.bound.read(caller, params.id))
);

export const POST: RequestHandler = endpoint('write', async ({ locals, params, request }, caller) => {
	const { action } = await readBody(request, body);
	return json(await locals.services.bound.act(caller, params.id, action));
});
