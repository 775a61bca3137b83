import { endpoint } from '../../../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', ({ locals, params }, caller) =>
	locals.services.paperRuns.state(caller, params.run)
);
