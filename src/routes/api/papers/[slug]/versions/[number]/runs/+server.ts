import * as v from 'valibot';
import { readBody } from '../../../../../request.ts';
import { endpoint, json } from '../../../../../respond.ts';
import { versionNumber } from '../../../../card-fields.ts';
import type { RequestHandler } from './$types';

const body = v.object({
	workspace: v.pipe(v.string('must be the id of a workspace'), v.maxLength(64, 'is too long'))
});

export const POST: RequestHandler = endpoint(
	'run',
	async ({ locals: { services }, params: { slug, number }, request }, caller) => {
		const { workspace } = await readBody(request, body);
		const run = await services.paperRuns.start(caller, slug, versionNumber(number), workspace);
		return json(run, {
			status: 202,
			headers: { location: `${services.site.origin}/api/papers/runs/${run.id}` }
		});
	}
);
