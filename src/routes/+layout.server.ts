import type { LayoutServerLoad } from './$types';

/** Who is signed in, and what they have arranged everywhere: what every page needs. */
export const load: LayoutServerLoad = ({ locals: { caller, preferences } }) => {
	const user = caller?.user;
	return {
		user: user
			? {
					id: user.id,
					name: user.name,
					displayName: user.displayName,
					admin: user.admin,
					guest: user.guestUntil !== undefined
				}
			: null,
		preferences
	};
};
