import * as v from 'valibot';
import { readBody } from '../../../request.ts';
import { endpoint } from '../../../respond.ts';
import type { RequestHandler } from './$types';

/** No issue of these schemas shows what was sent: secrets are in it. */
const secret = v.pipe(
	v.string('Must be a text.'),
	v.minLength(1, 'Must not be empty.'),
	v.maxLength(1000, 'Too long.')
);
const hop = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10));
const body = v.object({
	accept: v.optional(
		v.object({
			hop,
			fingerprint: v.pipe(
				v.string('Must be a text.'),
				v.trim(),
				v.regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, 'Must be a SHA-256 fingerprint.'),
				v.transform((text) => text.replace('=', ''))
			),
			keyType: v.pipe(
				v.string('Must be a text.'),
				v.maxLength(100),
				v.regex(/^[\w@.+-]*$/, 'Must be a type of key.')
			),
			replace: v.optional(v.boolean(), false)
		})
	),
	signIn: v.optional(
		v.object({
			hop,
			credential: v.variant(
				'kind',
				[
					v.object({ kind: v.literal('password'), password: secret }),
					v.object({
						kind: v.literal('key'),
						privateKey: v.pipe(
							v.string('Must be a text.'),
							v.minLength(1, 'Must not be empty.'),
							v.maxLength(64 * 1024, 'Too long.')
						),
						passphrase: v.exactOptional(v.pipe(v.string('Must be a text.'), v.maxLength(1000, 'Too long.')))
					}),
					v.object({ kind: v.literal('interactive') }),
					v.object({
						kind: v.literal('browser-key'),
						publicKey: v.pipe(
							v.string('Must be a text.'),
							v.maxLength(1000, 'Too long.'),
							v.base64('Must be base64.')
						)
					}),
					v.object({ kind: v.literal('agent') })
				],
				'Must be a credential of a known kind.'
			)
		})
	)
});

export const POST: RequestHandler = endpoint('run', async ({ locals, params, request }, caller) => {
	const { accept, signIn } = await readBody(request, body);
	return locals.services.workspaces.connect(caller, params.id, {
		...(accept === undefined ? {} : { accept }),
		...(signIn === undefined ? {} : { signIn })
	});
});
