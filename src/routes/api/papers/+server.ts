import { readQuery } from '../request.ts';
import { openEndpoint } from '../respond.ts';
import { galleryQuery, withUrl } from './card-fields.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = openEndpoint(async ({ locals: { services }, url }) => {
	const { cards, ...rest } = await services.papers.gallery(readQuery(url, galleryQuery));
	return { cards: cards.map((card) => withUrl(card, services.site.origin)), ...rest };
});
