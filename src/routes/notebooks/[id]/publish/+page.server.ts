import { signedIn } from '../../../guard.ts';
import { orErrorPage } from '../../../problem-of.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params }) => ({
	id: params.id,
	notebook: await orErrorPage(locals.services.papers.ofNotebook(signedIn(locals), params.id))
});
