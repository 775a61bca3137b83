import { versionNumber } from '../../../../api/papers/card-fields.ts';
import { orErrorPage } from '../../../../problem-of.ts';
import { cardPage, countView } from '../../../card-page.ts';
import type { PageServerLoad } from './$types';

/** A version as it was published: its permanent address. */
export const load: PageServerLoad = async ({ locals, params: { slug, number }, request, setHeaders }) => {
	const version = locals.services.papers.version(slug, versionNumber(number), locals.caller);
	const card = await orErrorPage(version);
	countView(locals, card, request);
	return cardPage(locals, card, setHeaders);
};
