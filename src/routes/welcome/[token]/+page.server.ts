import { error, fail, redirect } from '@sveltejs/kit';
import * as v from 'valibot';
import { readForm } from '../../form.ts';
import { orProblem } from '../../problem-of.ts';
import type { Actions, PageServerLoad } from './$types';

const fields = v.object({
	name: v.pipe(
		v.string(),
		v.trim(),
		v.regex(/^[\p{L}\p{N}._-]{2,40}$/u, 'Use 2 to 40 letters and digits; . - _ may stand between them.')
	),
	displayName: v.pipe(v.string(), v.trim(), v.maxLength(100, 'At most 100 characters.')),
	password: v.pipe(
		v.string(),
		v.minLength(10, 'Use at least 10 characters.'),
		v.maxLength(1000, 'Use at most 1000 characters.')
	)
});

export const load: PageServerLoad = async ({ locals, params }) => {
	const invitation = await locals.services.accounts.invitation(params.token);
	if (!invitation) {
		error(410, {
			message: 'This invitation does not work any more.',
			code: 'invitation-gone',
			detail: 'It was used, it is more than a week old, or the link was not copied whole.',
			remedy: 'Ask whoever sent it for a new one.'
		});
	}
	const { admin, invitedBy } = invitation;
	return { admin, invitedBy };
};

export const actions: Actions = {
	default: async ({ locals, params, request, cookies, getClientAddress }) => {
		const form = await readForm(request, fields, ['password']);
		if (!form.ok) return fail(400, { errors: form.errors, values: form.values });
		const refused = await orProblem(async () => {
			const cookie = await locals.services.accounts.accept(params.token, form.fields, {
				address: getClientAddress(),
				userAgent: request.headers.get('user-agent') ?? ''
			});
			cookies.set(cookie.name, cookie.value, cookie.attributes);
			redirect(303, '/');
		});
		return refused.status ? fail(refused.status, { ...refused.data, values: form.values }) : refused;
	}
};
