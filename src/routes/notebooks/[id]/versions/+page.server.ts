import { can } from '#lib/model/role.ts';
import { signedIn } from '../../../guard.ts';
import { orErrorPage } from '../../../problem-of.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params }) => {
	const caller = signedIn(locals);
	const { notebooks, versions } = locals.services;
	const { id, title, role } = await orErrorPage(notebooks.get(caller, params.id));
	return { notebook: { id, title }, mayKeep: can(role, 'edit'), versions: await versions.list(caller, id) };
};
