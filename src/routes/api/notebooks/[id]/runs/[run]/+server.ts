import * as v from 'valibot';
import { ProblemError } from '#lib/model/problem.ts';
import { readQuery } from '../../../../request.ts';
import { endpoint } from '../../../../respond.ts';
import type { RequestHandler } from './$types';

const query = v.object({
	wait: v.optional(
		v.pipe(
			v.string(),
			v.regex(/^\d{1,6}(\.\d{1,3})?$/, 'must be a number of seconds'),
			v.transform((text) => Math.min(Number(text), 60))
		),
		'0'
	)
});

export const GET: RequestHandler = endpoint('read', async ({ locals, params, url }, caller) => {
	const { wait } = readQuery(url, query);
	const run = await locals.services.rooms.run(caller, params.id, params.run, wait);
	if (run) return run;
	throw new ProblemError(404, {
		code: 'run-unknown',
		title: 'There is no such run.',
		detail: 'A notebook keeps the latest run of each cell.',
		remedy: 'Run the cell again and follow the new run.'
	});
});
