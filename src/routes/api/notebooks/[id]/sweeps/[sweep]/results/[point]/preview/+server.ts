import { endpoint } from '../../../../../../../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', async ({ locals, params }, caller) => ({
	preview: await locals.services.sweeps.preview(caller, params.id, params.sweep, params.point)
}));
