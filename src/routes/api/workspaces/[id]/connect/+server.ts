import * as v from 'valibot';
import { readBody } from '../../../request.ts';
import { endpoint } from '../../../respond.ts';
import type { RequestHandler } from './$types';

const secret = v.pipe(v.string(), v.minLength(1), v.maxLength(1000));
const body = v.object({
	acceptHostKey: v.optional(v.pipe(v.string(), v.maxLength(200))),
	replaceHostKey: v.optional(v.boolean()),
	credential: v.optional(
		v.variant('kind', [
			v.object({ kind: v.literal('password'), password: secret }),
			v.object({
				kind: v.literal('key'),
				privateKey: v.pipe(v.string(), v.minLength(1), v.maxLength(64 * 1024)),
				passphrase: v.optional(v.pipe(v.string(), v.maxLength(1000)))
			})
		])
	)
});

export const POST: RequestHandler = endpoint('run', async ({ locals, params, request }, caller) => {
	const { acceptHostKey, replaceHostKey, credential } = await readBody(request, body);
	return locals.services.workspaces.connect(caller, params.id, {
		...(acceptHostKey === undefined ? {} : { acceptHostKey }),
		...(replaceHostKey === undefined ? {} : { replaceHostKey }),
		...(credential === undefined ? {} : { credential })
	});
});
