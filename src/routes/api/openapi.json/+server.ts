import type { RequestHandler } from './$types';

/** Public: it says nothing about anybody. */
export const GET: RequestHandler = ({ locals }) =>
	new Response(JSON.stringify(locals.services.openapi, null, '\t'), {
		headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' }
	});
