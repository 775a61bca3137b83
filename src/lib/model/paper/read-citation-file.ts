/** `CITATION.cff`, version 1.2. Source: the Citation File Format's schema guide. */
import { readArxiv, readDoi, readIdentifier } from './identifiers.ts';
import { readLicence } from './licence.ts';
import { authorList, group, person } from './names.ts';
import { isDate, mergeDrafts, PAPER_LIMITS, type Author, type PaperDraft, type PaperType } from './paper.ts';
import { compact, fieldsOf, listOf, markdown, oneLine, tagsOf, webAddress } from './text.ts';
import { dateText, readYaml } from './yaml-text.ts';

const TYPES: Record<string, PaperType> = {
	...{
		article: 'article',
		'magazine-article': 'article',
		'newspaper-article': 'article',
		unpublished: 'preprint'
	},
	...{ manual: 'report', report: 'report', 'conference-paper': 'conference', conference: 'conference' },
	...{
		proceedings: 'book',
		book: 'book',
		'edited-work': 'book',
		thesis: 'thesis',
		data: 'dataset',
		dataset: 'dataset'
	},
	...{
		database: 'dataset',
		software: 'software',
		'software-code': 'software',
		'software-container': 'software'
	}
};

/**
 * A draft out of the file. Where it names a preferred citation, that is the paper, and the file's own fields fill the gaps: where
 * the code is, tags, the abstract; but never an identifier of the software for the paper.
 */
export function readCitationFile(text: string): { draft: PaperDraft } | { fault: string } {
	const read = readYaml(text);
	if ('fault' in read) return read;
	const file = fieldsOf(read.value);
	if (file['cff-version'] === undefined || file.title === undefined)
		return { fault: 'It is no CITATION.cff: cff-version and title are missing.' };
	const software = draftOf(file);
	const preferred = fieldsOf(file['preferred-citation']);
	if (preferred.title === undefined) return { draft: software };
	const { abstract, tags, codeUrl } = software;
	return { draft: mergeDrafts(draftOf(preferred), compact<PaperDraft>({ abstract, tags, codeUrl })) };
}

function draftOf(fields: Record<string, unknown>): PaperDraft {
	const identifiers = listOf(fields.identifiers).map(fieldsOf);
	const named = [
		fields.doi,
		...identifiers.filter(({ type }) => type === 'doi').map(({ value }) => value),
		...identifiers.filter(({ type }) => type !== 'doi').map(({ value }) => value)
	].flatMap((value) => (typeof value === 'string' ? (readDoi(value) ?? readIdentifier(value) ?? []) : []));
	const doi = named.find(({ kind }) => kind === 'doi')?.id;
	const arxiv = named.find(({ kind }) => kind === 'arxiv')?.id ?? arxivOf(fields);
	const type = TYPES[String(fields.type ?? 'software')] ?? 'other';
	const code = [fields['repository-code'], fields.repository]
		.map(webAddress)
		.find((url) => url !== undefined);
	return compact<PaperDraft>({
		title: oneLine(fields.title, PAPER_LIMITS.title),
		authors: authorList(listOf(fields.authors).map(authorOf)),
		type: type === 'article' && fields.journal === undefined && arxiv !== undefined ? 'preprint' : type,
		abstract: markdown(fields.abstract, PAPER_LIMITS.abstract),
		date: dateOf(fields),
		venue: oneLine(
			fields.journal ?? fields['collection-title'] ?? fieldsOf(fields.conference).name,
			PAPER_LIMITS.venue
		),
		publisher: oneLine(fieldsOf(fields.publisher).name, PAPER_LIMITS.venue),
		volume: oneLine(fields.volume, PAPER_LIMITS.short),
		issue: oneLine(fields.issue, PAPER_LIMITS.short),
		pages: pagesOf(fields),
		doi,
		arxiv,
		paperUrl: doi === undefined && arxiv === undefined ? webAddress(fields.url) : undefined,
		codeUrl: code ?? (type === 'software' ? webAddress(fields.url) : undefined),
		tags: tagsOf(listOf(fields.keywords)),
		licence: readLicence(listOf(fields.license).filter(isText).join(' OR '))
	});
}

function authorOf(value: unknown): Author | undefined {
	const author = fieldsOf(value);
	const extras = { orcid: author.orcid, affiliations: listOf(author.affiliation) };
	if (author.name !== undefined) return group(author.name, extras);
	return person(
		{
			family: author['family-names'] ?? author.alias,
			given: author['given-names'],
			particle: author['name-particle'],
			suffix: author['name-suffix']
		},
		extras
	);
}

function dateOf(fields: Record<string, unknown>): string | undefined {
	const released = dateText(fields['date-published'] ?? fields['date-released'] ?? fields['issue-date']);
	if (released !== undefined && isDate(released)) return released;
	const month = String(fields.month ?? '').padStart(2, '0');
	const text = [`${String(fields.year)}-${month}`, String(fields.year)].find(isDate);
	return text;
}

function pagesOf({ start, end, pages }: Record<string, unknown>): string | undefined {
	if (start === undefined) return oneLine(pages, PAPER_LIMITS.short);
	return oneLine(end === undefined ? start : `${String(start)}-${String(end)}`, PAPER_LIMITS.short);
}

/** Many name arXiv as the journal, or only by its address. */
function arxivOf({ url, journal, number }: Record<string, unknown>): string | undefined {
	const read = isText(url) ? readIdentifier(url) : null;
	if (read?.kind === 'arxiv') return read.id;
	for (const said of [journal, number]) {
		const [, id] = /arxiv:?\s*(\S+)/i.exec(isText(said) ? said : '') ?? [];
		const arxiv = id === undefined ? null : readArxiv(id);
		if (arxiv) return arxiv.id;
	}
	return undefined;
}

function isText(value: unknown): value is string {
	return typeof value === 'string';
}
