import { signedIn } from '../../../../guard.ts';
import { orErrorPage } from '../../../../problem-of.ts';
import type { PageServerLoad } from './$types';

/** One suggestion, for the owners of the card and who made it. */
export const load: PageServerLoad = async ({ locals, params: { slug, suggestion } }) => {
	const caller = signedIn(locals);
	const { papers, paperSuggestions } = locals.services;
	const change = await orErrorPage(paperSuggestions.read(caller, slug, suggestion));
	const { paper, latest } = await papers.card(slug, caller);
	return { title: paper.title, latest, change, ...(await paperSuggestions.rights(caller, slug)) };
};
