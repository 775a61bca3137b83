/**
 * A citation as a line of text, after the APA's manual (7th edition): `Aad, G., & Abbott, B. (2012). Title. Venue, 716(1), 1–29.
 * https://doi.org/…`. What the manual sets in italics is plain here. More than 20 persons: those of a collaboration are cited as the
 * collaboration, others as the first 19, an ellipsis and the last.
 */
import { identifierUrl } from './identifiers.ts';
import { initials, wholeFamily } from './names.ts';
import { yearOf, type Author, type Paper } from './paper.ts';

const MOST = 20;

export function citationOf(paper: Paper, cardUrl?: string): string {
	const year = paper.date === undefined ? 'n.d.' : String(yearOf(paper.date));
	const ids = [
		paper.doi === undefined ? undefined : identifierUrl({ kind: 'doi', id: paper.doi }),
		paper.paperUrl,
		paper.arxiv === undefined ? undefined : identifierUrl({ kind: 'arxiv', id: paper.arxiv }),
		cardUrl
	];
	return [
		`${ended(authorsText(paper.authors))} (${year}).`,
		ended(paper.title),
		sourceOf(paper),
		ids.find((url) => url !== undefined)
	]
		.filter(Boolean)
		.join(' ');
}

/** The authors alone, as citations name them. */
export function authorsText(authors: Author[]): string {
	const groups = authors.filter(({ kind }) => kind === 'group');
	const cited = authors.length > MOST && groups.length > 0 ? groups : authors;
	const names = cited.map(authorText);
	if (names.length > MOST) return `${names.slice(0, MOST - 1).join(', ')}, … ${names.at(-1)!}`;
	if (names.length < 2) return names.join('');
	// two groups have no comma before the sign
	const comma = names.length === 2 && cited[0]!.kind === 'group' ? '' : ',';
	return `${names.slice(0, -1).join(', ')}${comma} & ${names.at(-1)!}`;
}

function authorText(author: Author): string {
	if (author.kind === 'group') return author.name;
	const family = wholeFamily(author);
	const given = author.given && initials(author.given);
	return [family, given, author.suffix && ended(author.suffix)].filter(Boolean).join(', ');
}

function sourceOf({ venue, publisher, volume, issue, pages, arxiv, type }: Paper): string {
	const preprint = venue === undefined && arxiv !== undefined ? `arXiv:${arxiv}` : undefined;
	const number = volume === undefined ? issue && `(${issue})` : `${volume}${issue ? `(${issue})` : ''}`;
	const parts = [venue ?? preprint, number, pages?.replace(/(?<=\w)-(?=\w)/, '–')].filter(Boolean);
	const source = parts.length ? ended(parts.join(', ')) : '';
	const names = type !== 'article' && publisher !== undefined && publisher !== venue && publisher !== 'arXiv';
	return [source, names ? ended(publisher) : ''].filter(Boolean).join(' ');
}

function ended(text: string): string {
	return /[.?!…]$/.test(text) ? text : `${text}.`;
}
