import { download } from '../../../../../../download.ts';
import { endpoint } from '../../../../../../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', async ({ locals, params }, caller) => {
	const { id, sweep, point } = params;
	const text = await locals.services.sweeps.result(caller, id, sweep, point);
	return download(text, 'application/x-ipynb+json', `${point}.ipynb`);
});
