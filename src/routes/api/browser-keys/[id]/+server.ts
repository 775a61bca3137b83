import * as v from 'valibot';
import { readBody } from '../../request.ts';
import { endpoint } from '../../respond.ts';
import { keyName } from '../key-name.ts';
import type { RequestHandler } from './$types';

const body = v.object({ name: keyName });

export const PATCH: RequestHandler = endpoint('write', async ({ locals, params, request }, caller) => {
	const { name } = await readBody(request, body);
	return locals.services.browserKeys.rename(caller, params.id, name);
});

export const DELETE: RequestHandler = endpoint('write', async ({ locals, params }, caller) => {
	await locals.services.browserKeys.remove(caller, params.id);
});
