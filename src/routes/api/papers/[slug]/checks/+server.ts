import { endpoint, json, openEndpoint } from '../../../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = openEndpoint(async ({ locals: { services }, params }, caller) => ({
	checks: await services.paperChecks.list(params.slug, caller)
}));

export const POST: RequestHandler = endpoint('run', async ({ locals: { services }, params }, caller) =>
	json(await services.paperChecks.checkNow(caller, params.slug), { status: 202 })
);
