import * as v from 'valibot';
import { readBody } from '../request.ts';
import { endpoint } from '../respond.ts';
import type { RequestHandler } from './$types';

const body = v.object({
	knownHosts: v.pipe(
		v.string('Must be the text of a known_hosts file.'),
		v.maxBytes(1024 * 1024, 'At most 1 MB.')
	),
	pin: v.optional(v.boolean('Must be true or false.'), false)
});
/** The text in JSON, where a line break takes two bytes, and what is around it. */
const BODY_BYTES = 2.5 * 1024 * 1024;

export const GET: RequestHandler = endpoint('read', ({ locals }, caller) =>
	locals.services.hostKeys.list(caller)
);

export const POST: RequestHandler = endpoint('write', async ({ locals, request }, caller) =>
	locals.services.hostKeys.add(caller, await readBody(request, body, BODY_BYTES))
);
