import * as v from 'valibot';
import { SCHEDULERS, type SchedulerName } from '#lib/model/job.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { readBody } from '../../../../../request.ts';
import { endpoint } from '../../../../../respond.ts';
import type { RequestHandler } from './$types';

const body = v.object({
	act: v.picklist(['remove', 'hold', 'release'], 'must be remove, hold or release')
});

export const GET: RequestHandler = endpoint('read', ({ locals, params }, caller) => {
	const { scheduler, job } = named(params);
	return locals.services.batch.log(caller, params.id, scheduler, job);
});

export const POST: RequestHandler = endpoint('run', async ({ locals, params, request }, caller) => {
	const { act } = await readBody(request, body);
	const { scheduler, job } = named(params);
	await locals.services.batch.act(caller, params.id, scheduler, job, act);
});

/** What a scheduler calls a job: `12.0`, `345`, `345_2`. */
function named({ scheduler, job }: { scheduler: string; job: string }): {
	scheduler: SchedulerName;
	job: string;
} {
	const known = SCHEDULERS.find((name) => name === scheduler);
	if (known && /^[\d._]{1,40}$/.test(job)) return { scheduler: known, job };
	throw new ProblemError(404, {
		code: 'job-unknown',
		title: 'There is no such job.',
		remedy: 'Look at the list of jobs again.'
	});
}
