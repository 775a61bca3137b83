import * as v from 'valibot';
import { readBody } from '../../request.ts';
import { endpoint, json } from '../../respond.ts';
import type { RequestHandler } from './$types';

const body = v.object({
	workspace: v.pipe(v.string('Must be a text.'), v.minLength(1, 'Must not be empty.'), v.maxLength(100)),
	path: v.pipe(v.string('Must be a text.'), v.minLength(1, 'Must not be empty.'), v.maxLength(20_000))
});

export const POST: RequestHandler = endpoint('write', async ({ locals, request }, caller) => {
	const { workspace, path } = await readBody(request, body);
	const { id, made, warnings } = await locals.services.bound.open(caller, workspace, path);
	const url = `${locals.services.site.origin}/notebooks/${id}`;
	return json({ id, url, warnings }, { status: made ? 201 : 200, headers: { location: url } });
});
