import { error } from '@sveltejs/kit';
import { signedIn } from '../../guard.ts';
import { orErrorPage } from '../../problem-of.ts';
import type { PageServerLoad } from './$types';

/** For its members. */
export const load: PageServerLoad = async ({ locals, params: { slug } }) => {
	const caller = signedIn(locals);
	const { collections, papers } = locals.services;
	const collection = await orErrorPage(collections.read(slug, caller));
	if (!collection.members)
		error(403, {
			message: 'Only its members change a collection.',
			remedy: 'Ask one of them to put a card in, or to make you a member.'
		});
	return { collection, members: collection.members, own: await papers.mine(caller) };
};
