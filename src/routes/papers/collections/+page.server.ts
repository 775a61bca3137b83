import { FRESH } from '../card-page.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals: { services }, setHeaders }) => {
	setHeaders({ 'cache-control': FRESH });
	return { collections: await services.collections.list(), origin: services.site.origin };
};
