import { ProblemError } from '#lib/model/problem.ts';
import { blob } from '../../../../download.ts';
import { endpoint } from '../../../../respond.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', async ({ locals, params }, caller) => {
	if (!/^[0-9a-f]{64}$/.test(params.hash)) {
		throw new ProblemError(404, {
			code: 'blob-unknown',
			title: 'There is no such output.',
			detail: 'A blob is named by the 64 hex digits of its SHA-256.'
		});
	}
	const { bytes, mime } = await locals.services.notebooks.blob(caller, params.id, params.hash);
	return blob(bytes, mime, params.hash);
});
