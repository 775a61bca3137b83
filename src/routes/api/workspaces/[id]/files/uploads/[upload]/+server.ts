import * as v from 'valibot';
import { readQuery } from '../../../../../request.ts';
import { endpoint } from '../../../../../respond.ts';
import { bodyBytes, pathOf } from '../../file-request.ts';
import type { RequestHandler } from './$types';

/** One piece; the server takes no larger body. Clients send much smaller ones, so that little is lost with a line. */
const PIECE_LIMIT = 50 * 1024 * 1024;

const query = v.object({
	offset: v.pipe(v.string('Must be a number of bytes.'), v.regex(/^\d{1,16}$/), v.transform(Number))
});

export const GET: RequestHandler = endpoint('read', ({ locals, params, url }, caller) =>
	locals.services.files.uploadOffset(caller, params.id, pathOf(url), params.upload)
);

export const PATCH: RequestHandler = endpoint('write', ({ locals, params, request, url }, caller) => {
	const { offset } = readQuery(url, query);
	const bytes = bodyBytes(request, PIECE_LIMIT);
	return locals.services.files.append(caller, params.id, pathOf(url), params.upload, offset, bytes);
});

export const DELETE: RequestHandler = endpoint('write', async ({ locals, params, url }, caller) => {
	await locals.services.files.dropUpload(caller, params.id, pathOf(url), params.upload);
});
