/** What the head of a card's page tells search engines and other sites: Highwire Press tags, Open Graph, schema.org. */
import { abstractLead } from './abstract-lead.ts';
import { dateParts, pageRange } from './date-words.ts';
import { identifierUrl } from './identifiers.ts';
import { fullName, wholeFamily } from './names.ts';
import { clip, compact } from './text.ts';
import type { Author, Paper } from './paper.ts';

/** What a page is about, besides the paper itself. Addresses are whole. */
export interface CardPage {
	/** The permanent address of what is shown. */
	url: string;
	site: string;
	/** The key plot. */
	image?: { url: string; alternative: string; width?: number; height?: number };
	/** When this version was published here, and when the paper's data changed last (ISO 8601). */
	published?: string;
	modified?: string;
	/** A page that lists 3 000 names thrice is slow for everybody: as many as search engines use. */
	mostAuthors?: number;
}

/** A tag of the head: `name` for Highwire's, `property` for Open Graph. */
export type PageTag = [name: string, content: string];

const MOST_AUTHORS = 100;
const MOST_DESCRIPTION = 300;

/** `<meta name content>` for Google Scholar and reference managers. Source: Google Scholar's "Inclusion guidelines", indexing. */
export function highwireTags(paper: Paper, page: CardPage): PageTag[] {
	const tags: [string, string | undefined][] = [['citation_title', paper.title]];
	for (const author of shownAuthors(paper.authors, page)) {
		tags.push(['citation_author', author.kind === 'group' ? author.name : familyFirst(author)]);
		for (const affiliation of author.affiliations) tags.push(['citation_author_institution', affiliation]);
		if (author.kind === 'person' && author.orcid)
			tags.push(['citation_author_orcid', `https://orcid.org/${author.orcid}`]);
	}
	const { first, last } = paper.pages === undefined ? {} : pageRange(paper.pages);
	const date = paper.date ?? page.published?.slice(0, 10);
	const venue = { conference: 'conference_title', chapter: 'inbook_title', book: 'inbook_title' }[
		String(paper.type)
	];
	tags.push(
		['citation_publication_date', date && dateParts(date).join('/')],
		[`citation_${venue ?? 'journal_title'}`, paper.venue],
		['citation_publisher', paper.publisher],
		['citation_volume', paper.volume],
		['citation_issue', paper.issue],
		['citation_firstpage', first],
		['citation_lastpage', last],
		['citation_doi', paper.doi],
		['citation_arxiv_id', paper.arxiv],
		['citation_language', paper.language],
		['citation_keywords', paper.tags?.join('; ')],
		['citation_abstract_html_url', page.url],
		['citation_public_url', page.url]
	);
	return tags.filter((tag): tag is PageTag => tag[1] !== undefined && tag[1] !== '');
}

/** `<meta property content>` for previews of links. Source: ogp.me. */
export function openGraphTags(paper: Paper, page: CardPage): PageTag[] {
	const tags: [string, string | undefined][] = [
		['og:type', 'article'],
		['og:title', paper.title],
		['og:url', page.url],
		['og:site_name', page.site],
		['og:description', descriptionOf(paper)],
		[
			'og:locale',
			paper.language && /^[a-z]{2}-[A-Z]{2}$/.test(paper.language)
				? paper.language.replace('-', '_')
				: undefined
		],
		['article:published_time', page.published],
		['article:modified_time', page.modified],
		...(paper.tags ?? []).map((tag): [string, string] => ['article:tag', tag]),
		['og:image', page.image?.url],
		['og:image:alt', page.image?.alternative],
		['og:image:width', page.image?.width === undefined ? undefined : String(page.image.width)],
		['og:image:height', page.image?.height === undefined ? undefined : String(page.image.height)],
		// the one name that X reads and that Open Graph does not have
		['twitter:card', page.image ? 'summary_large_image' : 'summary']
	];
	return tags.filter((tag): tag is PageTag => tag[1] !== undefined && tag[1] !== '');
}

/** The object of schema.org. Source: schema.org/ScholarlyArticle. */
export function scholarlyArticle(paper: Paper, page: CardPage): Record<string, unknown> {
	const doi = paper.doi === undefined ? undefined : identifierUrl({ kind: 'doi', id: paper.doi });
	const arxiv = paper.arxiv === undefined ? undefined : identifierUrl({ kind: 'arxiv', id: paper.arxiv });
	const { first, last } = paper.pages === undefined ? {} : pageRange(paper.pages);
	const names = shownAuthors(paper.authors, page);
	return compact({
		'@context': 'https://schema.org',
		'@type': 'ScholarlyArticle',
		'@id': page.url,
		url: page.url,
		mainEntityOfPage: page.url,
		headline: clip(paper.title, 110),
		name: paper.title,
		author: names.map(schemaAuthor),
		abstract: paper.abstract,
		description: descriptionOf(paper),
		datePublished: paper.date ?? page.published,
		dateModified: page.modified,
		inLanguage: paper.language,
		keywords: paper.tags?.join(', '),
		license:
			paper.licence && /^[\w.+-]+$/.test(paper.licence)
				? `https://spdx.org/licenses/${paper.licence}`
				: paper.licence,
		identifier: [
			...(paper.doi ? [{ '@type': 'PropertyValue', propertyID: 'DOI', value: paper.doi }] : []),
			...(paper.arxiv ? [{ '@type': 'PropertyValue', propertyID: 'arXiv', value: paper.arxiv }] : [])
		],
		sameAs: [doi, arxiv, paper.paperUrl].filter((url) => url !== undefined),
		image: page.image?.url,
		isPartOf: paper.venue && compact({ '@type': 'Periodical', name: paper.venue }),
		pageStart: first,
		pageEnd: last,
		publisher: { '@type': 'Organization', name: paper.publisher ?? page.site },
		isAccessibleForFree: true
	});
}

/** JSON as the content of a `<script type="application/ld+json">`: nothing in it can end the element or start a comment. */
export function jsonForScript(value: unknown): string {
	return JSON.stringify(value).replace(
		/[<>&\u2028\u2029]/g,
		(character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
	);
}

/** The beginning of the abstract: what previews show. */
export function descriptionOf({ abstract }: Paper): string | undefined {
	return abstract && abstractLead(abstract, MOST_DESCRIPTION);
}

/** Groups are kept however many persons there are. */
function shownAuthors(authors: Author[], { mostAuthors = MOST_AUTHORS }: CardPage): Author[] {
	if (authors.length <= mostAuthors) return authors;
	const groups = authors.filter(({ kind }) => kind === 'group').slice(0, mostAuthors);
	const room = mostAuthors - groups.length;
	return [...groups, ...authors.filter(({ kind }) => kind === 'person').slice(0, room)];
}

function familyFirst(author: Author & { kind: 'person' }): string {
	return [wholeFamily(author), author.given, author.suffix].filter(Boolean).join(', ');
}

function schemaAuthor(author: Author): object {
	const affiliation = author.affiliations.map((name) => ({ '@type': 'Organization', name }));
	if (author.kind === 'group')
		return compact({ '@type': 'Organization', name: author.name, parentOrganization: affiliation });
	return compact({
		'@type': 'Person',
		name: fullName(author),
		givenName: author.given,
		familyName: wholeFamily(author),
		honorificSuffix: author.suffix,
		'@id': author.orcid && `https://orcid.org/${author.orcid}`,
		affiliation
	});
}
