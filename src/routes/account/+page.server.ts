import { fail } from '@sveltejs/kit';
import * as v from 'valibot';
import { readForm } from '../form.ts';
import { signedIn } from '../guard.ts';
import { orProblem } from '../problem-of.ts';
import type { Actions, PageServerLoad } from './$types';

const nameFields = v.object({
	displayName: v.pipe(
		v.string(),
		v.trim(),
		v.minLength(1, 'Type a name.'),
		v.maxLength(100, 'At most 100 characters.')
	)
});

const passwordFields = v.object({
	current: v.pipe(v.string(), v.minLength(1, 'Type your current password.'), v.maxLength(1000)),
	next: v.pipe(
		v.string(),
		v.minLength(10, 'Use at least 10 characters.'),
		v.maxLength(1000, 'Use at most 1000 characters.')
	)
});

const noticeFields = v.object({
	after: v.pipe(
		v.string(),
		v.regex(/^([1-9]\d{0,5})?$/, 'Choose one of the list.'),
		v.transform((text) => (text === '' ? null : Number(text)))
	),
	email: v.optional(
		v.pipe(
			v.string(),
			v.trim(),
			v.maxLength(254, 'This is too long for an address.'),
			v.union([v.literal(''), v.pipe(v.string(), v.email('Type an address like ada@example.org.'))])
		)
	),
	byMail: v.optional(v.literal('yes'))
});

const tokenFields = v.object({
	label: v.pipe(
		v.string(),
		v.trim(),
		v.minLength(1, 'Say what it is for.'),
		v.maxLength(100, 'At most 100 characters.')
	),
	scopes: v.optional(
		v.pipe(v.array(v.picklist(['read', 'write', 'run'])), v.minLength(1, 'Choose at least one.')),
		[]
	),
	days: v.picklist(['30', '365', ''], 'Choose one of the list.')
});

export const load: PageServerLoad = async ({ locals }) => ({
	tokens: await locals.services.accounts.tokens(signedIn(locals)),
	notices: await locals.services.notices.read(signedIn(locals))
});

export const actions: Actions = {
	name: async ({ locals, request }) => {
		const caller = signedIn(locals);
		const form = await readForm(request, nameFields);
		if (!form.ok) return fail(400, { at: 'name' as const, errors: form.errors });
		await locals.services.accounts.setDisplayName(caller, form.fields.displayName);
		return { at: 'name' as const, done: true };
	},

	password: async ({ locals, request, cookies }) => {
		const caller = signedIn(locals);
		const form = await readForm(request, passwordFields, ['current', 'next']);
		if (!form.ok) return fail(400, { at: 'password' as const, errors: form.errors });
		const { current, next } = form.fields;
		const answer = await orProblem(async () => {
			const cookie = await locals.services.accounts.changePassword(caller, current, next);
			cookies.set(cookie.name, cookie.value, cookie.attributes);
			return { at: 'password' as const, done: true };
		});
		return 'status' in answer ? fail(answer.status, { at: 'password' as const, ...answer.data }) : answer;
	},

	notices: async ({ locals, request }) => {
		const caller = signedIn(locals);
		const form = await readForm(request, noticeFields);
		if (!form.ok) return fail(400, { at: 'notices' as const, errors: form.errors });
		const { after, email, byMail } = form.fields;
		const { notices } = locals.services;
		const before = await notices.read(caller);
		await notices.write(caller, {
			notifyAfterS: after,
			// Where no mail is set up its fields are not shown; what they were stays.
			email: email === undefined ? before.email : email || null,
			notifyByMail: email === undefined ? before.notifyByMail : byMail === 'yes'
		});
		return { at: 'notices' as const, done: true };
	},

	token: async ({ locals, request }) => {
		const caller = signedIn(locals);
		const form = await readForm(request, tokenFields);
		if (!form.ok) return fail(400, { at: 'token' as const, errors: form.errors });
		const { label, scopes, days } = form.fields;
		const answer = await orProblem(async () => {
			const made = await locals.services.accounts.createToken(caller, {
				label,
				scopes,
				days: days === '' ? null : Number(days)
			});
			return { at: 'token' as const, token: made.token, label };
		});
		return 'status' in answer ? fail(answer.status, { at: 'token' as const, ...answer.data }) : answer;
	},

	revoke: async ({ locals, request }) => {
		const caller = signedIn(locals);
		const form = await readForm(request, v.object({ id: v.pipe(v.string(), v.maxLength(100)) }));
		if (!form.ok) return fail(400, { at: 'revoke' as const, errors: form.errors });
		await locals.services.accounts.revokeToken(caller, form.fields.id);
		return { at: 'revoke' as const, done: true };
	}
};
