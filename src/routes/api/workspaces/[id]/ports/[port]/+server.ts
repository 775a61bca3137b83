import * as v from 'valibot';
import { readBody } from '../../../../request.ts';
import { endpoint } from '../../../../respond.ts';
import type { RequestHandler } from './$types';

const body = v.object({ path: v.optional(v.pipe(v.string(), v.maxLength(8000))) });

export const POST: RequestHandler = endpoint('run', async ({ locals, params, request }, caller) => {
	const { path = null } = await readBody(request, body);
	const place = { workspace: params.id, kernel: null, port: Number(params.port) };
	return locals.services.ports.open(caller, place, path);
});
