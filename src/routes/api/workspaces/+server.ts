import { readBody } from '../request.ts';
import { endpoint, json } from '../respond.ts';
import { workspaceFields } from './workspace-fields.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', async ({ locals }, caller) => ({
	workspaces: await locals.services.workspaces.list(caller),
	ways: locals.services.workspaces.ways(caller)
}));

export const POST: RequestHandler = endpoint('write', async ({ locals, request }, caller) => {
	const fields = await readBody(request, workspaceFields);
	return json(await locals.services.workspaces.add(caller, fields), { status: 201 });
});
