import type { LayoutServerLoad } from './$types';

/** Who is signed in: what the header of every page shows. */
export const load: LayoutServerLoad = ({ locals }) => {
	const user = locals.caller?.user;
	return {
		user: user ? { id: user.id, name: user.name, displayName: user.displayName, admin: user.admin } : null
	};
};
