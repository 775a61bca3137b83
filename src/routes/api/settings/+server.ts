import * as v from 'valibot';
import { JOB_WAYS } from '#lib/model/job.ts';
import { sitePresets } from '#lib/model/job-preset.ts';
import { readBody } from '../request.ts';
import { endpoint } from '../respond.ts';
import { idleMinutes } from './minutes.ts';
import { reachList } from './reach.ts';
import type { RequestHandler } from './$types';

const body = v.object({
	idleMinutes: v.optional(v.nullable(idleMinutes(1))),
	idleMinutesMax: v.optional(v.nullable(idleMinutes(1))),
	jobLeaseMinutes: v.optional(v.nullable(idleMinutes(1))),
	jobWay: v.optional(v.nullable(v.picklist(JOB_WAYS, 'must be attach, call-back or null'))),
	jobPresets: v.optional(sitePresets),
	reach: v.optional(reachList),
	paperModeration: v.optional(v.boolean('must be true or false'))
});

export const GET: RequestHandler = endpoint('read', ({ locals }, caller) =>
	locals.services.settings.read(caller)
);

export const PUT: RequestHandler = endpoint('write', async ({ locals, request }, caller) => {
	const change = await readBody(request, body);
	const named = Object.entries(change).filter(([, value]) => value !== undefined);
	return locals.services.settings.write(caller, Object.fromEntries(named));
});
