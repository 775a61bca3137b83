import { endpoint } from '../../../../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', ({ locals, params }, caller) =>
	locals.services.environments.task(caller, params.id, params.task)
);

export const DELETE: RequestHandler = endpoint('run', async ({ locals, params }, caller) => {
	await locals.services.environments.cancel(caller, params.id, params.task);
});
