import { signedIn } from '../../../guard.ts';
import { orErrorPage } from '../../../problem-of.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params: { id } }) => ({
	id,
	draft: await orErrorPage(locals.services.paperSuggestions.draft(signedIn(locals), id))
});
