import * as v from 'valibot';
import { readBody } from '../../../../../request.ts';
import { endpoint } from '../../../../../respond.ts';
import type { RequestHandler } from './$types';

const body = v.object({
	seq: v.pipe(v.number(), v.integer()),
	value: v.pipe(v.string(), v.maxLength(1_000_000))
});

/** Answer what the code of a run asks for: the room does it, as for the page. */
export const POST: RequestHandler = endpoint('run', async ({ locals, params, request }, caller) => {
	const { seq, value } = await readBody(request, body);
	return locals.services.rooms.command(caller, params.id, { do: 'input', run: params.run, seq, value });
});
