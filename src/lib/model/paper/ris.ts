/** RIS, as Zotero, EndNote and Mendeley read it. Source: "RIS Format Specifications" (ResearchSoft), and how these programs read it. */
import { dateParts, pageRange } from './date-words.ts';
import { identifierUrl } from './identifiers.ts';
import { wholeFamily } from './names.ts';
import type { Author, Paper, PaperType } from './paper.ts';

const TYPES: Record<PaperType, string> = {
	...{
		article: 'JOUR',
		preprint: 'UNPB',
		conference: 'CPAPER',
		chapter: 'CHAP',
		book: 'BOOK',
		thesis: 'THES'
	},
	...{ report: 'RPRT', software: 'COMP', dataset: 'DATA', other: 'GEN' }
};

/** One record. Lines end in CR LF, as the specification wants it. */
export function risOf(paper: Paper, cardUrl?: string): string {
	const { first, last } = paper.pages === undefined ? {} : pageRange(paper.pages);
	const [year, month = '', day = ''] = paper.date === undefined ? [] : dateParts(paper.date);
	const arxiv = paper.arxiv === undefined ? undefined : identifierUrl({ kind: 'arxiv', id: paper.arxiv });
	const lines: [tag: string, value: string | undefined][] = [
		['TY', TYPES[paper.type ?? (paper.venue ? 'article' : 'other')]],
		...paper.authors.map((author): [string, string] => ['AU', authorText(author)]),
		['TI', paper.title],
		['T2', paper.venue],
		['AB', paper.abstract],
		['PY', year],
		['DA', year && `${year}/${month}/${day}`.replace(/\/+$/, '')],
		['VL', paper.volume],
		['IS', paper.issue],
		['SP', first],
		['EP', last],
		['PB', paper.publisher],
		['DO', paper.doi],
		['UR', paper.paperUrl ?? (paper.doi ? undefined : (arxiv ?? cardUrl))],
		['M1', paper.arxiv && `arXiv:${paper.arxiv}`],
		...(paper.tags ?? []).map((tag): [string, string] => ['KW', tag]),
		['LA', paper.language],
		['ER', '']
	];
	return lines
		.filter(([tag, value]) => tag === 'ER' || (value !== undefined && value !== ''))
		.map(([tag, value]) => `${tag}  - ${value!.replace(/\s+/g, ' ')}\r\n`)
		.join('');
}

/** `van der Waals, Johannes, Jr.`; a comma in a part would start the next one. */
function authorText(author: Author): string {
	if (author.kind === 'group') return author.name.replace(/,/g, ' ');
	return [wholeFamily(author), author.given ?? (author.suffix && ''), author.suffix]
		.filter((part) => part !== undefined)
		.map((part) => part.replace(/,/g, ' '))
		.join(', ');
}
