/**
 * Where to go after signing in: a path of this site, or the start. A browser reads `//host` and `/\host` as another site,
 * and `/..//host` becomes one of them when the path is normalised, so the normalised path is looked at too.
 */
export function safeNext(wanted: string | null | undefined): string {
	if (!wanted || !wanted.startsWith('/') || /[\\\p{Cc}]/u.test(wanted) || wanted.startsWith('//')) return '/';
	try {
		const here = 'http://site.invalid';
		const url = new URL(wanted, here);
		if (url.origin !== here || url.pathname.startsWith('//')) return '/';
		return url.pathname + url.search + url.hash;
	} catch {
		return '/';
	}
}
