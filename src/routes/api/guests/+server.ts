import { guestOfferSchema } from '#lib/model/guest-offer.ts';
import { readBody } from '../request.ts';
import { endpoint } from '../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', ({ locals }, caller) =>
	locals.services.guests.state(caller)
);

export const PUT: RequestHandler = endpoint('write', async ({ locals, request }, caller) => {
	const change = await readBody(request, guestOfferSchema);
	const named = Object.entries(change).filter(([, value]) => value !== undefined);
	return locals.services.guests.write(caller, Object.fromEntries(named));
});
