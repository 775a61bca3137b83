/**
 * CSL JSON, as doi.org's content negotiation answers for Crossref and DataCite (and Crossref's REST API, whose fields are lists).
 * Sources: citation-style-language's csl-data.json, crosscite.org/docs.html, api.crossref.org's format page.
 */
import { readDoi } from './identifiers.ts';
import { readLicence } from './licence.ts';
import { lineOf, markdownOf } from './markup.ts';
import { authorList, group, isGroupName, person, readName } from './names.ts';
import { isDate, languageTag, PAPER_LIMITS, type Author, type PaperDraft, type PaperType } from './paper.ts';
import { compact, fieldsOf, listOf, oneLine, tagsOf, webAddress } from './text.ts';

const TYPES: Record<string, PaperType> = {
	...{
		'journal-article': 'article',
		'article-journal': 'article',
		'article-magazine': 'article',
		review: 'article'
	},
	...{ 'posted-content': 'preprint', preprint: 'preprint', article: 'preprint', manuscript: 'preprint' },
	...{ 'proceedings-article': 'conference', 'paper-conference': 'conference', speech: 'conference' },
	...{
		'book-chapter': 'chapter',
		chapter: 'chapter',
		'book-section': 'chapter',
		'reference-entry': 'chapter'
	},
	...{
		book: 'book',
		monograph: 'book',
		'edited-book': 'book',
		'reference-book': 'book',
		proceedings: 'book'
	},
	...{ dissertation: 'thesis', thesis: 'thesis', report: 'report', 'report-component': 'report' },
	...{ software: 'software', dataset: 'dataset' }
};

/** A draft out of one CSL JSON object (or an answer of Crossref's REST API); null where there is no title in it. */
export function readCsl(answer: unknown): PaperDraft | null {
	const outer = fieldsOf(answer);
	const csl = 'message' in outer ? fieldsOf(outer.message) : outer;
	const title = titleOf(csl);
	if (title === undefined) return null;
	const doi = typeof csl.DOI === 'string' ? readDoi(csl.DOI) : null;
	const pages = oneLine(csl.page, PAPER_LIMITS.short) ?? oneLine(csl['article-number'], PAPER_LIMITS.short);
	const venue = lineOf(listOf(csl['container-title'])[0], PAPER_LIMITS.venue);
	return compact<PaperDraft>({
		title,
		authors: authorList(listOf(csl.author).map(authorOf)),
		type: typeOf(csl, doi?.kind === 'arxiv'),
		abstract: markdownOf(csl.abstract, PAPER_LIMITS.abstract),
		date: dateOf(csl),
		venue: venue ?? lineOf(listOf(fieldsOf(csl.event).name)[0], PAPER_LIMITS.venue),
		publisher: lineOf(csl.publisher, PAPER_LIMITS.venue),
		volume: oneLine(csl.volume, PAPER_LIMITS.short),
		issue: oneLine(csl.issue, PAPER_LIMITS.short),
		pages: pages?.replace(/\s*[‐-―−]\s*/, '-'),
		doi: doi?.kind === 'doi' ? doi.id : undefined,
		arxiv: doi?.kind === 'arxiv' ? doi.id : undefined,
		paperUrl: doi ? undefined : webAddress(csl.URL),
		tags: tagsOf([
			...listOf(csl.keyword).flatMap(splitKeywords),
			...listOf(csl.categories),
			...listOf(csl.subject)
		]),
		licence: licenceOf(csl),
		language: typeof csl.language === 'string' ? languageTag(csl.language) : undefined
	});
}

function titleOf(csl: Record<string, unknown>): string | undefined {
	const title = lineOf(listOf(csl.title)[0], PAPER_LIMITS.title);
	const subtitle = lineOf(listOf(csl.subtitle)[0], PAPER_LIMITS.title);
	if (title === undefined || subtitle === undefined || title.includes(subtitle)) return title;
	return oneLine(`${title}${/[:?!.]$/.test(title) ? '' : ':'} ${subtitle}`, PAPER_LIMITS.title);
}

function authorOf(value: unknown): Author | undefined {
	const { family, given, suffix, literal, name, ORCID, affiliation, ...rest } = fieldsOf(value);
	const extras = {
		orcid: ORCID,
		affiliations: listOf(affiliation).map((each) =>
			typeof each === 'string'
				? lineOf(each, PAPER_LIMITS.affiliation)
				: lineOf(fieldsOf(each).name, PAPER_LIMITS.affiliation)
		)
	};
	if (family === undefined && given === undefined) {
		if (typeof literal === 'string') return readName(literal, extras);
		// Crossref: only groups have a name of one part
		return group(lineOf(name, PAPER_LIMITS.name), extras);
	}
	// DataCite splits the names of groups like those of persons
	const whole = lineOf(
		[given, family].filter((part) => typeof part === 'string').join(' '),
		PAPER_LIMITS.name
	);
	if (whole && isGroupName(whole) && isGroupName(String(family ?? given))) return group(whole, extras);
	const particle = rest['non-dropping-particle'] ?? rest['dropping-particle'];
	return person(
		{
			family: lineOf(family, PAPER_LIMITS.name),
			given: lineOf(given, PAPER_LIMITS.name),
			particle,
			suffix
		},
		extras
	);
}

function typeOf(csl: Record<string, unknown>, arxiv: boolean): PaperType | undefined {
	if (typeof csl.type !== 'string') return undefined;
	if (arxiv) return 'preprint';
	if (csl.type === 'article' && listOf(csl['container-title']).length > 0) return 'article';
	return TYPES[csl.type] ?? 'other';
}

/** The day of publication: the most exact among the dates of the year in which it was issued. */
function dateOf(csl: Record<string, unknown>): string | undefined {
	const dates = ['issued', 'published', 'published-print', 'published-online', 'posted', 'created'].flatMap(
		(name) => datePartsOf(csl[name]) ?? []
	);
	const [issued] = dates;
	return dates
		.filter((date) => date.startsWith(issued!.slice(0, 4)))
		.reduce<string | undefined>(
			(best, date) => (best === undefined || date.length > best.length ? date : best),
			undefined
		);
}

function datePartsOf(value: unknown): string | undefined {
	const fields = fieldsOf(value);
	const [parts] = listOf(fields['date-parts']);
	if (Array.isArray(parts)) {
		const numbers = parts.map(Number);
		for (let count = Math.min(3, numbers.length); count > 0; count -= 1) {
			const text = numbers
				.slice(0, count)
				.map((number, at) => String(number).padStart(at === 0 ? 4 : 2, '0'))
				.join('-');
			if (isDate(text)) return text;
		}
	}
	const [raw] = /^\d{4}(-\d{2}(-\d{2})?)?/.exec(String(fields.raw ?? fields.literal ?? '')) ?? [];
	return raw !== undefined && isDate(raw) ? raw : undefined;
}

/** Crossref lists licences with the version they are for; what the article of record has goes first. DataCite says a copyright. */
function licenceOf(csl: Record<string, unknown>): string | undefined {
	const listed = listOf(csl.license).map(fieldsOf);
	const order = ['vor', 'unspecified', 'am', 'tdm'];
	const sorted = listed.toSorted(
		(one, other) =>
			order.indexOf(String(one['content-version'])) - order.indexOf(String(other['content-version']))
	);
	for (const said of [...sorted.map(({ URL: url }) => url), csl.copyright, csl.license]) {
		const licence = typeof said === 'string' ? readLicence(said) : undefined;
		if (licence) return licence;
	}
	return undefined;
}

function splitKeywords(value: unknown): unknown[] {
	return typeof value === 'string' ? value.split(/\s*[,;]\s*/) : [];
}
