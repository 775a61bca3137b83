import { versionNumber } from '../../../../api/papers/card-fields.ts';
import { orErrorPage } from '../../../../problem-of.ts';
import { cardPage } from '../../../card-page.ts';
import type { PageServerLoad } from './$types';

/** A version as it was published: its permanent address. */
export const load: PageServerLoad = async ({ locals, params: { slug, number }, setHeaders }) => {
	const version = locals.services.papers.version(slug, versionNumber(number), locals.caller);
	return cardPage(locals, await orErrorPage(version), setHeaders);
};
