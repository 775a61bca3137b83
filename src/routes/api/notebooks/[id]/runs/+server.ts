import * as v from 'valibot';
import { readBody } from '../../../request.ts';
import { endpoint, json } from '../../../respond.ts';
import type { RequestHandler } from './$types';

const cellId = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9\-_]{1,64}$/, 'is no cell id'));
const body = v.object({
	cells: v.union(
		[v.literal('all'), v.pipe(v.array(cellId), v.minLength(1), v.maxLength(100_000))],
		'must be "all" or a list of cell ids'
	),
	keepGoing: v.optional(v.boolean(), false)
});

export const POST: RequestHandler = endpoint('run', async ({ locals, params, request }, caller) => {
	const { cells, keepGoing } = await readBody(request, body);
	const command = { do: 'run', cells, keepGoing } as const;
	const { runs } = await locals.services.rooms.command(caller, params.id, command);
	return json({ runs: runs ?? [] }, { status: 202 });
});
