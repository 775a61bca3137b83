import * as v from 'valibot';
import { CHECK_DAYS } from '#lib/model/paper/check.ts';
import { readBody } from '../../../request.ts';
import { endpoint } from '../../../respond.ts';
import type { RequestHandler } from './$types';

const plan = v.object({
	workspace: v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(64))),
	days: v.optional(v.picklist(CHECK_DAYS, `must be one of ${CHECK_DAYS.join(', ')}`), 7)
});

export const GET: RequestHandler = endpoint('read', ({ locals: { services }, params }, caller) =>
	services.paperChecks.plan(caller, params.slug)
);

export const PUT: RequestHandler = endpoint(
	'run',
	async ({ locals: { services }, params, request }, caller) => {
		const { workspace, days } = await readBody(request, plan);
		return services.paperChecks.setPlan(caller, params.slug, workspace === null ? null : { workspace, days });
	}
);
