/** Cards as an Atom feed of this site. */
import type { CardEntry } from '#lib/model/paper/card.ts';
import { atomFeed, type Feed } from '#lib/model/paper/feed.ts';

/** `path` is that of the page which lists the same cards. */
export function paperFeed(
	cards: readonly CardEntry[],
	{ origin, path, title, updated }: { origin: string; path: string; title: string; updated: string }
): Response {
	const feed: Feed = { title, pageUrl: origin + path, feedUrl: `${origin}${path}/feed.xml`, updated };
	const entries = cards.map(({ slug, number, paper, publishedAt, updatedAt }) => ({
		url: `${origin}/papers/${slug}/v/${number}`,
		paper,
		published: publishedAt,
		updated: updatedAt
	}));
	return new Response(atomFeed(feed, entries), {
		headers: { 'content-type': 'application/atom+xml; charset=utf-8', 'cache-control': 'public, max-age=300' }
	});
}
