import { fail, redirect } from '@sveltejs/kit';
import * as v from 'valibot';
import { readForm } from '../form.ts';
import { orProblem } from '../problem-of.ts';
import { safeNext } from './next.ts';
import type { Actions, PageServerLoad } from './$types';

const fields = v.object({
	name: v.pipe(
		v.string(),
		v.trim(),
		v.minLength(1, 'Type your name.'),
		v.maxLength(100, 'This is longer than a name.')
	),
	password: v.pipe(
		v.string(),
		v.minLength(1, 'Type your password.'),
		v.maxLength(1000, 'This is longer than a password.')
	),
	next: v.optional(v.pipe(v.string(), v.maxLength(2000)))
});

export const load: PageServerLoad = ({ locals, url }) => {
	const next = safeNext(url.searchParams.get('next'));
	if (locals.caller && !locals.caller.user.guestUntil) redirect(303, next);
	return { next };
};

export const actions: Actions = {
	default: async ({ locals, request, cookies, getClientAddress }) => {
		const form = await readForm(request, fields, ['password']);
		if (!form.ok) return fail(400, { errors: form.errors, values: form.values });
		const { name, password, next } = form.fields;
		const refused = await orProblem(async () => {
			const cookie = await locals.services.accounts.signIn(name, password, {
				address: getClientAddress(),
				userAgent: request.headers.get('user-agent') ?? ''
			});
			cookies.set(cookie.name, cookie.value, cookie.attributes);
			redirect(303, safeNext(next));
		});
		return refused.status ? fail(refused.status, { ...refused.data, values: form.values }) : refused;
	}
};
