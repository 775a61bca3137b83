import { orErrorPage } from '../../problem-of.ts';
import { cardPage, countView } from '../card-page.ts';
import type { PageServerLoad } from './$types';

/** The newest version under the card's own address, with what was corrected on the card since. */
export const load: PageServerLoad = async ({ locals, params, request, setHeaders }) => {
	const card = await orErrorPage(locals.services.papers.card(params.slug, locals.caller));
	countView(locals, card, request);
	return cardPage(locals, card, setHeaders);
};
