import { fail } from '@sveltejs/kit';
import * as v from 'valibot';
import { readForm } from '../form.ts';
import { administrator } from '../guard.ts';
import { orErrorPage, orProblem } from '../problem-of.ts';
import type { Actions, PageServerLoad } from './$types';

const inviteFields = v.object({ kind: v.picklist(['user', 'admin'], 'Choose one of the two.') });

export const load: PageServerLoad = async ({ locals }) => ({
	people: await orErrorPage(locals.services.accounts.users(administrator(locals)))
});

export const actions: Actions = {
	invite: async ({ locals, request }) => {
		const caller = administrator(locals);
		const form = await readForm(request, inviteFields);
		if (!form.ok) return fail(400, { errors: form.errors });
		const admin = form.fields.kind === 'admin';
		return orProblem(async () => ({ ...(await locals.services.accounts.invite(caller, { admin })), admin }));
	}
};
