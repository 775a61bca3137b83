import { orErrorPage } from '../../../problem-of.ts';
import { badge } from '../../badge.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = async ({ locals, params: { slug }, request }) =>
	badge(locals, await orErrorPage(locals.services.papers.card(slug, locals.caller)), request);
