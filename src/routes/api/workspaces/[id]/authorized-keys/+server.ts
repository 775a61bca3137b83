import * as v from 'valibot';
import { readBody } from '../../../request.ts';
import { endpoint } from '../../../respond.ts';
import type { RequestHandler } from './$types';

const body = v.object({ key: v.pipe(v.string('Must be the id of a key.'), v.maxLength(100)) });

export const POST: RequestHandler = endpoint('run', async ({ locals, params, request }, caller) => {
	const { key } = await readBody(request, body);
	return locals.services.workspaces.authorizeKey(caller, params.id, key);
});
