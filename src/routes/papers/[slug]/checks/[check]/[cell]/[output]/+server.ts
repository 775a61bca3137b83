import { picture } from '../../../../../../api/download.ts';
import { orErrorPage } from '../../../../../../problem-of.ts';
import { cachingOf, FRESH } from '../../../../../card-page.ts';
import type { RequestHandler } from './$types';

/** What a cell has drawn when it was run again. */
export const GET: RequestHandler = async ({ locals, params: { slug, check, cell, output } }) => {
	const { papers, paperChecks } = locals.services;
	const card = await orErrorPage(papers.card(slug, locals.caller));
	const place = { slug, check, cell: placeOf(cell), output: placeOf(output) };
	const { bytes, mime } = await orErrorPage(paperChecks.picture(place, locals.caller));
	const response = picture(bytes, mime);
	response.headers.set('cache-control', cachingOf(card, FRESH));
	return response;
};

function placeOf(text: string): number {
	return /^\d{1,6}$/.test(text) ? Number(text) : -1;
}
