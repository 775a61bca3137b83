import * as v from 'valibot';
import { text } from '../../../../download.ts';
import { readQuery } from '../../../../request.ts';
import { endpoint } from '../../../../respond.ts';
import type { RequestHandler } from './$types';

const number = v.pipe(v.string(), v.regex(/^\d{1,12}$/, 'must be a whole number'), v.transform(Number));
const query = v.object({
	from: v.optional(number),
	count: v.optional(v.pipe(number, v.maxValue(5000, 'may be 5000 at most')), '200')
});

/** The whole of a long text output, or with `from` some lines of it. */
export const GET: RequestHandler = endpoint('read', async ({ locals, params, url }, caller) => {
	const { from, count } = readQuery(url, query);
	const { notebooks } = locals.services;
	if (from !== undefined) return notebooks.streamLines(caller, params.id, params.stream, from, count);
	return text(
		await notebooks.stream(caller, params.id, params.stream),
		`output-${params.stream.slice(0, 8)}.txt`
	);
});
