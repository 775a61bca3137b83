import { fail } from '@sveltejs/kit';
import * as v from 'valibot';
import { JOB_WAYS } from '#lib/model/job.ts';
import { readForm } from '../form.ts';
import { administrator } from '../guard.ts';
import { MAX_REACH_ENTRIES, readReachLine, type ReachEntry } from '#lib/model/reach.ts';
import { orErrorPage, orProblem, refusalOf } from '../problem-of.ts';
import type { Actions, PageServerLoad } from './$types';

/** Minutes as a list says them; empty for never. */
const minutes = v.pipe(
	v.string(),
	v.regex(/^([1-9]\d{0,4})?$/, 'Choose one of the list.'),
	v.transform((text) => (text === '' ? null : Number(text))),
	v.check((value) => value === null || value <= 20_160, 'At most two weeks.')
);
/** The list of places, one a line. */
const reachText = v.pipe(
	v.string(),
	v.rawTransform(({ dataset, addIssue, NEVER }): ReachEntry[] => {
		const entries: ReachEntry[] = [];
		for (const [at, line] of dataset.value.split('\n').entries()) {
			if (line.trim() === '') continue;
			const read = readReachLine(line);
			if ('entry' in read) entries.push(read.entry);
			else {
				addIssue({ message: `Line ${at + 1}: ${read.fault}` });
				return NEVER;
			}
		}
		return entries;
	}),
	v.maxLength(MAX_REACH_ENTRIES, `At most ${MAX_REACH_ENTRIES} lines.`)
);
const idleFields = v.object({ idleMinutes: minutes, idleMinutesMax: minutes });

const way = v.pipe(
	v.picklist(['', ...JOB_WAYS], 'Choose one of the list.'),
	v.transform((text) => (text === '' ? null : text))
);
const jobFields = v.object({ jobLeaseMinutes: minutes, jobWay: way });

export const load: PageServerLoad = async ({ locals }) => ({
	settings: await orErrorPage(locals.services.settings.read(administrator(locals))),
	guests: await orErrorPage(locals.services.guests.state(administrator(locals))),
	workspaces: (await locals.services.workspaces.list(administrator(locals))).map(({ id, name }) => ({
		id,
		name
	}))
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
	},

	jobs: async ({ locals, request }) => {
		const caller = administrator(locals);
		const form = await readForm(request, jobFields);
		if (!form.ok) return fail(400, { of: 'jobs' as const, errors: form.errors });
		return orProblem(async () => {
			await locals.services.settings.write(caller, form.fields);
			return { of: 'jobs' as const, jobsSaved: true };
		});
	},

	reach: async ({ locals, request }) => {
		const caller = administrator(locals);
		const form = await readForm(request, v.object({ reach: reachText }));
		if (!form.ok) return fail(400, { of: 'reach' as const, errors: form.errors });
		try {
			await locals.services.settings.write(caller, form.fields);
		} catch (thrown) {
			const refusal = refusalOf(thrown);
			if (!refusal) throw thrown;
			return fail(refusal.status, { of: 'reach' as const, problem: refusal.problem });
		}
		return { of: 'reach' as const, reachSaved: true };
	}
};
