import * as v from 'valibot';
import { readBody } from '../../request.ts';
import { endpoint } from '../../respond.ts';
import type { RequestHandler } from './$types';

const body = v.object({
	email: v.nullable(v.pipe(v.string(), v.trim(), v.email('must be an address'), v.maxLength(254))),
	notifyAfterS: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(604_800))),
	notifyByMail: v.boolean()
});

export const GET: RequestHandler = endpoint('read', ({ locals }, caller) =>
	locals.services.notices.read(caller)
);

export const PUT: RequestHandler = endpoint('write', async ({ locals, request }, caller) =>
	locals.services.notices.write(caller, await readBody(request, body))
);
