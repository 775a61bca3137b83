import * as v from 'valibot';
import { download } from '../../download.ts';
import { readBody, readQuery } from '../../request.ts';
import { endpoint } from '../../respond.ts';
import { idleMinutes } from '../../settings/minutes.ts';
import type { RequestHandler } from './$types';

const query = v.object({
	format: v.optional(v.picklist(['ipynb', 'py', 'md', 'html'], 'must be ipynb, py, md or html'))
});

export const GET: RequestHandler = endpoint('read', async ({ locals, params, url }, caller) => {
	const { format } = readQuery(url, query);
	const { notebooks, site } = locals.services;
	if (format) {
		const { text, mime, filename } = await notebooks.export(caller, params.id, format);
		return download(text, mime, filename);
	}
	return { ...(await notebooks.get(caller, params.id)), url: `${site.origin}/notebooks/${params.id}` };
});

const change = v.object({ idleMinutes: v.optional(v.nullable(idleMinutes(0))) });

export const PATCH: RequestHandler = endpoint('write', async ({ locals, params, request }, caller) => {
	const { notebooks, site } = locals.services;
	const { idleMinutes } = await readBody(request, change);
	await notebooks.update(caller, params.id, idleMinutes === undefined ? {} : { idleMinutes });
	return { ...(await notebooks.get(caller, params.id)), url: `${site.origin}/notebooks/${params.id}` };
});

export const DELETE: RequestHandler = endpoint('write', async ({ locals, params }, caller) => {
	await locals.services.notebooks.delete(caller, params.id);
});
