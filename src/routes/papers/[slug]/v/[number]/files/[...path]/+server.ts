import { versionNumber } from '../../../../../../api/papers/card-fields.ts';
import { downloadBytes } from '../../../../../../api/download.ts';
import { orErrorPage } from '../../../../../../problem-of.ts';
import { cachingOf, FOR_EVER } from '../../../../../card-page.ts';
import type { RequestHandler } from './$types';

/** A data file: always to be saved, whatever is in it. */
export const GET: RequestHandler = async ({ locals, params: { slug, number: text, path }, request }) => {
	const { papers, paperFiles } = locals.services;
	const number = versionNumber(text);
	const card = await orErrorPage(papers.version(slug, number, locals.caller));
	const tag = `"${card.files.find((file) => file.path === path)?.hash ?? ''}"`;
	const headers = { etag: tag, 'cache-control': cachingOf(card, FOR_EVER) };
	if (request.headers.get('if-none-match') === tag) return new Response(null, { status: 304, headers });
	const bytes = await orErrorPage(paperFiles.file(slug, number, path, locals.caller));
	return downloadBytes(bytes, path.split('/').at(-1)!, headers);
};
