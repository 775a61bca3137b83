import * as v from 'valibot';
import { galleryQuery } from '../api/papers/card-fields.ts';
import { FRESH } from './card-page.ts';
import type { PageServerLoad } from './$types';

/** What is typed into an address by hand and makes no sense is left out, not refused. */
export const load: PageServerLoad = async ({ locals, url, setHeaders }) => {
	const read = v.safeParse(galleryQuery, Object.fromEntries(url.searchParams));
	const query = read.success ? read.output : v.parse(galleryQuery, {});
	setHeaders({ 'cache-control': FRESH });
	const gallery = await locals.services.papers.gallery(query);
	return {
		query,
		gallery,
		health: await locals.services.paperChecks.health(gallery.cards),
		origin: locals.services.site.origin
	};
};
