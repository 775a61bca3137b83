import * as v from 'valibot';
import { preferenceScope, preferenceValues } from '#lib/model/preference.ts';
import { checked, readBody, readQuery } from '../request.ts';
import { endpoint } from '../respond.ts';
import type { RequestHandler } from './$types';

const query = v.object({ scope: v.optional(preferenceScope, '') });
const change = v.object({ scope: v.optional(preferenceScope, ''), values: v.record(v.string(), v.any()) });

export const GET: RequestHandler = endpoint('read', async ({ locals, url }, caller) => {
	const { scope } = readQuery(url, query);
	return { scope, values: await locals.services.preferences.read(caller, scope) };
});

export const PATCH: RequestHandler = endpoint('write', async ({ locals, request }, caller) => {
	const { scope, values } = await readBody(request, change);
	const known = checked(preferenceValues(scope), values, 'body') as Record<string, unknown>;
	return { scope, values: await locals.services.preferences.write(caller, { scope, values: known }) };
});
