import * as v from 'valibot';
import { readBody } from '../request.ts';
import { endpoint, json } from '../respond.ts';
import { keyName } from './key-name.ts';
import type { RequestHandler } from './$types';

const body = v.object({
	name: keyName,
	algorithm: v.picklist(
		['ssh-ed25519', 'ecdsa-sha2-nistp256'],
		'Must be ssh-ed25519 or ecdsa-sha2-nistp256.'
	),
	publicKey: v.pipe(v.string('Must be a text.'), v.maxLength(1000, 'Too long.'), v.base64('Must be base64.'))
});

export const GET: RequestHandler = endpoint('read', async ({ locals }, caller) => ({
	keys: await locals.services.browserKeys.list(caller)
}));

export const POST: RequestHandler = endpoint('write', async ({ locals, request }, caller) => {
	const key = await readBody(request, body);
	return json(await locals.services.browserKeys.add(caller, key), { status: 201 });
});
