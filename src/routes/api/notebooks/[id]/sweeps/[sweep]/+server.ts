import { endpoint } from '../../../../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', ({ locals, params }, caller) =>
	locals.services.sweeps.get(caller, params.id, params.sweep)
);

export const DELETE: RequestHandler = endpoint('run', ({ locals, params }, caller) =>
	locals.services.sweeps.stop(caller, params.id, params.sweep)
);
