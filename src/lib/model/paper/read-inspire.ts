/** Records of INSPIRE's REST API. Sources: github.com/inspirehep/rest-api-doc, inspire-schemas' hep.yml. */
import { readArxiv, readDoi } from './identifiers.ts';
import { readLicence } from './licence.ts';
import { lineOf, markdownOf, markdownOfLatex } from './markup.ts';
import { authorList, group, isGroupName, readName } from './names.ts';
import { isDate, languageTag, PAPER_LIMITS, type Author, type PaperDraft, type PaperType } from './paper.ts';
import { compact, fieldsOf, listOf, oneLine, tagsOf } from './text.ts';

const TYPES: Record<string, PaperType> = {
	...{
		article: 'article',
		'conference paper': 'conference',
		thesis: 'thesis',
		book: 'book',
		'book chapter': 'chapter'
	},
	...{ proceedings: 'book', report: 'report', note: 'report', 'activity report': 'report' }
};
/** INSPIRE's own keywords are many: as many of them as a reader reads. */
const KEYWORDS = 10;

/** A draft out of one record, or out of the first of a search. Null where there is none. */
export function readInspireRecord(answer: unknown): PaperDraft | null {
	const outer = fieldsOf(answer);
	const [hit] = listOf(fieldsOf(outer.hits).hits);
	const record = fieldsOf(hit ?? outer);
	const data = 'metadata' in record ? fieldsOf(record.metadata) : record;
	const title = titleOf(data);
	if (title === undefined) return null;
	const published = publicationOf(data);
	const eprint = fieldsOf(listOf(data.arxiv_eprints)[0]);
	const arxiv = typeof eprint.value === 'string' ? readArxiv(eprint.value) : null;
	const [texkey] = listOf(data.texkeys);
	return compact<PaperDraft>({
		title,
		authors: authorList([...groupsOf(data), ...listOf(data.authors).map(authorOf)]),
		type: typeOf(data, published !== undefined),
		abstract: abstractOf(data),
		date: dateOf(data, published),
		venue: oneLine(published?.journal_title, PAPER_LIMITS.venue)?.replace(/\.(?=[\p{L}(])/gu, '. '),
		publisher: oneLine(fieldsOf(listOf(data.imprints)[0]).publisher, PAPER_LIMITS.venue),
		volume: oneLine(published?.journal_volume, PAPER_LIMITS.short),
		issue: oneLine(published?.journal_issue, PAPER_LIMITS.short),
		pages: pagesOf(published),
		doi: doiOf(data),
		arxiv: arxiv?.kind === 'arxiv' ? arxiv.id : undefined,
		arxivCategory: categoryOf(eprint.categories),
		inspire: /^[1-9]\d{0,8}$/.test(String(data.control_number)) ? String(data.control_number) : undefined,
		texkey: typeof texkey === 'string' && /^[\w.'-]+:\d{4}[a-z]{2,4}$/.test(texkey) ? texkey : undefined,
		tags: keywordsOf(data),
		licence: listOf(data.license)
			.map(fieldsOf)
			.flatMap(({ license, url }) => [license, url])
			.flatMap((said) => (typeof said === 'string' ? (readLicence(said) ?? []) : []))[0],
		language: languageOf(data)
	});
}

function titleOf(data: Record<string, unknown>): string | undefined {
	const titles = listOf(data.titles).map(fieldsOf);
	// arXiv's has its mathematics as LaTeX
	const { title, subtitle } = titles.find(({ source }) => source === 'arXiv') ?? titles[0] ?? {};
	const main = lineOf(title, PAPER_LIMITS.title);
	const sub = lineOf(subtitle, PAPER_LIMITS.title);
	return main !== undefined && sub !== undefined ? oneLine(`${main}: ${sub}`, PAPER_LIMITS.title) : main;
}

function abstractOf(data: Record<string, unknown>): string | undefined {
	const abstracts = listOf(data.abstracts).map(fieldsOf);
	const arxiv = abstracts.find(({ source }) => source === 'arXiv');
	if (arxiv) return markdownOfLatex(arxiv.value, PAPER_LIMITS.abstract);
	return markdownOf(abstracts[0]?.value, PAPER_LIMITS.abstract);
}

function groupsOf(data: Record<string, unknown>): (Author | undefined)[] {
	const collaborations = listOf(data.collaborations).map((value) => {
		const name = oneLine(fieldsOf(value).value, PAPER_LIMITS.name);
		return group(name && !isGroupName(name) ? `${name} Collaboration` : name);
	});
	return [...collaborations, ...listOf(data.corporate_author).map((name) => group(name))];
}

function authorOf(value: unknown): Author | undefined {
	const { full_name, ids, raw_affiliations, affiliations, inspire_roles } = fieldsOf(value);
	const roles = listOf(inspire_roles);
	if (roles.length > 0 && !roles.includes('author')) return undefined;
	const orcid = listOf(ids)
		.map(fieldsOf)
		.find(({ schema }) => schema === 'ORCID')?.value;
	const places = listOf(raw_affiliations).length > 0 ? raw_affiliations : affiliations;
	return readName(full_name, {
		orcid,
		affiliations: listOf(places).map((place) => lineOf(fieldsOf(place).value, PAPER_LIMITS.affiliation))
	});
}

/** Where it was published first: not an erratum, not a translation. */
function publicationOf(data: Record<string, unknown>): Record<string, unknown> | undefined {
	const all = listOf(data.publication_info).map(fieldsOf);
	return (
		all.find(
			({ journal_title, material }) => journal_title && (material ?? 'publication') === 'publication'
		) ?? all.find(({ journal_title }) => journal_title)
	);
}

function pagesOf(published: Record<string, unknown> | undefined): string | undefined {
	const start = oneLine(published?.page_start, PAPER_LIMITS.short);
	const end = oneLine(published?.page_end, PAPER_LIMITS.short);
	if (start !== undefined) return oneLine(end === undefined ? start : `${start}-${end}`, PAPER_LIMITS.short);
	return oneLine(published?.artid, PAPER_LIMITS.short);
}

function typeOf(data: Record<string, unknown>, published: boolean): PaperType {
	const type = TYPES[String(listOf(data.document_type)[0])] ?? 'other';
	return type === 'article' && !published && listOf(data.arxiv_eprints).length > 0 ? 'preprint' : type;
}

function dateOf(
	data: Record<string, unknown>,
	published: Record<string, unknown> | undefined
): string | undefined {
	const year = published?.year === undefined ? undefined : String(published.year);
	const days = [fieldsOf(listOf(data.imprints)[0]).date, data.preprint_date, data.earliest_date].filter(
		(day): day is string => typeof day === 'string' && isDate(day)
	);
	if (year === undefined || !isDate(year)) return days[0];
	const [imprint] = days;
	return imprint?.startsWith(year) ? imprint : year;
}

function doiOf(data: Record<string, unknown>): string | undefined {
	const dois = listOf(data.dois).map(fieldsOf);
	const { value } =
		dois.find(({ material }) => (material ?? 'publication') === 'publication') ?? dois[0] ?? {};
	const doi = typeof value === 'string' ? readDoi(value) : null;
	return doi?.kind === 'doi' ? doi.id : undefined;
}

function categoryOf(categories: unknown): string | undefined {
	const [first] = listOf(categories);
	return typeof first === 'string' && /^[a-z-]+(\.[A-Za-z-]+)?$/.test(first) ? first : undefined;
}

function keywordsOf(data: Record<string, unknown>): string[] {
	const keywords = listOf(data.keywords).map(fieldsOf);
	const authors = keywords.filter(({ schema }) => schema === undefined);
	return tagsOf((authors.length > 0 ? authors : keywords).map(({ value }) => value)).slice(0, KEYWORDS);
}

function languageOf(data: Record<string, unknown>): string | undefined {
	const [language] = listOf(data.languages);
	return typeof language === 'string' ? languageTag(language) : undefined;
}
