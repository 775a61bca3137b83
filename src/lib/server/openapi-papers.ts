/** Paper cards in the description of the HTTP interface. */
import type { JsonObject } from '#lib/model/json.ts';
import { PAPER_TYPES } from '#lib/model/paper/paper.ts';
import { SORTS } from '#lib/model/paper/card.ts';
import type { ApiRoute } from './openapi-route.ts';
import { list, object, orNull, ref } from './openapi-shape.ts';

const group = 'Papers';
const text = { type: 'string' };
const count = { type: 'integer' };
const time = { type: 'string', format: 'date-time' };
const visibility = { type: 'string', enum: ['draft', 'public'] };
const card = { status: 200, description: 'The card as it is now.', schema: ref('PaperVersion') };

/** What leads a card: a picture among the outputs, or one that is sent. */
export const PLOT_WISH = object(
	{
		cell: text,
		output: count,
		data: { ...text, description: 'In place of cell and output: a PNG, JPEG, WebP or SVG, in base64.' },
		alternative: { ...text, description: 'For who does not see it.' }
	},
	['cell', 'output', 'data']
);

export const PAPER_ROUTES: ApiRoute[] = [
	{
		method: 'get',
		path: '/api/papers',
		group,
		summary: 'Published papers',
		description: 'Public cards, for everybody; 24 on a page.',
		scope: null,
		query: {
			q: {
				schema: text,
				description: 'Words that all must be in title, names, abstract, tags or identifiers.'
			},
			tag: { schema: text, description: 'A tag as it is written.' },
			sort: { schema: { type: 'string', enum: [...SORTS] }, description: 'Without it: newest.' },
			page: { schema: { type: 'integer', minimum: 1 }, description: 'Without it: 1.' }
		},
		answer: {
			status: 200,
			description: 'The page, how many fit in all, and the tags used most.',
			schema: object({
				cards: list(ref('PaperCard')),
				total: count,
				pages: count,
				tags: list(object({ tag: text, count }))
			})
		}
	},
	{
		method: 'get',
		path: '/api/papers/lookup',
		group,
		summary: 'What services know of a paper',
		description: 'doi.org, arXiv and INSPIRE are asked. Any part of the answer may be missing.',
		scope: 'read',
		query: {
			id: { schema: text, description: 'A DOI, an arXiv identifier, one of INSPIRE, or their address.' }
		},
		answer: {
			status: 200,
			description: 'What is known, who said so, and where a person reads it.',
			schema: object({ draft: ref('PaperMetadata'), source: text, url: text })
		}
	},
	{
		method: 'get',
		path: '/api/papers/{slug}',
		group,
		summary: 'A card with its newest version',
		scope: null,
		answer: card
	},
	{
		method: 'patch',
		path: '/api/papers/{slug}',
		group,
		summary: 'Correct what a card shows, or to whom it is shown (owners)',
		description: 'Versions stay as they were published.',
		scope: 'write',
		body: { schema: object({ paper: ref('PaperMetadata'), visibility }, ['paper', 'visibility']) },
		answer: card
	},
	{
		method: 'get',
		path: '/api/papers/{slug}/versions/{number}',
		group,
		summary: 'A version as it was published',
		scope: null,
		query: {
			format: { schema: { type: 'string', enum: ['ipynb'] }, description: 'The frozen notebook file itself.' }
		},
		answer: { status: 200, description: 'The version, or the file.', schema: ref('PaperVersion') }
	},
	{
		method: 'post',
		path: '/api/papers/{slug}/versions/{number}/copies',
		group,
		summary: 'Make a notebook of one’s own from a version',
		description: 'Its first cell and its metadata say where it is from.',
		scope: 'write',
		answer: { status: 201, description: 'Made.', schema: object({ id: text, url: text }) }
	},
	{
		method: 'get',
		path: '/api/notebooks/{id}/paper',
		group,
		summary: 'The card of a notebook, and the pictures that can lead it (owners)',
		scope: 'read',
		answer: {
			status: 200,
			description: 'No card before the first version.',
			schema: object({
				title: text,
				card: orNull(ref('PaperVersion')),
				plots: list(object({ cell: text, output: count, mime: text, data: text, words: text }))
			})
		}
	},
	{
		method: 'post',
		path: '/api/notebooks/{id}/paper',
		group,
		summary: 'Publish a notebook as the next version of its card (owners)',
		description:
			'Freezes the notebook with its outputs as it is now: v1, then v2 … None is ever changed. `plot` names an output ' +
			'with a picture, by its place among the outputs of its cell, counted from 0, or is a picture of at most 5 MB.',
		scope: 'write',
		body: {
			schema: object(
				{
					paper: ref('PaperMetadata'),
					plot: orNull(PLOT_WISH),
					visibility
				},
				['plot', 'visibility']
			)
		},
		answer: { status: 201, description: 'Published.', schema: ref('PaperVersion') }
	}
];

const entry = {
	slug: text,
	number: count,
	paper: ref('PaperMetadata'),
	plot: orNull(object({ hash: text, mime: text, alternative: text })),
	visibility,
	moderation: {
		type: 'string',
		enum: ['open', 'waiting', 'refused'],
		description: 'Everybody sees a card that is public and open.'
	},
	publishedAt: time,
	updatedAt: time,
	url: { ...text, description: 'Where people read it.' }
};
const optional = (names: string): Record<string, JsonObject> =>
	Object.fromEntries(names.split(' ').map((name) => [name, text]));

export const PAPER_SCHEMAS: Record<string, JsonObject> = {
	PaperMetadata: object(
		{
			title: text,
			authors: list({
				oneOf: [
					object(
						{
							kind: { const: 'person' },
							family: text,
							...optional('given particle suffix orcid'),
							affiliations: list(text)
						},
						[...['given', 'particle', 'suffix', 'orcid', 'affiliations']]
					),
					object({ kind: { const: 'group' }, name: text, affiliations: list(text) }, ['affiliations'])
				]
			}),
			type: { type: 'string', enum: [...PAPER_TYPES] },
			abstract: { ...text, description: 'Markdown with mathematics as $…$.' },
			...optional('date venue publisher volume issue pages doi arxiv arxivCategory inspire texkey'),
			...optional('paperUrl codeUrl licence language'),
			tags: list(text)
		},
		(
			'type abstract date venue publisher volume issue pages doi arxiv arxivCategory inspire texkey paperUrl codeUrl ' +
			'licence language tags'
		).split(' ')
	),
	PaperCard: object(entry),
	PaperVersion: object({
		...entry,
		latest: count,
		versions: list(object({ number: count, at: time })),
		environment: object({
			kernelspec: orNull(object({ name: text, title: text })),
			language: orNull(text),
			languageVersion: orNull(text),
			packages: { type: 'object', additionalProperties: text }
		}),
		source: orNull(object({ url: text, commit: text, ref: orNull(text), folder: text, path: text })),
		files: {
			...list(object({ path: text, size: count, hash: text })),
			description: 'Data files with their SHA-256, each at /papers/{slug}/v/{number}/files/{path}.'
		},
		digest: { ...text, description: 'SHA-256 of the notebook file.' },
		by: orNull(text),
		moderationWords: { ...text, description: 'What an administrator said to its owners.' }
	})
};
