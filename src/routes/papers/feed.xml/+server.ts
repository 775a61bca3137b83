import { atomFeed } from '#lib/model/paper/feed.ts';
import type { RequestHandler } from './$types';

const MOST = 100;

export const GET: RequestHandler = async ({ locals: { services } }) => {
	const { origin } = services.site;
	const cards = await services.papers.newest(MOST);
	const feed = {
		title: `Papers on ${new URL(origin).host}`,
		pageUrl: `${origin}/papers`,
		feedUrl: `${origin}/papers/feed.xml`,
		// before the first paper
		updated: '2026-01-01T00:00:00Z'
	};
	const entries = cards.map(({ slug, number, paper, publishedAt, updatedAt }) => ({
		url: `${origin}/papers/${slug}/v/${number}`,
		paper,
		published: publishedAt,
		updated: updatedAt
	}));
	return new Response(atomFeed(feed, entries), {
		headers: { 'content-type': 'application/atom+xml; charset=utf-8', 'cache-control': 'public, max-age=300' }
	});
};
