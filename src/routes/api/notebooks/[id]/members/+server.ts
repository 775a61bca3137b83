import * as v from 'valibot';
import { readBody } from '../../../request.ts';
import { endpoint } from '../../../respond.ts';
import { role } from '../../role.ts';
import type { RequestHandler } from './$types';

const body = v.object({ name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100)), role });

export const GET: RequestHandler = endpoint('read', ({ locals, params }, caller) =>
	locals.services.notebooks.members(caller, params.id)
);

export const PUT: RequestHandler = endpoint('write', async ({ locals, params, request }, caller) => {
	const member = await readBody(request, body);
	await locals.services.notebooks.setMember(caller, params.id, member.name, member.role);
});
