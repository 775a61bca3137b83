import { endpoint } from '../../../../../respond.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = endpoint('run', ({ locals, params }, caller) =>
	locals.services.environments.try(caller, params.id, params.env)
);
