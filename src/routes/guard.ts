import { error } from '@sveltejs/kit';
import type { Caller } from '#lib/server/services.ts';

/** The person of a page. The hook has sent everybody else to sign in; this says so to the type checker, and twice is safe. */
export function signedIn(locals: App.Locals): Caller {
	if (locals.caller) return locals.caller;
	error(401, { message: 'Sign in first.', code: 'sign-in', remedy: 'Sign in and open this page again.' });
}

/** The person, when an administrator. */
export function administrator(locals: App.Locals): Caller {
	const caller = signedIn(locals);
	if (caller.user.admin) return caller;
	error(403, {
		message: 'This page is for administrators.',
		code: 'administrators-only',
		detail: 'It makes accounts and invitations.',
		remedy: 'Ask one of them for what you need.'
	});
}
