import { orErrorPage } from '../../../problem-of.ts';
import { FRESH } from '../../card-page.ts';
import type { PageServerLoad } from './$types';

/** The same for everybody, members too: they change it elsewhere. One that is for nobody else yet is kept by nobody on the way. */
export const load: PageServerLoad = async ({
	locals: { services, caller },
	params: { slug },
	setHeaders
}) => {
	const known = await orErrorPage(services.collections.read(slug, caller));
	const open = known.papers > 0;
	setHeaders({ 'cache-control': open ? FRESH : 'private, no-store' });
	const collection = open
		? await orErrorPage(services.collections.read(slug, null))
		: { ...known, cards: [] };
	return { collection, origin: services.site.origin };
};
