import * as v from 'valibot';
import { readQuery } from '../../../../request.ts';
import { endpoint } from '../../../../respond.ts';
import { pathOf } from '../file-request.ts';
import { lines, SAFE_HEADERS } from '../file-response.ts';
import type { RequestHandler } from './$types';

const words = v.optional(v.pipe(v.string(), v.maxLength(1000)), '');
const query = v.pipe(
	v.object({ name: words, text: words, case: v.optional(v.picklist(['0', '1']), '0') }),
	v.check(({ name, text }) => name !== '' || text !== '', 'Say a name or a text to look for.')
);

export const GET: RequestHandler = endpoint('read', async ({ locals, params, url }, caller) => {
	const { name, text, case: sensitive } = readQuery(url, query);
	const question = { name, text, case: sensitive === '1' };
	const found = await locals.services.files.search(caller, params.id, pathOf(url, '~'), question);
	return new Response(await lines(found), {
		headers: { ...SAFE_HEADERS, 'content-type': 'application/x-ndjson; charset=utf-8' }
	});
});
