import type { RequestHandler } from './$types';

/** Papers are for everybody, without the endless pages of searches; all else needs an account. Source: RFC 9309. */
export const GET: RequestHandler = ({ locals: { services } }) => {
	const lines = [
		'User-agent: *',
		'Disallow: /',
		'Allow: /papers',
		'Disallow: /papers?',
		'Disallow: /papers/*/copy',
		// what the pages are drawn with
		'Allow: /_app/',
		'Allow: /favicon.svg',
		'',
		`Sitemap: ${services.site.origin}/papers/sitemap.xml`
	];
	return new Response(`${lines.join('\n')}\n`, {
		headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'public, max-age=3600' }
	});
};
