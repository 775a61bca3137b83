import { endpoint } from '../../respond.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = endpoint('write', ({ locals }, caller) =>
	locals.services.guests.stop(caller)
);
