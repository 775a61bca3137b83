import { refusalOf, orErrorPage } from '../../../problem-of.ts';
import { signedIn } from '../../../guard.ts';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = async ({ locals, params }) => {
	const caller = signedIn(locals);
	try {
		const { workspace, terminals } = await locals.services.terminals.list(caller, params.id);
		return { workspace: { id: params.id, name: workspace }, terminals, problem: null };
	} catch (thrown) {
		// A workspace of mine that cannot be reached now has a page; one that is not mine has none.
		const refusal = refusalOf(thrown);
		if (!refusal || refusal.status === 404) return orErrorPage(Promise.reject(thrown));
		const mine = await orErrorPage(locals.services.workspaces.list(caller));
		const name = mine.find(({ id }) => id === params.id)?.name ?? '';
		return { workspace: { id: params.id, name }, terminals: [], problem: refusal.problem };
	}
};
