/** The gallery for machines: an Atom feed (RFC 4287) and a sitemap (sitemaps.org). Both as whole XML documents. */
import { fullName } from './names.ts';
import { descriptionOf } from './page-tags.ts';
import type { Paper } from './paper.ts';

export interface FeedEntry {
	/** The permanent address of the version; it is the entry's id as well. */
	url: string;
	paper: Paper;
	/** ISO 8601 with a time zone. */
	published: string;
	updated: string;
}

export interface Feed {
	title: string;
	/** Of the page that lists the same papers, and of the feed itself. */
	pageUrl: string;
	feedUrl: string;
	/** When there is no entry yet. */
	updated: string;
}

/** As many authors as a reader of feeds shows. */
const MOST_AUTHORS = 20;
/** What one sitemap may list. */
export const SITEMAP_LIMIT = 50_000;

/** Newest first, as they are given. */
export function atomFeed(feed: Feed, entries: readonly FeedEntry[]): string {
	const updated = entries
		.map((entry) => entry.updated)
		.reduce((one, other) => (one > other ? one : other), '');
	return xml(
		'<feed xmlns="http://www.w3.org/2005/Atom">',
		`<id>${escapeXml(feed.feedUrl)}</id>`,
		`<title>${escapeXml(feed.title)}</title>`,
		`<updated>${escapeXml(updated || feed.updated)}</updated>`,
		`<link rel="self" type="application/atom+xml" href="${escapeXml(feed.feedUrl)}"/>`,
		`<link rel="alternate" type="text/html" href="${escapeXml(feed.pageUrl)}"/>`,
		...entries.flatMap(entryLines),
		'</feed>'
	);
}

function entryLines({ url, paper, published, updated }: FeedEntry): string[] {
	const groups = paper.authors.filter(({ kind }) => kind === 'group');
	const authors = paper.authors.length > MOST_AUTHORS && groups.length > 0 ? groups : paper.authors;
	const summary = descriptionOf(paper);
	return [
		'<entry>',
		`<id>${escapeXml(url)}</id>`,
		`<title type="text">${escapeXml(paper.title)}</title>`,
		`<link rel="alternate" type="text/html" href="${escapeXml(url)}"/>`,
		`<published>${escapeXml(published)}</published>`,
		`<updated>${escapeXml(updated)}</updated>`,
		...authors
			.slice(0, MOST_AUTHORS)
			.map((author) => `<author><name>${escapeXml(fullName(author))}</name></author>`),
		...(paper.tags ?? []).map((tag) => `<category term="${escapeXml(tag)}"/>`),
		`<summary type="text">${escapeXml(summary ?? paper.title)}</summary>`,
		'</entry>'
	];
}

/** At most SITEMAP_LIMIT addresses; `changed` is a date or a moment (ISO 8601). */
export function sitemap(pages: readonly { url: string; changed?: string }[]): string {
	return xml(
		'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
		...pages
			.slice(0, SITEMAP_LIMIT)
			.map(
				({ url, changed }) =>
					`<url><loc>${escapeXml(url)}</loc>${changed === undefined ? '' : `<lastmod>${escapeXml(changed)}</lastmod>`}</url>`
			),
		'</urlset>'
	);
}

function xml(...lines: string[]): string {
	return `<?xml version="1.0" encoding="UTF-8"?>\n${lines.join('\n')}\n`;
}

/** Text for an element or an attribute. What XML 1.0 cannot hold at all is left out. */
export function escapeXml(text: string): string {
	return text
		.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
		.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
