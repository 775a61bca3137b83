import { versionNumber } from '../../../../../api/papers/card-fields.ts';
import { download, downloadBytes, picture } from '../../../../../api/download.ts';
import { orErrorPage } from '../../../../../problem-of.ts';
import { error } from '@sveltejs/kit';
import { cachingOf, FOR_EVER } from '../../../../card-page.ts';
import type { RequestHandler } from './$types';

const FORMATS = { 'notebook.ipynb': 'ipynb', 'notebook.py': 'py', 'notebook.html': 'html' } as const;

/** What belongs to a version: as little changed as the version, so whoever has it may keep it. */
export const GET: RequestHandler = async ({ locals, params: { slug, number: text, file }, request }) => {
	const { papers } = locals.services;
	const number = versionNumber(text);
	const card = await orErrorPage(papers.version(slug, number, locals.caller));
	const caching = cachingOf(card, FOR_EVER);
	const tag = `"${file === 'plot' ? (card.plot?.hash ?? '') : `${card.digest}.${file}`}"`;
	if (request.headers.get('if-none-match') === tag)
		return new Response(null, { status: 304, headers: { etag: tag, 'cache-control': caching } });
	let response: Response;
	if (file === 'plot') {
		const { bytes, mime } = await orErrorPage(papers.plot(slug, number, locals.caller));
		response = picture(bytes, mime);
	} else if (file === 'example.zip') {
		const { body } = await orErrorPage(locals.services.paperFiles.zip(slug, number, locals.caller));
		response = downloadBytes(body, `${slug}-v${number}.zip`, { 'content-type': 'application/zip' });
	} else {
		const format = Object.hasOwn(FORMATS, file) ? FORMATS[file as keyof typeof FORMATS] : null;
		if (!format)
			error(404, { message: 'There is no such file of this version.', remedy: 'Check the address.' });
		const { content, mime } = await orErrorPage(papers.download(slug, number, format, locals.caller));
		response = download(content, mime, `${slug}-v${number}.${format}`);
	}
	response.headers.set('etag', tag);
	response.headers.set('cache-control', caching);
	return response;
};
