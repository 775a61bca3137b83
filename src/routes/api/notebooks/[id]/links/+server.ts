import * as v from 'valibot';
import { readBody } from '../../../request.ts';
import { endpoint, json } from '../../../respond.ts';
import { role } from '../../role.ts';
import type { RequestHandler } from './$types';

const body = v.object({ role });

export const POST: RequestHandler = endpoint('write', async ({ locals, params, request }, caller) => {
	const wanted = await readBody(request, body);
	return json(await locals.services.notebooks.createLink(caller, params.id, wanted.role), { status: 201 });
});
