import * as v from 'valibot';
import { readBody } from '../../request.ts';
import { endpoint } from '../../respond.ts';
import type { RequestHandler } from './$types';

const body = v.object({ revoked: v.boolean('Must be true or false.') });

export const PATCH: RequestHandler = endpoint('write', async ({ locals, params, request }, caller) => {
	const { revoked } = await readBody(request, body);
	return locals.services.hostKeys.setRevoked(caller, params.id, revoked);
});

export const DELETE: RequestHandler = endpoint('write', async ({ locals, params }, caller) => {
	await locals.services.hostKeys.remove(caller, params.id);
});
