import { signedIn } from '../../../guard.ts';
import { orErrorPage } from '../../../problem-of.ts';
import type { PageServerLoad } from './$types';

/** What was suggested for a card: all of it for its owners, their own for others. */
export const load: PageServerLoad = async ({ locals, params: { slug } }) => {
	const caller = signedIn(locals);
	const { papers, paperSuggestions } = locals.services;
	const suggestions = await orErrorPage(paperSuggestions.list(caller, slug));
	const { paper } = await papers.card(slug, caller);
	return { slug, title: paper.title, suggestions };
};
