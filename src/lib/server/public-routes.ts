/** The routes that answer without a session: a reviewed list, everything else is closed. Ids as SvelteKit has them. */
const PUBLIC_ROUTES: ReadonlySet<string> = new Set([
	'/sign-in',
	'/welcome/[token]',
	'/healthz',
	'/readyz',
	'/frame',
	'/api/openapi.json',
	'/api/collections',
	'/api/collections/[slug]',
	'/api/papers',
	'/api/papers/[slug]',
	'/api/papers/[slug]/checks',
	'/api/papers/[slug]/versions/[number]',
	'/papers',
	'/papers/[slug]',
	'/papers/[slug]/badge.svg',
	'/papers/[slug]/checks',
	'/papers/[slug]/checks/[check]/[cell]/[output]',
	'/papers/[slug]/cite.[kind]',
	'/papers/[slug]/v/[number]',
	'/papers/[slug]/v/[number]/run',
	'/papers/[slug]/v/[number]/[file]',
	'/papers/[slug]/v/[number]/files/[...path]',
	'/papers/[slug]/v/[number]/badge.svg',
	'/papers/[slug]/v/[number]/outputs/[cell]/[output]/[part]',
	'/papers/[slug]/v/[number]/embed/[cell]',
	'/papers/[slug]/v/[number]/embed/[cell]/[output]',
	'/papers/[slug]/v/[number]/embed/[cell]/[output]/frame',
	'/papers/collections',
	'/papers/collections/[slug]',
	'/papers/collections/[slug]/feed.xml',
	'/papers/feed.xml',
	'/papers/sitemap.xml',
	'/robots.txt'
]);

/** Whether a route id is public. Paths without a route get a 404 after sign-in only. */
export function isPublicRoute(id: string | null): boolean {
	return id !== null && PUBLIC_ROUTES.has(id);
}

/** Whether a route answers everybody alike, so that it may be kept on the way: public papers. */
export function isSharedRoute(id: string | null): boolean {
	return isPublicRoute(id) && /^\/papers(\/|$)/.test(id!) && !id!.endsWith('/run');
}

/** Whether it is a page for pages of others: a cell or an output of a paper. The frames in it bring a policy of their own. */
export function isEmbedPage(id: string | null): boolean {
	return isPublicRoute(id) && /\/embed\/\[cell\](\/\[output\])?$/.test(id!);
}

export { PUBLIC_ROUTES };
