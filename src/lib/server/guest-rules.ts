/**
 * What a guest may do: the one place that decides. Guests are accounts nobody signed up for (users.guestUntil), so
 * everything is closed to them that is not named here. Ids of routes as SvelteKit has them.
 */
import { isPublicRoute } from './public-routes.ts';

const READ = ['GET', 'HEAD'] as const;

/** Besides what is open to everybody: their notebook, its kernel and outputs, and the way out. */
const GUEST_ROUTES: Readonly<Record<string, readonly string[]>> = {
	'/notebooks/[id]': READ,
	'/api/notebooks/[id]': READ,
	'/api/notebooks/[id]/blobs/[hash]': READ,
	// whether it is a file of a machine, which it is not
	'/api/notebooks/[id]/file': READ,
	'/api/notebooks/[id]/streams/[stream]': READ,
	'/api/notebooks/[id]/runs': [...READ, 'POST'],
	'/api/notebooks/[id]/runs/[run]': READ,
	'/api/notebooks/[id]/runs/[run]/input': ['POST'],
	'/api/notebooks/[id]/kernel': [...READ, 'POST'],
	// how they see it: theirs as well, and gone with them
	'/api/preferences': [...READ, 'PATCH'],
	'/sign-out': [...READ, 'POST']
};

/** Whether a guest may ask this of that route. What the routes show a guest is still for their own notebook's role. */
export function mayGuest(route: string | null, method: string): boolean {
	if (isPublicRoute(route)) return true;
	return route !== null && (GUEST_ROUTES[route]?.includes(method) ?? false);
}

/** The paths of sockets that are open to guests: the documents of notebooks. */
export function mayGuestJoin(path: string): boolean {
	return path === '/collab';
}

export { GUEST_ROUTES };
