import { fail, redirect } from '@sveltejs/kit';
import * as v from 'valibot';
import { workspaceFields } from '../api/workspaces/workspace-fields.ts';
import { readForm } from '../form.ts';
import { signedIn } from '../guard.ts';
import { orErrorPage, orProblem } from '../problem-of.ts';
import { readHop } from './hop-text.ts';
import type { Actions, PageServerLoad } from './$types';

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(100));

/** The form speaks text: a port is digits, environments are lines. Then the one schema of a workspace takes over. */
const formFields = v.pipe(
	v.object({
		id: v.optional(v.pipe(v.string(), v.maxLength(100)), ''),
		name: v.string(),
		host: v.string(),
		port: v.string(),
		user: v.string(),
		jumps: v.optional(
			v.pipe(
				v.array(v.string()),
				v.transform((texts) => texts.filter((text) => text.trim() !== '')),
				v.check(
					(texts) => texts.every((text) => readHop(text, 'user') !== null),
					'Write each jump host as user@host or user@host:port.'
				)
			),
			[]
		),
		way: v.optional(v.picklist(['ssh', 'system']), 'ssh'),
		environments: v.optional(v.string(), '')
	}),
	v.transform((form): v.InferInput<typeof workspaceFields> & { id: string } => ({
		id: form.id,
		host: form.host,
		user: form.user,
		name: form.name.trim() || form.host.trim(),
		jumps: form.jumps.map((text) => readHop(text, form.user.trim())!),
		way: form.way,
		port: /^\s*\d{1,6}\s*$/.test(form.port) ? Number(form.port) : form.port.trim() === '' ? 22 : NaN,
		environments: form.environments.split('\n')
	})),
	v.object({ ...workspaceFields.entries, id: v.string() })
);

export const load: PageServerLoad = async ({ locals, url }) => {
	const workspaces = await orErrorPage(locals.services.workspaces.list(signedIn(locals)));
	const edited = url.searchParams.get('edit');
	return {
		workspaces,
		ways: locals.services.workspaces.ways(signedIn(locals)),
		adding: url.searchParams.has('add'),
		edited: workspaces.find((row) => row.kind === 'ssh' && row.id === edited) ?? null
	};
};

export const actions: Actions = {
	save: async ({ locals, request }) => {
		const caller = signedIn(locals);
		const form = await readForm(request, formFields);
		if (!form.ok) return fail(400, { errors: form.errors, values: form.values });
		const { id: known, ...fields } = form.fields;
		const { workspaces } = locals.services;
		const answer = await orProblem(async () => {
			await (known ? workspaces.update(caller, known, fields) : workspaces.add(caller, fields));
			redirect(303, '/workspaces');
		});
		return fail(answer.status, { ...answer.data, values: form.values });
	},

	remove: async ({ locals, request }) => {
		const caller = signedIn(locals);
		const form = await readForm(request, v.object({ id }));
		if (!form.ok) return fail(400, { errors: form.errors });
		return orProblem(async () => {
			await locals.services.workspaces.remove(caller, form.fields.id);
			redirect(303, '/workspaces');
		});
	},

	disconnect: async ({ locals, request }) => {
		const caller = signedIn(locals);
		const form = await readForm(request, v.object({ id }));
		if (!form.ok) return fail(400, { errors: form.errors });
		return orProblem(async () => {
			await locals.services.workspaces.disconnect(caller, form.fields.id);
			return { done: true };
		});
	}
};
