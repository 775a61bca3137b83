import { ProblemError } from '#lib/model/problem.ts';
import { endpoint, json, problemResponse } from '../../../../respond.ts';
import { bodyBytes, pathOf } from '../file-request.ts';
import { contentHeaders, etagOf, rangeOf } from '../file-response.ts';
import type { RequestHandler } from './$types';

/** What is edited is kept in memory by browsers; larger files are uploaded. */
const SAVE_LIMIT = 50 * 1024 * 1024;

export const GET: RequestHandler = endpoint('read', async ({ locals, params, url, request }, caller) => {
	const path = pathOf(url);
	const inline = url.searchParams.get('inline') === '1';
	const { files } = locals.services;
	const wanted = request.headers.get('range');
	const known = request.headers.get('if-none-match');
	if (wanted === null && known === null && request.method !== 'HEAD') {
		const { facts, body } = await files.read(caller, params.id, path);
		return new Response(body, {
			headers: { ...contentHeaders(facts, inline), 'content-length': String(facts.size) }
		});
	}
	const facts = await files.stat(caller, params.id, path);
	const headers = contentHeaders(facts, inline);
	if (known?.includes(etagOf(facts))) return new Response(null, { status: 304, headers });
	const condition = request.headers.get('if-range');
	const range = condition && condition !== etagOf(facts) ? undefined : rangeOf(wanted, facts.size);
	if (range === null) {
		return new Response(null, { status: 416, headers: { 'content-range': `bytes */${facts.size}` } });
	}
	if (request.method === 'HEAD') {
		return new Response(null, { headers: { ...headers, 'content-length': String(facts.size) } });
	}
	const { offset, length } = range ?? { offset: 0, length: facts.size };
	const { facts: now, body } = await files.read(caller, params.id, path, { offset, length });
	// Another file by now: the numbers above are of the one before.
	if (now.version !== facts.version) {
		await body.cancel();
		return problemResponse(409, {
			code: 'file-changed',
			title: 'The file was changed while it was read.',
			remedy: 'Read it again.'
		});
	}
	return new Response(body, {
		status: range ? 206 : 200,
		headers: {
			...headers,
			'content-length': String(length),
			...(range ? { 'content-range': `bytes ${offset}-${offset + length - 1}/${facts.size}` } : {})
		}
	});
});

export const PUT: RequestHandler = endpoint('write', async ({ locals, params, url, request }, caller) => {
	const bytes = bodyBytes(request, SAVE_LIMIT);
	const path = pathOf(url);
	const { version } = await locals.services.files.save(caller, params.id, path, bytes, expectedBy(request));
	return json({ version }, { headers: { etag: `"${version}"` } });
});

/** The version the caller read, null for “there must be none”, undefined for “whatever is there”. */
function expectedBy(request: Request): string | null | undefined {
	if (request.headers.get('if-none-match')?.trim() === '*') return null;
	const match = request.headers.get('if-match')?.trim();
	if (match === undefined || match === '*') return undefined;
	const version = /^"([0-9a-f-]{1,100})"$/.exec(match)?.[1];
	if (version !== undefined) return version;
	throw new ProblemError(400, {
		code: 'invalid',
		title: 'If-Match is not a version.',
		detail: 'It is the ETag of the file as it was read, in double quotes.',
		remedy: 'Read the file again.'
	});
}
