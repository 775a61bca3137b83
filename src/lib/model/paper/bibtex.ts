/** BibTeX, with biblatex's fields for arXiv (eprint). Source: the BibTeX manual (btxdoc), the biblatex manual, section 2. */
import { dateParts } from './date-words.ts';
import { identifierUrl } from './identifiers.ts';
import { splitMaths, textToLatex } from './latex.ts';
import { wholeFamily } from './names.ts';
import { yearOf, type Author, type Paper, type PaperType } from './paper.ts';

export interface BibtexOptions {
	/** Write letters beyond ASCII as commands, for BibTeX of old. Otherwise they stay UTF-8, for biblatex and biber. */
	ascii?: boolean;
	/** Where the card is: the `url` where the paper has neither DOI nor arXiv identifier. */
	cardUrl?: string;
	/** Keys that are taken already: the entry gets another. */
	taken?: Iterable<string>;
}

const ENTRIES: Record<PaperType, string> = {
	...{
		article: 'article',
		preprint: 'misc',
		conference: 'inproceedings',
		chapter: 'incollection',
		book: 'book'
	},
	...{ thesis: 'phdthesis', report: 'techreport', software: 'misc', dataset: 'misc', other: 'misc' }
};
/** What the venue is called, by the kind of entry. */
const VENUES: Record<string, string> = {
	...{ article: 'journal', inproceedings: 'booktitle', incollection: 'booktitle', book: 'series' },
	...{ phdthesis: 'school', techreport: 'institution', misc: 'howpublished' }
};
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

/** One entry, with a line feed at its end. */
export function bibtexOf(paper: Paper, { ascii = false, cardUrl, taken }: BibtexOptions = {}): string {
	const entry = ENTRIES[paper.type ?? (paper.venue ? 'article' : 'other')];
	const latex = (text: string | undefined): string | undefined =>
		text === undefined ? undefined : textToLatex(text, ascii);
	const [year, month] = paper.date === undefined ? [] : dateParts(paper.date);
	const groups = paper.authors.filter(({ kind }) => kind === 'group');
	const persons = paper.authors.length > groups.length;
	const fields: [name: string, value: string | undefined][] = [
		['author', paper.authors.map((author) => authorText(author, ascii)).join(' and ')],
		['title', protectedTitle(paper.title, ascii)],
		// INSPIRE's and many styles' own field, beside the authors
		['collaboration', persons ? latex(collaborations(groups)) : undefined],
		[VENUES[entry]!, latex(paper.venue)],
		['publisher', latex(paper.publisher)],
		['volume', latex(paper.volume)],
		['number', latex(paper.issue)],
		['pages', latex(paper.pages)?.replace(/(?<=\w)-(?=\w)/, '--')],
		['year', year],
		['month', month && MONTHS[Number(month) - 1]],
		['doi', paper.doi === undefined ? undefined : verbatim(paper.doi)],
		['eprint', paper.arxiv],
		['archiveprefix', paper.arxiv === undefined ? undefined : 'arXiv'],
		['primaryclass', paper.arxiv === undefined ? undefined : paper.arxivCategory],
		['url', urlOf(paper, cardUrl)],
		['keywords', latex(paper.tags?.join(', '))],
		['langid', paper.language === undefined ? undefined : latex(paper.language)]
	];
	const key = bibtexKey(paper, taken);
	const lines = fields
		.filter(([, value]) => value !== undefined && value !== '')
		// names of months are macros of BibTeX, without braces
		.map(([name, value]) => `  ${name} = ${name === 'month' ? value : `{${value}}`}`);
	return `@${entry}{${key},\n${lines.join(',\n')}\n}\n`;
}

/** INSPIRE's key where there is one, else family name, year and first word of the title; with a letter where it is taken. */
export function bibtexKey({ texkey, authors, date, title }: Paper, taken: Iterable<string> = []): string {
	const [first] = authors;
	const name = first?.kind === 'person' ? first.family : (first?.name.split(' ')[0] ?? 'anonymous');
	const word = asciiWords(title).find((each) => each.length > 2 && !STOP.has(each)) ?? '';
	const made = `${asciiWords(name).join('')}${date === undefined ? '' : yearOf(date)}${word}`;
	const key = texkey ?? (made === '' ? 'paper' : made);
	const others = new Set(taken);
	if (!others.has(key)) return key;
	for (let number = 0; ; number += 1) {
		const next = `${key}-${number < 26 ? String.fromCharCode(97 + number) : number}`;
		if (!others.has(next)) return next;
	}
}

const STOP = new Set('the and for from with into over das der die und les des une'.split(' '));

function asciiWords(text: string): string[] {
	const plain = text
		.replace(
			/[ßøØłŁæÆœŒđĐ]/g,
			(letter) =>
				({ ß: 'ss', ø: 'o', Ø: 'O', ł: 'l', Ł: 'L', æ: 'ae', Æ: 'AE', œ: 'oe', Œ: 'OE', đ: 'd', Đ: 'D' })[
					letter
				]!
		)
		.normalize('NFKD')
		.replace(/\p{M}/gu, '')
		.replace(/\\[a-z]+/gi, ' ');
	return (plain.toLowerCase().match(/[a-z0-9]+/g) ?? []).map((word) => word.slice(0, 40));
}

/** `van der Waals, Jr, Johannes`; a group in braces, that BibTeX does not take it for a person. */
function authorText(author: Author, ascii: boolean): string {
	if (author.kind === 'group') return `{${textToLatex(author.name, ascii)}}`;
	// a comma or an “and” in a part would be read as another part
	const part = (text: string): string => {
		const latex = textToLatex(text, ascii);
		return /,|\sand\s/i.test(text) ? `{${latex}}` : latex;
	};
	const family = author.particle
		? part(wholeFamily(author))
		: // a small letter at the start would make a particle of it
			/^\p{Ll}.*\s/u.test(author.family)
			? `{${part(author.family)}}`
			: part(author.family);
	return [family, author.suffix && part(author.suffix), author.given && part(author.given)]
		.filter(Boolean)
		.join(', ');
}

function collaborations(groups: Author[]): string | undefined {
	const names = groups.flatMap((author) => (author.kind === 'group' ? author.name : []));
	return names.length ? names.map((name) => name.replace(/ Collaboration$/, '')).join(', ') : undefined;
}

/** A title with its capitals and formulas in braces: styles turn the rest to small letters. */
function protectedTitle(title: string, ascii: boolean): string {
	return splitMaths(title)
		.map(({ maths, text }, part) => {
			if (maths) return `{${textToLatex(`$${text}$`)}}`;
			return text
				.split(/(\s+)/)
				.map((word, at) => {
					const latex = textToLatex(word, ascii);
					const first = part === 0 && at === 0;
					const capitals = first ? word.replace(/^\P{L}*\p{Lu}(?=\P{Lu}*$)/u, '') : word;
					return /\p{Lu}/u.test(capitals) ? `{${latex}}` : latex;
				})
				.join('');
		})
		.join('');
}

/** DOIs and addresses are taken as they are; only what would end the field is written otherwise. */
function verbatim(text: string): string {
	return text.replace(/[{}\\]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function urlOf({ paperUrl, doi, arxiv, inspire }: Paper, cardUrl: string | undefined): string | undefined {
	const known = doi !== undefined || arxiv !== undefined;
	const url =
		paperUrl ??
		(known ? undefined : (cardUrl ?? (inspire && identifierUrl({ kind: 'inspire', id: inspire }))));
	return url === undefined ? undefined : verbatim(url);
}
