import { endpoint } from '../../respond.ts';
import { withUrl } from '../card-fields.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = endpoint('read', async ({ locals: { services } }, caller) => {
	const cards = await services.papers.mine(caller);
	return { cards: cards.map((card) => withUrl(card, services.site.origin)) };
});
