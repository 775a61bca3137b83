import { versionNumber } from '../../../../../api/papers/card-fields.ts';
import { orErrorPage } from '../../../../../problem-of.ts';
import { badge } from '../../../../badge.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = async ({ locals, params: { slug, number }, request }) => {
	const version = locals.services.papers.version(slug, versionNumber(number), locals.caller);
	return badge(locals, await orErrorPage(version), request);
};
