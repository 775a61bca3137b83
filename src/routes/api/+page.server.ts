import { API_ROUTES } from '#lib/server/openapi-routes.ts';
import type { PageServerLoad } from './$types';

/** The table of routes as groups, in the table's order. */
export const load: PageServerLoad = ({ locals }) => {
	const groups = [...new Set(API_ROUTES.map((route) => route.group))];
	return {
		origin: locals.services.site.origin,
		groups: groups.map((name) => ({ name, routes: API_ROUTES.filter((route) => route.group === name) }))
	};
};
