import { endpoint } from '../../../../respond.ts';
import type { RequestHandler } from './$types';

export const DELETE: RequestHandler = endpoint('run', async ({ locals, params }, caller) => {
	await locals.services.terminals.close(caller, params.id, params.terminal);
});
