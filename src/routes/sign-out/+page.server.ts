import { redirect } from '@sveltejs/kit';
import type { Actions } from './$types';

export const actions: Actions = {
	default: async ({ locals, cookies }) => {
		if (locals.caller) {
			const cookie = await locals.services.accounts.signOut(locals.caller);
			cookies.set(cookie.name, cookie.value, cookie.attributes);
			if (locals.caller.user.guestUntil) {
				await locals.services.guests.leave(locals.caller);
				redirect(303, '/papers');
			}
		}
		redirect(303, '/sign-in');
	}
};
