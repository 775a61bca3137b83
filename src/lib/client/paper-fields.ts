/** A paper as the fields of a form: all of them text. */
import * as v from 'valibot';
import { authorLines, readAuthorLines } from '#lib/model/paper/author-lines.ts';
import { readIdentifier } from '#lib/model/paper/identifiers.ts';
import { readLicence } from '#lib/model/paper/licence.ts';
import { paperSchema, type Paper, type PaperDraft } from '#lib/model/paper/paper.ts';

/** The fields that are shown; whatever else a source knew stays as it is. */
const LINES = ['title', 'abstract', 'date', 'venue', 'volume', 'pages', 'doi', 'arxiv'] as const;
const MORE = ['paperUrl', 'codeUrl', 'licence'] as const;

export type PaperFields = Record<(typeof LINES)[number] | (typeof MORE)[number] | 'authors' | 'tags', string>;

export function paperFields(draft: PaperDraft): PaperFields {
	const lines = [...LINES, ...MORE].map((name) => [name, draft[name] ?? '']);
	return {
		...(Object.fromEntries(lines) as PaperFields),
		authors: authorLines(draft.authors ?? []),
		tags: (draft.tags ?? []).join(', ')
	};
}

/** What the fields say with the rest of `draft`, checked; or what is wrong with which field. */
export function readPaperFields(
	fields: PaperFields,
	draft: PaperDraft
): { paper: Paper } | { errors: Partial<Record<keyof PaperFields, string>> } {
	const rest: Record<string, unknown> = { ...draft };
	for (const name of [...LINES, ...MORE]) {
		const text = fields[name].trim();
		if (text === '') delete rest[name];
		else rest[name] = text;
	}
	// As people paste them: with an address, in other letters.
	for (const kind of ['doi', 'arxiv'] as const) {
		const read = readIdentifier(fields[kind]);
		if (read?.kind === kind) rest[kind] = read.id;
	}
	if (rest.licence !== undefined) rest.licence = readLicence(String(rest.licence)) ?? rest.licence;
	const tags = fields.tags.split(',').map((tag) => tag.trim());
	const read = v.safeParse(paperSchema, {
		...rest,
		title: fields.title,
		authors: readAuthorLines(fields.authors),
		tags: [...new Set(tags)].filter(Boolean)
	});
	if (read.success) return { paper: read.output };
	const errors: Record<string, string> = {};
	for (const issue of read.issues) errors[String(issue.path?.[0]?.key)] ??= sentence(issue.message);
	return { errors };
}

function sentence(words: string): string {
	return `${words[0]!.toLocaleUpperCase('en')}${words.slice(1)}.`;
}
