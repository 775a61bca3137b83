import { can } from '#lib/model/role.ts';
import { signedIn } from '../../../../guard.ts';
import { orErrorPage } from '../../../../problem-of.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params }) => {
	const caller = signedIn(locals);
	const { notebooks, sweeps } = locals.services;
	const { id, title, role } = await orErrorPage(notebooks.get(caller, params.id));
	return {
		notebook: { id, title },
		mayStop: can(role, 'run'),
		sweep: await orErrorPage(sweeps.get(caller, id, params.sweep))
	};
};
