import * as v from 'valibot';
import { readBody } from '../../../request.ts';
import { endpoint } from '../../../respond.ts';
import type { RequestHandler } from './$types';

const id = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9_-]{1,64}$/));
const body = v.object({ workspace: id, terminal: id, write: v.optional(v.boolean(), false) });

export const GET: RequestHandler = endpoint('read', async ({ locals, params }, caller) => ({
	terminals: await locals.services.terminals.shared(caller, params.id)
}));

export const POST: RequestHandler = endpoint('run', async ({ locals, params, request }, caller) => {
	await locals.services.terminals.share(caller, params.id, await readBody(request, body));
});
