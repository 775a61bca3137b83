import { healthOf } from '#lib/model/paper/check-words.ts';
import { signedIn } from '../../guard.ts';
import { orErrorPage } from '../../problem-of.ts';
import type { PageServerLoad } from './$types';

/** What the owners of a card are told: whether its example still runs, and how many read it. */
export const load: PageServerLoad = async ({ locals, params: { slug } }) => {
	const caller = signedIn(locals);
	const { papers, paperChecks, paperCounts, workspaces, site } = locals.services;
	const plan = await orErrorPage(paperChecks.plan(caller, slug));
	const now = new Date();
	const [card, checks, numbers, own] = await Promise.all([
		papers.card(slug, caller),
		paperChecks.list(slug, caller),
		paperCounts.numbers(caller, slug),
		workspaces.list(caller)
	]);
	return {
		...{ card, plan, numbers, origin: site.origin, now: now.toISOString() },
		checks: checks.map((check) => ({ check, health: healthOf(check, now) })),
		workspaces: own.filter(({ kind }) => kind === 'ssh').map(({ id, name }) => ({ id, name }))
	};
};
