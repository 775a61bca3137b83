import { endpoint } from '../../../../respond.ts';
import type { RequestHandler } from './$types';

export const DELETE: RequestHandler = endpoint('write', async ({ locals, params }, caller) => {
	await locals.services.notebooks.removeMember(caller, params.id, params.user);
});
