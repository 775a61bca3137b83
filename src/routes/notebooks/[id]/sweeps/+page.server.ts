import { signedIn } from '../../../guard.ts';
import { orErrorPage } from '../../../problem-of.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params }) => {
	const caller = signedIn(locals);
	const { notebooks, sweeps } = locals.services;
	const { id, title } = await orErrorPage(notebooks.get(caller, params.id));
	return { notebook: { id, title }, sweeps: await sweeps.list(caller, id) };
};
