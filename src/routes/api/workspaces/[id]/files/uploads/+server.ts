import * as v from 'valibot';
import { readBody } from '../../../../request.ts';
import { endpoint, json } from '../../../../respond.ts';
import { pathOf } from '../file-request.ts';
import type { RequestHandler } from './$types';

const body = v.object({
	size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
	modified: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1e11))),
	replace: v.optional(v.boolean())
});

export const POST: RequestHandler = endpoint('write', async ({ locals, params, request, url }, caller) => {
	const { size, modified, replace } = await readBody(request, body);
	const plan = {
		size,
		...(modified === undefined ? {} : { modified }),
		...(replace === undefined ? {} : { replace })
	};
	return json(await locals.services.files.beginUpload(caller, params.id, pathOf(url), plan), { status: 201 });
});
