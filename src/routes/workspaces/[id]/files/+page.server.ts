import { error } from '@sveltejs/kit';
import { signedIn } from '../../../guard.ts';
import { orErrorPage } from '../../../problem-of.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params }) => {
	const all = await orErrorPage(locals.services.workspaces.list(signedIn(locals)));
	const workspace = all.find((row) => row.id === params.id);
	if (!workspace) {
		error(404, {
			message: 'There is no such machine.',
			code: 'workspace-unknown',
			detail: 'It was removed, or it belongs to somebody else.',
			remedy: 'Your machines are under Workspaces.'
		});
	}
	return { workspace };
};
