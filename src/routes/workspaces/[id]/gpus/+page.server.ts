import { ownWorkspace } from '../../own-workspace.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params }) => ({
	workspace: await ownWorkspace(locals, params.id)
});
