import { error } from '@sveltejs/kit';
import { signedIn } from '../../../guard.ts';
import { orErrorPage } from '../../../problem-of.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params }) => {
	const rows = await orErrorPage(locals.services.workspaces.list(signedIn(locals)));
	const workspace = rows.find(({ id }) => id === params.id);
	if (workspace) return { workspace };
	error(404, {
		message: 'There is no such workspace.',
		code: 'workspace-unknown',
		detail: 'It was removed, or it belongs to somebody else.',
		remedy: 'Choose one of yours under Workspaces.'
	});
};
