import { fail } from '@sveltejs/kit';
import * as v from 'valibot';
import { readForm } from '../form.ts';
import { administrator } from '../guard.ts';
import { orErrorPage, orProblem } from '../problem-of.ts';
import type { Actions, PageServerLoad } from './$types';

/** Minutes as a list says them; empty for never. */
const minutes = v.pipe(
	v.string(),
	v.regex(/^([1-9]\d{0,4})?$/, 'Choose one of the list.'),
	v.transform((text) => (text === '' ? null : Number(text))),
	v.check((value) => value === null || value <= 20_160, 'At most two weeks.')
);
const idleFields = v.object({ idleMinutes: minutes, idleMinutesMax: minutes });

export const load: PageServerLoad = async ({ locals }) => ({
	settings: await orErrorPage(locals.services.settings.read(administrator(locals)))
});

export const actions: Actions = {
	idle: async ({ locals, request }) => {
		const caller = administrator(locals);
		const form = await readForm(request, idleFields);
		if (!form.ok) return fail(400, { errors: form.errors });
		return orProblem(async () => {
			await locals.services.settings.write(caller, form.fields);
			return { done: true };
		});
	}
};
