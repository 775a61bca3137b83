import { sitemap, SITEMAP_LIMIT } from '#lib/model/paper/feed.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = async ({ locals: { services } }) => {
	const { origin } = services.site;
	const collections = await services.collections.list();
	const cards = await services.papers.newest(SITEMAP_LIMIT - 2 - collections.length);
	const pages = cards.map(({ slug, number, updatedAt }) => ({
		url: `${origin}/papers/${slug}/v/${number}`,
		changed: updatedAt
	}));
	const lists = ['', '/collections', ...collections.map(({ slug }) => `/collections/${slug}`)].map(
		(path) => ({
			url: `${origin}/papers${path}`
		})
	);
	return new Response(sitemap([...lists, ...pages]), {
		headers: { 'content-type': 'application/xml; charset=utf-8', 'cache-control': 'public, max-age=3600' }
	});
};
