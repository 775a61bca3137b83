import { readBody, readQuery } from '../request.ts';
import { endpoint, json, openEndpoint } from '../respond.ts';
import { galleryQuery, PUBLICATION_BYTES, repositoryPublication, withUrl } from './card-fields.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = openEndpoint(async ({ locals: { services }, url }) => {
	const { cards, ...rest } = await services.papers.gallery(readQuery(url, galleryQuery));
	return { cards: cards.map((card) => withUrl(card, services.site.origin)), ...rest };
});

export const POST: RequestHandler = endpoint('write', async ({ locals: { services }, request }, caller) => {
	const what = await readBody(request, repositoryPublication, PUBLICATION_BYTES);
	const card = withUrl(await services.paperGit.publish(caller, what), services.site.origin);
	return json(card, { status: 201, headers: { location: card.url } });
});
