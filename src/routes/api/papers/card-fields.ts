/** What comes in about papers, and what goes out. */
import * as v from 'valibot';
import { MOST_ALTERNATIVE, SORTS, type CardEntry } from '#lib/model/paper/card.ts';
import { paperSchema } from '#lib/model/paper/paper.ts';

/** Room for the authors of a large collaboration. */
export const BODY_BYTES = 6 * 1024 * 1024;

const visibility = v.picklist(['draft', 'public'], 'must be draft or public');

export const publication = v.object({
	paper: paperSchema,
	plot: v.optional(
		v.nullable(
			v.object({
				cell: v.pipe(v.string(), v.maxLength(64)),
				output: v.pipe(v.number(), v.integer(), v.minValue(0)),
				alternative: v.pipe(
					v.string(),
					v.transform((text) => text.replace(/\p{Cc}+/gu, ' ').trim()),
					v.minLength(1, 'must say what the plot shows'),
					v.maxLength(MOST_ALTERNATIVE, `must have at most ${MOST_ALTERNATIVE} characters`)
				)
			})
		),
		null
	),
	visibility: v.optional(visibility, 'public')
});

/** What an administrator says of a card. Who is refused hears why. */
export const decision = v.pipe(
	v.object({
		decision: v.picklist(['accept', 'refuse'], 'must be accept or refuse'),
		words: v.optional(
			v.pipe(
				v.string(),
				v.transform((text) => text.replace(/[^\P{Cc}\n]+/gu, ' ').trim()),
				v.maxLength(2_000, 'must have at most 2000 characters')
			),
			''
		)
	}),
	v.forward(
		v.check(
			({ decision: said, words }) => said === 'accept' || words !== '',
			'must tell the owners why it is refused'
		),
		['words']
	)
);

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
