import { endpoint } from '../../../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', async ({ locals: { services }, params }, caller) => ({
	suggestions: await services.paperSuggestions.list(caller, params.slug)
}));
