import { endpoint } from '../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('run', ({ locals }, caller) => ({
	asks: locals.services.asks.list(caller)
}));
