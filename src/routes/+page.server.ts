import { redirect } from '@sveltejs/kit';
import { orErrorPage, orProblem } from './problem-of.ts';
import { signedIn } from './guard.ts';
import type { Actions, PageServerLoad } from './$types';

/** My notebooks, last changed first. A visitor is led to sign in. */
export const load: PageServerLoad = async ({ locals, url }) => {
	if (!locals.caller) redirect(303, '/sign-in');
	const after = url.searchParams.get('after')?.slice(0, 100);
	const { notebooks, next } = await orErrorPage(
		locals.services.notebooks.list(locals.caller, after ? { after, limit: 50 } : { limit: 50 })
	);
	return { notebooks, next, first: !after, recent: after ? [] : await recentOf(locals) };
};

/** The notebooks opened last, on whatever device; those that are gone or were taken away are left out. */
async function recentOf({
	services,
	caller,
	preferences: { recent = [] }
}: App.Locals): Promise<{ id: string; title: string }[]> {
	const found = await Promise.all(
		recent.slice(0, 4).map((id) =>
			services.notebooks.get(caller!, id).catch((error: unknown) => {
				if (error instanceof Error && error.name === 'ProblemError') return null;
				throw error;
			})
		)
	);
	return found.flatMap((row) => (row ? [{ id: row.id, title: row.title }] : []));
}

export const actions: Actions = {
	create: async ({ locals }) => {
		const caller = signedIn(locals);
		return orProblem(async () => {
			const { id } = await locals.services.notebooks.create(caller);
			redirect(303, `/notebooks/${id}`);
		});
	}
};
