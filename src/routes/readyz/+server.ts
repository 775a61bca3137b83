import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';

/** The server and all it needs can work. */
export const GET: RequestHandler = async ({ locals }) => {
	const state = await locals.services.health.ready();
	return json(state, { status: state.ok ? 200 : 503, headers: { 'cache-control': 'no-store' } });
};
