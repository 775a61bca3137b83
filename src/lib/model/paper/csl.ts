/** CSL JSON, as Zotero and pandoc read it. Source: citation-style-language's csl-data.json. */
import { dateParts } from './date-words.ts';
import { identifierUrl } from './identifiers.ts';
import { bibtexKey } from './bibtex.ts';
import { compact } from './text.ts';
import type { Author, Paper, PaperType } from './paper.ts';

export interface CslItem {
	id: string;
	type: string;
	title: string;
	author: (
		| { family: string; given?: string; 'non-dropping-particle'?: string; suffix?: string }
		| { literal: string }
	)[];
	issued?: { 'date-parts': [number[]] };
	[field: string]: unknown;
}

const TYPES: Record<PaperType, string> = {
	...{ article: 'article-journal', preprint: 'article', conference: 'paper-conference', chapter: 'chapter' },
	...{
		book: 'book',
		thesis: 'thesis',
		report: 'report',
		software: 'software',
		dataset: 'dataset',
		other: 'document'
	}
};

/** One item; a file of CSL JSON is a list of them. */
export function cslOf(paper: Paper, cardUrl?: string): CslItem {
	const arxiv = paper.arxiv === undefined ? undefined : identifierUrl({ kind: 'arxiv', id: paper.arxiv });
	const doi = paper.doi === undefined ? undefined : identifierUrl({ kind: 'doi', id: paper.doi });
	return compact<CslItem>({
		id: bibtexKey(paper),
		type: TYPES[paper.type ?? (paper.venue ? 'article' : 'other')],
		title: paper.title,
		author: paper.authors.map(authorOf),
		issued: paper.date === undefined ? undefined : { 'date-parts': [dateParts(paper.date).map(Number)] },
		'container-title': paper.venue,
		publisher: paper.publisher,
		volume: paper.volume,
		issue: paper.issue,
		page: paper.pages,
		DOI: paper.doi,
		number: paper.arxiv === undefined ? undefined : `arXiv:${paper.arxiv}`,
		URL: paper.paperUrl ?? doi ?? arxiv ?? cardUrl,
		abstract: paper.abstract,
		keyword: paper.tags?.join(', '),
		language: paper.language
	});
}

function authorOf(author: Author): CslItem['author'][number] {
	if (author.kind === 'group') return { literal: author.name };
	const { family, given, particle, suffix } = author;
	return compact({ family, given, 'non-dropping-particle': particle, suffix });
}
