import { readBody } from '../../request.ts';
import { endpoint } from '../../respond.ts';
import { workspaceFields } from '../workspace-fields.ts';
import type { RequestHandler } from './$types';

export const PUT: RequestHandler = endpoint('write', async ({ locals, params, request }, caller) => {
	const fields = await readBody(request, workspaceFields);
	return locals.services.workspaces.update(caller, params.id, fields);
});

export const DELETE: RequestHandler = endpoint('write', async ({ locals, params }, caller) => {
	await locals.services.workspaces.remove(caller, params.id);
});
