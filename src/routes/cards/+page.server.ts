import { signedIn } from '../guard.ts';
import type { PageServerLoad } from './$types';

/** One's own papers, and the collections one fills. */
export const load: PageServerLoad = async ({ locals }) => {
	const caller = signedIn(locals);
	const { papers, paperSuggestions, collections } = locals.services;
	return {
		cards: await papers.mine(caller),
		suggestions: await paperSuggestions.waiting(caller),
		collections: await collections.mine(caller)
	};
};
