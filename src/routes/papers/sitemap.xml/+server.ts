import { sitemap, SITEMAP_LIMIT } from '#lib/model/paper/feed.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = async ({ locals: { services } }) => {
	const { origin } = services.site;
	const cards = await services.papers.newest(SITEMAP_LIMIT - 1);
	const pages = cards.map(({ slug, number, updatedAt }) => ({
		url: `${origin}/papers/${slug}/v/${number}`,
		changed: updatedAt
	}));
	return new Response(sitemap([{ url: `${origin}/papers` }, ...pages]), {
		headers: { 'content-type': 'application/xml; charset=utf-8', 'cache-control': 'public, max-age=3600' }
	});
};
