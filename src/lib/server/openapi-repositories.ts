/** Publishing from git repositories in the description of the HTTP interface. */
import { DATA_LIMITS } from '#lib/model/paper/repository.ts';
import type { ApiRoute } from './openapi-route.ts';
import { PLOT_WISH } from './openapi-papers.ts';
import { list, object, orNull, ref } from './openapi-shape.ts';

const group = 'Papers';
const text = { type: 'string' };
const count = { type: 'integer' };
const visibility = { type: 'string', enum: ['draft', 'public'] };
const MB = 1_000_000;
const why = { type: 'string', enum: ['link', 'submodule', 'size', 'path'] };

export const REPOSITORY_ROUTES: ApiRoute[] = [
	{
		method: 'get',
		path: '/api/papers/repositories',
		group,
		summary: 'What can be published from a git repository',
		description:
			'Reads a repository that everybody may read by https, or the folder that the page of a forge shows. It may take a minute ' +
			'or two. `draft` is what CITATION.cff, myst.yml and the notebook say of the paper.',
		scope: 'read',
		query: {
			url: { schema: text, description: 'As for git clone, or the address of a page of a forge.' },
			ref: { schema: text, description: 'A tag, a branch or a whole commit. Without it: the main branch.' },
			folder: { schema: text, description: 'Only what is below, from the root.' },
			entry: {
				schema: text,
				description: 'The notebook to look into, from the root. Without it: the most likely one.'
			}
		},
		answer: {
			status: 200,
			description: 'The commit, its notebooks, and of one of them the pictures and the files beside it.',
			schema: object({
				...{ url: text, ref: orNull(text), commit: text, folder: text },
				notebooks: list(object({ path: text, size: count })),
				entry: orNull(
					object({
						path: text,
						plots: list(object({ cell: text, output: count, mime: text, data: text, words: text })),
						files: list(
							object({
								...{ path: text, size: count, hash: text, named: { type: 'boolean' } },
								why: orNull({ type: 'string', enum: ['size', 'lfs'] })
							})
						)
					})
				),
				left: list(object({ path: text, why })),
				draft: ref('PaperMetadata'),
				from: list(text),
				faults: list(object({ path: text, words: text })),
				cards: list(
					object({
						...{ slug: text, paper: ref('PaperMetadata'), visibility, latest: count },
						...{ alternative: text, path: text, commit: text }
					})
				)
			})
		}
	},
	{
		method: 'post',
		path: '/api/papers',
		group,
		summary: 'Publish a notebook of a git repository, with data files',
		description:
			'Reads the repository at that commit and freezes the notebook with its outputs. `entry` is a path from the root, `files` are ' +
			`paths from the folder of the notebook: at most ${DATA_LIMITS.files} with ${DATA_LIMITS.fileBytes / MB} MB each and ` +
			`${DATA_LIMITS.totalBytes / MB} MB together. With the name of a card it becomes its next version (owners).`,
		scope: 'write',
		body: {
			schema: object(
				{
					repository: object(
						{ url: text, commit: text, ref: orNull(text), folder: text, entry: text, files: list(text) },
						['ref', 'folder', 'files']
					),
					paper: ref('PaperMetadata'),
					plot: orNull(PLOT_WISH),
					visibility,
					card: orNull({ ...text, description: 'As in its address; null for a new one.' })
				},
				['plot', 'visibility', 'card']
			)
		},
		answer: { status: 201, description: 'Published.', schema: ref('PaperVersion') }
	}
];
