/** The routes that answer without a session: a reviewed list, everything else is closed. Ids as SvelteKit has them. */
const PUBLIC_ROUTES: ReadonlySet<string> = new Set([
	'/sign-in',
	'/welcome/[token]',
	'/healthz',
	'/readyz',
	'/frame',
	'/api/openapi.json',
	'/api/papers',
	'/api/papers/[slug]',
	'/api/papers/[slug]/versions/[number]'
]);

/** Whether a route id is public. Paths without a route get a 404 after sign-in only. */
export function isPublicRoute(id: string | null): boolean {
	return id !== null && PUBLIC_ROUTES.has(id);
}

export { PUBLIC_ROUTES };
