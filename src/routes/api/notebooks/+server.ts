import * as v from 'valibot';
import type { NotebookRow } from '#lib/server/services.ts';
import { readQuery, readText } from '../request.ts';
import { endpoint, json } from '../respond.ts';
import { sourceOf } from './notebook-source.ts';
import type { RequestHandler } from './$types';

const LIMIT_BYTES = 50 * 1024 * 1024;

const titleQuery = v.object({ title: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(300))) });

const listQuery = v.object({
	after: v.optional(v.pipe(v.string(), v.maxLength(100))),
	limit: v.optional(
		v.pipe(v.string(), v.regex(/^\d{1,4}$/, 'must be a number'), v.transform(Number), v.minValue(1))
	)
});

export const POST: RequestHandler = endpoint('write', async ({ locals, request, url }, caller) => {
	const { title } = readQuery(url, titleQuery);
	const from = sourceOf(await readText(request, LIMIT_BYTES), title || undefined);
	const { id, warnings } = await locals.services.notebooks.create(caller, from);
	const address = `${locals.services.site.origin}/notebooks/${id}`;
	return json({ id, url: address, warnings }, { status: 201, headers: { location: address } });
});

export const GET: RequestHandler = endpoint('read', async ({ locals, url }, caller) => {
	const { notebooks, next } = await locals.services.notebooks.list(caller, readQuery(url, listQuery));
	const { origin } = locals.services.site;
	return {
		notebooks: notebooks.map((row: NotebookRow) => ({ ...row, url: `${origin}/notebooks/${row.id}` })),
		next
	};
});
