import { error } from '@sveltejs/kit';
import { signedIn } from '../../../guard.ts';
import { orErrorPage } from '../../../problem-of.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params }) => {
	const { workspaces, ports } = locals.services;
	const rows = await orErrorPage(workspaces.list(signedIn(locals)));
	const workspace = rows.find((row) => row.id === params.id);
	if (!workspace) error(404, { message: 'There is no such workspace.', remedy: 'Choose one of yours.' });
	return {
		workspace: { id: workspace.id, name: workspace.name, connected: workspace.state === 'connected' },
		available: ports.available
	};
};
