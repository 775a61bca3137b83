/**
 * What a paper card says about a paper. Every field is plain text: nothing here is ever markup, and whoever shows it escapes
 * it. The title and the abstract may hold mathematics as `$…$`; the abstract is Markdown.
 */
import * as v from 'valibot';
import { isOrcid, readIdentifier } from './identifiers.ts';
import { isLicence } from './licence.ts';

/** The most that a field holds: characters (UTF-16), or entries of a list. */
export const PAPER_LIMITS = {
	title: 500,
	abstract: 20_000,
	/** A paper of ATLAS and CMS together has 5 154. */
	authors: 8_000,
	name: 200,
	affiliation: 500,
	affiliations: 20,
	venue: 300,
	short: 60,
	tag: 50,
	tags: 30,
	url: 2_000,
	/** All authors together as JSON: what keeps long lists of long affiliations out of the database. */
	authorsJson: 4_000_000
} as const;

/** A control character, a surrogate without its partner, or one that turns the direction of what follows. */
const UNWANTED = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;
const UNWANTED_IN_LINES = /[^\P{Cc}\n\t]|[\p{Cs}\u202a-\u202e\u2066-\u2069]/u;

/** One line of text. */
const line = (most: number) =>
	v.pipe(
		v.string(),
		v.trim(),
		v.minLength(1, 'must not be empty'),
		v.maxLength(most, `must have at most ${most} characters`),
		v.check((text) => !UNWANTED.test(text), 'must be one line without control characters')
	);

const httpUrl = v.pipe(
	v.string(),
	v.maxLength(PAPER_LIMITS.url),
	v.check((text) => {
		const url = URL.canParse(text) ? new URL(text) : null;
		return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
	}, 'must be the address of a page: http or https, without a password in it')
);

const identifier = <K extends 'doi' | 'arxiv' | 'inspire'>(kind: K, words: string) =>
	v.pipe(
		v.string(),
		v.maxLength(PAPER_LIMITS.venue),
		v.check((text) => {
			const read = readIdentifier(text);
			return read?.kind === kind && read.id === text;
		}, `must be ${words}`)
	);

const affiliations = v.optional(
	v.pipe(v.array(line(PAPER_LIMITS.affiliation)), v.maxLength(PAPER_LIMITS.affiliations)),
	() => []
);

/** A person. The particle is what sorts before the family name ("van der", "de"); the suffix is "Jr." or "III". */
const personSchema = v.strictObject({
	kind: v.literal('person'),
	family: line(PAPER_LIMITS.name),
	given: v.optional(line(PAPER_LIMITS.name)),
	particle: v.optional(line(PAPER_LIMITS.short)),
	suffix: v.optional(line(PAPER_LIMITS.short)),
	orcid: v.optional(v.pipe(v.string(), v.check(isOrcid, 'must be an ORCID iD like 0000-0002-1825-0097'))),
	affiliations
});

/** A collaboration or an organisation that signs as an author. */
const groupSchema = v.strictObject({ kind: v.literal('group'), name: line(PAPER_LIMITS.name), affiliations });

export const authorSchema = v.variant('kind', [personSchema, groupSchema]);

/** `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, as far as it is known. */
export const paperDate = v.pipe(v.string(), v.check(isDate, 'must be a date: 2012, 2012-09 or 2012-09-17'));

export const PAPER_TYPES = [
	...(['article', 'preprint', 'conference', 'chapter', 'book', 'thesis', 'report'] as const),
	...(['software', 'dataset', 'other'] as const)
];

const optionalFields = {
	type: v.optional(v.picklist(PAPER_TYPES)),
	abstract: v.optional(
		v.pipe(
			v.string(),
			v.trim(),
			v.maxLength(PAPER_LIMITS.abstract, `must have at most ${PAPER_LIMITS.abstract} characters`),
			v.check((text) => !UNWANTED_IN_LINES.test(text), 'must have no control characters')
		)
	),
	date: v.optional(paperDate),
	/** The journal, the proceedings or the book. */
	venue: v.optional(line(PAPER_LIMITS.venue)),
	publisher: v.optional(line(PAPER_LIMITS.venue)),
	volume: v.optional(line(PAPER_LIMITS.short)),
	issue: v.optional(line(PAPER_LIMITS.short)),
	/** `1-29`, or the number of the article where there are no pages. */
	pages: v.optional(line(PAPER_LIMITS.short)),
	/** In lower case, without `https://doi.org/`. */
	doi: v.optional(identifier('doi', 'a DOI like 10.1016/j.physletb.2012.08.020')),
	/** Without a version. */
	arxiv: v.optional(identifier('arxiv', 'an arXiv identifier like 1207.7214 or hep-ex/0406020')),
	/** The primary category, as in `hep-ex`. */
	arxivCategory: v.optional(v.pipe(v.string(), v.regex(/^[a-z-]+(\.[A-Za-z-]+)?$/), v.maxLength(40))),
	/** The number of the record in INSPIRE. */
	inspire: v.optional(identifier('inspire', 'the number of a record in INSPIRE, like 1124337')),
	/** INSPIRE's key for citations, as in `Aad:2012tfa`. */
	texkey: v.optional(v.pipe(v.string(), v.regex(/^[\w.'-]+:\d{4}[a-z]{2,4}$/u), v.maxLength(100))),
	/** Where the paper is read; nothing: where its DOI or arXiv identifier leads. */
	paperUrl: v.optional(httpUrl),
	codeUrl: v.optional(httpUrl),
	tags: v.optional(
		v.pipe(
			v.array(line(PAPER_LIMITS.tag)),
			v.maxLength(PAPER_LIMITS.tags, `must be at most ${PAPER_LIMITS.tags}`)
		)
	),
	/** An SPDX licence identifier, or several with AND, OR and WITH. */
	licence: v.optional(
		v.pipe(
			v.string(),
			v.maxLength(PAPER_LIMITS.venue),
			v.check(isLicence, 'must be an SPDX licence identifier like CC-BY-4.0')
		)
	),
	/** A language tag (BCP 47) in its usual spelling. */
	language: v.optional(
		v.pipe(
			v.string(),
			v.maxLength(35),
			v.check((text) => languageTag(text) === text, 'must be a language tag like en or de-CH')
		)
	)
};

const authors = v.pipe(
	v.array(authorSchema),
	v.maxLength(PAPER_LIMITS.authors, `must be at most ${PAPER_LIMITS.authors}`),
	v.check(
		(list) => JSON.stringify(list).length <= PAPER_LIMITS.authorsJson,
		'are too long all together: leave affiliations out'
	)
);

/** The whole of it: what is published has a title and authors. */
export const paperSchema = v.strictObject({
	title: line(PAPER_LIMITS.title),
	authors: v.pipe(authors, v.minLength(1, 'must be at least one')),
	...optionalFields
});

/** What a source knew: any part of it may be missing. */
export const paperDraftSchema = v.strictObject({
	title: v.optional(line(PAPER_LIMITS.title)),
	authors: v.optional(authors),
	...optionalFields
});

export type Author = v.InferOutput<typeof authorSchema>;
export type Person = Extract<Author, { kind: 'person' }>;
export type Paper = v.InferOutput<typeof paperSchema>;
export type PaperDraft = v.InferOutput<typeof paperDraftSchema>;
export type PaperType = (typeof PAPER_TYPES)[number];

/** Several sources together: for each field the first that has it. A draft without authors does not hide those of the next. */
export function mergeDrafts(...drafts: PaperDraft[]): PaperDraft {
	const merged: Record<string, unknown> = {};
	for (const draft of drafts) {
		for (const [name, value] of Object.entries(draft)) {
			const empty = value === undefined || (Array.isArray(value) && value.length === 0);
			if (!empty && !(name in merged)) merged[name] = value;
		}
	}
	return merged as PaperDraft;
}

/** The year of a date. */
export function yearOf(date: string): number {
	return Number(date.slice(0, 4));
}

/** The usual spelling of a language tag; undefined for what is none. */
export function languageTag(text: string): string | undefined {
	try {
		return Intl.getCanonicalLocales(text.replaceAll('_', '-'))[0];
	} catch {
		return undefined;
	}
}

/** Whether a text is a day, a month or a year that exists. */
export function isDate(text: string): boolean {
	const [, year, month = '01', day = '01'] = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text) ?? [];
	if (year === undefined || Number(year) < 1000) return false;
	const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
	return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(`${year}-${month}-${day}`);
}
