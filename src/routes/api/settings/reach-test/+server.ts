import * as v from 'valibot';
import { readBody } from '../../request.ts';
import { endpoint } from '../../respond.ts';
import { reachList } from '../reach.ts';
import type { RequestHandler } from './$types';

const body = v.object({
	host: v.pipe(
		v.string('must be a text'),
		v.trim(),
		v.minLength(1, 'must not be empty'),
		v.maxLength(253, 'is too long'),
		v.regex(/^[^\s\p{C}]+$/u, 'must be a host name or an address')
	),
	port: v.optional(
		v.pipe(
			v.number('must be a number'),
			v.integer('must be a whole number'),
			v.minValue(1, 'must be 1 to 65535'),
			v.maxValue(65_535, 'must be 1 to 65535')
		),
		22
	),
	reach: v.optional(reachList)
});

export const POST: RequestHandler = endpoint('write', async ({ locals, request }, caller) => {
	const { host, port, reach } = await readBody(request, body);
	return locals.services.settings.tryReach(caller, host, port, reach);
});
