import * as v from 'valibot';
import { readBody } from '../../../../request.ts';
import { endpoint } from '../../../../respond.ts';
import type { RequestHandler } from './$types';

const body = v.object({ kernel: v.pipe(v.string(), v.minLength(1), v.maxLength(200)) });

export const POST: RequestHandler = endpoint('run', async ({ locals, params, request }, caller) => {
	const { kernel } = await readBody(request, body);
	await locals.services.gpus.release(caller, params.id, kernel);
});
