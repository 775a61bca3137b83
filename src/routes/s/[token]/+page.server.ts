import { redirect } from '@sveltejs/kit';
import { orErrorPage } from '../../problem-of.ts';
import type { PageServerLoad } from './$types';

/** Open a share link: it gives its role to whoever is signed in, and leads to the notebook. */
export const load: PageServerLoad = async ({ locals, params, url }) => {
	if (!locals.caller) redirect(303, `/sign-in?next=${encodeURIComponent(url.pathname)}`);
	const { id } = await orErrorPage(locals.services.notebooks.acceptLink(locals.caller, params.token));
	redirect(303, `/notebooks/${id}`);
};
