import { signedIn } from '../../guard.ts';
import { orErrorPage } from '../../problem-of.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params: { slug } }) => {
	const caller = signedIn(locals);
	const card = await orErrorPage(locals.services.papers.own(caller, slug));
	return { card, collections: await locals.services.collections.around(caller, slug) };
};
