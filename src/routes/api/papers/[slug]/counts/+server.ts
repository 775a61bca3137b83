import { endpoint } from '../../../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', ({ locals: { services }, params }, caller) =>
	services.paperCounts.numbers(caller, params.slug)
);
