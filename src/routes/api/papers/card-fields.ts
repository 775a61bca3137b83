/** What comes in about papers, and what goes out. */
import * as v from 'valibot';
import { MOST_ALTERNATIVE, SORTS, type CardEntry } from '#lib/model/paper/card.ts';
import { paperSchema } from '#lib/model/paper/paper.ts';
import { SUGGESTION_WORDS } from '#lib/model/paper/suggestion.ts';
import { DATA_LIMITS } from '#lib/model/paper/repository.ts';

/** Room for the authors of a large collaboration. */
export const BODY_BYTES = 6 * 1024 * 1024;
/** The same with a picture, as base64, beyond the limit that it has: what is too large is told in its own words. */
export const PUBLICATION_BYTES = 14 * 1024 * 1024;

const visibility = v.picklist(['draft', 'public'], 'must be draft or public');

const alternative = v.pipe(
	v.string(),
	v.transform((text) => text.replace(/\p{Cc}+/gu, ' ').trim()),
	v.minLength(1, 'must say what the plot shows'),
	v.maxLength(MOST_ALTERNATIVE, `must have at most ${MOST_ALTERNATIVE} characters`)
);

/** An output by its place, or a picture that comes along. */
const plot = v.pipe(
	v.object({
		cell: v.optional(v.pipe(v.string(), v.maxLength(64))),
		output: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
		data: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]+={0,2}$/, 'must be base64'))),
		alternative
	}),
	v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
		const { cell, output, data, alternative: words } = value;
		if (data !== undefined && cell === undefined && output === undefined)
			return { upload: new Uint8Array(Buffer.from(data, 'base64')), alternative: words };
		if (data === undefined && cell !== undefined && output !== undefined)
			return { cell, output, alternative: words };
		addIssue({ message: 'must have cell and output, or data' });
		return NEVER;
	})
);

const fields = {
	paper: paperSchema,
	plot: v.optional(v.nullable(plot), null),
	visibility: v.optional(visibility, 'public')
};

export const publication = v.object(fields);

const line = v.pipe(v.string(), v.maxLength(2_000));
const path = v.pipe(v.string(), v.maxLength(1_000));

export const repositoryPublication = v.pipe(
	v.object({
		...fields,
		repository: v.object({
			url: line,
			commit: v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'must be a whole commit')),
			ref: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(200))), null),
			folder: v.optional(path, ''),
			entry: path,
			// one more than fits is told in its own words
			files: v.optional(v.pipe(v.array(path), v.maxLength(10 * DATA_LIMITS.files)), () => [])
		}),
		card: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(100))), null)
	}),
	v.transform(({ repository, ...rest }) => ({ ...rest, ...repository }))
);

export const repositoryQuery = v.object({
	url: v.pipe(line, v.trim()),
	ref: v.optional(v.pipe(v.string(), v.maxLength(200))),
	folder: v.optional(path),
	entry: v.optional(path)
});

/** What people write to each other, as plain text of several lines. */
const words = (most: number) =>
	v.pipe(
		v.string(),
		v.transform((text) => text.replace(/[^\P{Cc}\n]+/gu, ' ').trim()),
		v.maxLength(most, `must have at most ${most} characters`)
	);

/** What an administrator says of a card. Who is refused hears why. */
export const decision = v.pipe(
	v.object({
		decision: v.picklist(['accept', 'refuse'], 'must be accept or refuse'),
		words: v.optional(words(2_000), '')
	}),
	v.forward(
		v.check(
			({ decision: said, words: why }) => said === 'accept' || why !== '',
			'must tell the owners why it is refused'
		),
		['words']
	)
);

export const suggestion = v.object({
	words: v.pipe(words(SUGGESTION_WORDS), v.minLength(1, 'must say what it is for'))
});

export const suggestionDecision = v.object({
	decision: v.picklist(['take', 'decline'], 'must be take or decline'),
	words: v.optional(words(SUGGESTION_WORDS), '')
});

export const cardChange = v.object({ paper: v.optional(paperSchema), visibility: v.optional(visibility) });

const page = v.pipe(v.string(), v.regex(/^[1-9]\d{0,5}$/, 'must be a number'), v.transform(Number));

export const galleryQuery = v.pipe(
	v.object({
		q: v.optional(v.pipe(v.string(), v.maxLength(200)), ''),
		tag: v.optional(v.pipe(v.string(), v.maxLength(100))),
		sort: v.optional(v.picklist(SORTS), 'newest'),
		page: v.optional(page, '1')
	}),
	v.transform(({ q, tag, ...rest }) => ({
		...rest,
		search: q.trim(),
		tag: tag?.replaceAll('\u0000', '') || null
	}))
);

/** A card with its address. */
export function withUrl<T extends CardEntry>(card: T, origin: string): T & { url: string } {
	return { ...card, url: `${origin}/papers/${card.slug}/v/${card.number}` };
}

/** The number in an address; 0, which no version has, for what is none. */
export function versionNumber(text: string): number {
	return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0;
}
