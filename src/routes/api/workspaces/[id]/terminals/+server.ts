import * as v from 'valibot';
import { readBody } from '../../../request.ts';
import { endpoint, json } from '../../../respond.ts';
import type { RequestHandler } from './$types';

const size = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000));
const body = v.object({
	cols: v.optional(size, 80),
	rows: v.optional(size, 24),
	cwd: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(4096), v.regex(/^[^\0]*$/)))
});

export const GET: RequestHandler = endpoint('read', ({ locals, params }, caller) =>
	locals.services.terminals.list(caller, params.id)
);

export const POST: RequestHandler = endpoint('run', async ({ locals, params, request }, caller) => {
	const { cwd, ...size } = await readBody(request, body);
	const how = cwd === undefined ? size : { ...size, cwd };
	return json(await locals.services.terminals.start(caller, params.id, how), { status: 201 });
});
