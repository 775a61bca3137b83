import { ownWorkspace } from '../../own-workspace.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params }) => {
	const { id, name, state } = await ownWorkspace(locals, params.id);
	return {
		workspace: { id, name, connected: state === 'connected' },
		available: locals.services.ports.available
	};
};
