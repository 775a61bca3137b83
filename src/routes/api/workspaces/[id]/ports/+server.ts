import { endpoint } from '../../../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', async ({ locals, params }, caller) => {
	const { ports } = locals.services;
	const [listening, jobs] = await Promise.all([
		ports.list(caller, params.id, null),
		ports.jobs(caller, params.id)
	]);
	return { available: ports.available, ports: listening, jobs };
});
