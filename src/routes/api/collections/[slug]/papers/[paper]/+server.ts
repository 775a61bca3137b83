import { endpoint } from '../../../../respond.ts';
import type { RequestHandler } from './$types';

export const PUT: RequestHandler = endpoint('write', ({ locals: { services }, params }, caller) =>
	services.collections.put(caller, params.slug, params.paper)
);

export const DELETE: RequestHandler = endpoint('write', ({ locals: { services }, params }, caller) =>
	services.collections.take(caller, params.slug, params.paper)
);
