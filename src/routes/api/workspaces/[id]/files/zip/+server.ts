import { pathsInQuery } from '#lib/model/file-path.ts';
import { endpoint } from '../../../../respond.ts';
import { pathOf } from '../file-request.ts';
import { disposition, SAFE_HEADERS } from '../file-response.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', async ({ locals, params, url }, caller) => {
	const paths = pathsInQuery(url.search, 'path');
	const first = pathOf(url).replace(/\/+$/, '');
	const body = await locals.services.files.zip(caller, params.id, paths);
	const name = paths.length === 1 ? first.slice(first.lastIndexOf('/') + 1) || 'files' : 'files';
	return new Response(body, {
		headers: {
			...SAFE_HEADERS,
			'content-type': 'application/zip',
			'content-disposition': disposition('attachment', `${name}.zip`)
		}
	});
});
