/** The front matter of MyST: YAML between lines of dashes, at the start of a Markdown file or of a notebook's first cell. Source: mystmd's docs/frontmatter.md. */
import { readArxiv, readDoi, readIdentifier, type Identifier } from './identifiers.ts';
import { readLicence } from './licence.ts';
import { authorList, person, readName } from './names.ts';
import { isDate, languageTag, mergeDrafts, PAPER_LIMITS, type Author, type PaperDraft } from './paper.ts';
import { compact, fieldsOf, listOf, markdown, oneLine, tagsOf, webAddress } from './text.ts';
import { dateText, readYaml } from './yaml-text.ts';

/** A cell as far as it is looked at. */
export interface NotebookCell {
	type: 'markdown' | 'code' | 'raw';
	source: string;
	tags?: readonly string[];
}

/** A draft out of a Markdown text, and what comes behind the front matter. Without front matter the draft is empty. */
export function readFrontMatter(text: string): { draft: PaperDraft; body: string } | { fault: string } {
	const [whole, yaml] = /^\ufeff?\s*---[^\S\n]*\r?\n([^]*?\r?\n)?---[^\S\n]*(?:\r?\n|$)/.exec(text) ?? [];
	if (whole === undefined) return { draft: {}, body: text };
	const read = readYaml(yaml ?? '');
	if ('fault' in read) return { fault: `Front matter: ${read.fault}` };
	return { draft: draftOf(fieldsOf(read.value)), body: text.slice(whole.length) };
}

/** A draft out of `myst.yml`: what its `project` says, which is written as front matter is. */
export function readMystConfig(text: string): { draft: PaperDraft } | { fault: string } {
	const read = readYaml(text);
	if ('fault' in read) return read;
	return { draft: draftOf(fieldsOf(fieldsOf(read.value).project)) };
}

/**
 * A draft out of a notebook: the front matter of its first cell, the cell with the tag `abstract`, and its first heading for a
 * title where nothing else says one.
 */
export function readNotebookFrontMatter(
	cells: readonly NotebookCell[]
): { draft: PaperDraft } | { fault: string } {
	const [first] = cells;
	const read = first && first.type !== 'code' ? readFrontMatter(first.source) : { draft: {}, body: '' };
	if ('fault' in read) return read;
	const part = cells.find(({ type, tags }) => type === 'markdown' && tags?.includes('abstract'));
	const sources = [
		read.body,
		...cells.slice(1).flatMap(({ type, source }) => (type === 'markdown' ? [source] : []))
	];
	const lines = sources.flatMap((source) => source.split('\n', 1_000));
	const heading = lines.find((line) => /^#\s+\S/.test(line))?.slice(1, PAPER_LIMITS.title * 2);
	return {
		draft: mergeDrafts(
			read.draft,
			compact<PaperDraft>({
				abstract: markdown(part?.source.replace(/^#+\s*abstract\s*$/im, ''), PAPER_LIMITS.abstract),
				title: oneLine(heading?.replace(/[*_`]|#+\s*$/g, ''), PAPER_LIMITS.title)
			})
		)
	};
}

function draftOf(fields: Record<string, unknown>): PaperDraft {
	const affiliations = new Map(
		listOf(fields.affiliations).map((value) => [String(fieldsOf(value).id ?? ''), affiliationName(value)])
	);
	const venue = fieldsOf(fields.venue);
	const date = dateText(fields.date);
	const title = oneLine(fields.title, PAPER_LIMITS.title);
	const subtitle = oneLine(fields.subtitle, PAPER_LIMITS.title);
	const doi = identifier(fields.doi, readDoi) ?? identifier(fields.doi, readIdentifier);
	const arxiv = identifier(fields.arxiv, readArxiv) ?? identifier(fields.arxiv, readIdentifier);
	const license = fieldsOf(fields.license ?? fields.licence);
	const said = license.content ?? license.id ?? fields.license ?? fields.licence;
	return compact<PaperDraft>({
		title: title && subtitle ? oneLine(`${title}: ${subtitle}`, PAPER_LIMITS.title) : title,
		authors: authorList(
			listOf(fields.authors ?? fields.author).map((author) => authorOf(author, affiliations))
		),
		abstract: abstractOf(fields),
		date: date !== undefined && isDate(date) ? date : undefined,
		venue: oneLine(venue.title ?? venue.short_title ?? fields.venue, PAPER_LIMITS.venue),
		volume: oneLine(fieldsOf(fields.volume).number ?? fields.volume, PAPER_LIMITS.short),
		issue: oneLine(fieldsOf(fields.issue).number ?? fields.issue, PAPER_LIMITS.short),
		pages: pagesOf(fields),
		doi: doi?.kind === 'doi' ? doi.id : undefined,
		arxiv: arxiv?.kind === 'arxiv' ? arxiv.id : doi?.kind === 'arxiv' ? doi.id : undefined,
		codeUrl: codeOf(fields),
		tags: tagsOf([...listOf(fields.keywords ?? fields.keyword), ...listOf(fields.tags)].flatMap(splitTags)),
		licence: typeof said === 'string' ? readLicence(said) : undefined,
		language: typeof fields.language === 'string' ? languageTag(fields.language) : undefined
	});
}

function authorOf(value: unknown, known: Map<string, string | undefined>): Author | undefined {
	if (typeof value === 'string') return readName(value);
	const author = fieldsOf(value);
	const extras = {
		orcid: author.orcid,
		affiliations: [...listOf(author.affiliations), ...listOf(author.affiliation)]
			.flatMap((each) => (typeof each === 'string' ? each.split(/\s*;\s*/) : [each]))
			.map((each) => (typeof each === 'string' ? (known.get(each) ?? each) : affiliationName(each)))
	};
	const parts = fieldsOf(author.name);
	if (parts.family !== undefined || parts.given !== undefined) {
		const particle = parts.non_dropping_particle ?? parts.dropping_particle;
		return person({ family: parts.family, given: parts.given, particle, suffix: parts.suffix }, extras);
	}
	return readName(parts.literal ?? author.name ?? author.literal, extras);
}

function affiliationName(value: unknown): string | undefined {
	if (typeof value === 'string') return oneLine(value, PAPER_LIMITS.affiliation);
	const { name, institution, department, city, country } = fieldsOf(value);
	const parts = [department, name ?? institution, city, country].filter((part) => typeof part === 'string');
	return oneLine(parts.join(', '), PAPER_LIMITS.affiliation);
}

/** As a part of the document, as MyST wants it, or as many write it. */
function abstractOf(fields: Record<string, unknown>): string | undefined {
	const [part] = listOf(fieldsOf(fields.parts).abstract ?? fields.abstract ?? fields.description);
	return markdown(part, PAPER_LIMITS.abstract);
}

function pagesOf({ first_page, last_page, pages }: Record<string, unknown>): string | undefined {
	if (first_page === undefined) return oneLine(pages, PAPER_LIMITS.short);
	return oneLine(
		last_page === undefined ? first_page : `${String(first_page)}-${String(last_page)}`,
		PAPER_LIMITS.short
	);
}

function codeOf(fields: Record<string, unknown>): string | undefined {
	const github = oneLine(fields.github, PAPER_LIMITS.url);
	if (github && /^[\w-]+\/[\w.-]+$/.test(github)) return `https://github.com/${github}`;
	return webAddress(github) ?? webAddress(fields.code_url ?? fields.source);
}

function identifier(value: unknown, read: (text: string) => Identifier | null): Identifier | null {
	return typeof value === 'string' || typeof value === 'number' ? read(String(value)) : null;
}

function splitTags(value: unknown): unknown[] {
	return typeof value === 'string' ? value.split(/\s*,\s*/) : [value];
}
