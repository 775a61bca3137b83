import { endpoint } from '../../../../../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', async ({ locals, params }, caller) => ({
	ports: await locals.services.ports.list(caller, params.id, params.kernel)
}));
