import { healthOf } from '#lib/model/paper/check-words.ts';
import { orErrorPage } from '../../../problem-of.ts';
import { cachingOf, FRESH } from '../../card-page.ts';
import type { PageServerLoad } from './$types';

/** The last times that the example was run again. */
export const load: PageServerLoad = async ({ locals, params: { slug }, setHeaders }) => {
	const { papers, paperChecks } = locals.services;
	const card = await orErrorPage(papers.card(slug, locals.caller));
	const now = new Date();
	const checks = await paperChecks.list(slug, locals.caller);
	setHeaders({ 'cache-control': cachingOf(card, FRESH) });
	return { card, checks: checks.map((check) => ({ check, health: healthOf(check, now) })) };
};
