import { redirect } from '@sveltejs/kit';
import { versionNumber } from '../../../../../api/papers/card-fields.ts';
import { signedIn } from '../../../../../guard.ts';
import { orErrorPage, orProblem } from '../../../../../problem-of.ts';
import type { Actions, PageServerLoad } from './$types';

/** Who is not signed in is led to sign in first, and comes back here. */
export const load: PageServerLoad = async ({ locals, params: { slug, number } }) => {
	const caller = signedIn(locals);
	const card = await orErrorPage(locals.services.papers.version(slug, versionNumber(number), caller));
	return { card, name: caller.user.displayName };
};

export const actions: Actions = {
	default: ({ locals, params: { slug, number } }) =>
		orProblem(async () => {
			const caller = signedIn(locals);
			const { id } = await locals.services.papers.copy(caller, slug, versionNumber(number));
			redirect(303, `/notebooks/${id}`);
		})
};
