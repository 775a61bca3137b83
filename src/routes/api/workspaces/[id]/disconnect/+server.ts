import { endpoint } from '../../../respond.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = endpoint('run', async ({ locals, params }, caller) => {
	await locals.services.workspaces.disconnect(caller, params.id);
});
