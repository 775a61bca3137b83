import type { NotebookPreferences } from '#lib/model/preference.ts';
import { orErrorPage } from '../../problem-of.ts';
import { signedIn } from '../../guard.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params, depends }) => {
	depends('notebook:role');
	const caller = signedIn(locals);
	const notebook = await orErrorPage(locals.services.notebooks.get(caller, params.id));
	const { id, name, displayName } = caller.user;
	return {
		notebook: { id: notebook.id, title: notebook.title, role: notebook.role, genesis: notebook.genesis },
		origin: notebook.origin,
		guestUntil: caller.user.guestUntil ?? null,
		user: { id, name: displayName || name },
		arranged: (await locals.services.preferences.read(
			caller,
			`notebook:${params.id}`
		)) as NotebookPreferences,
		notifyAfterS: (await locals.services.notices.read(caller)).notifyAfterS
	};
};
