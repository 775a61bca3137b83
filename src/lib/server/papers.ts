/** Paper cards: published from notebooks, read by anybody. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { eq, like, or, sql } from 'drizzle-orm';
import type { Collab } from '#collab/start.ts';
import type { Database } from '#db/database.ts';
import { papers, paperVersions } from '#db/schema-papers.ts';
import { blobs, notebooks } from '#db/schema.ts';
import { newId, type CellId, type NotebookId } from '#lib/model/ids.ts';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import { exportNotebook } from '#lib/model/ipynb/export.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import { toScript } from '#lib/model/ipynb/script.ts';
import { stringifyNotebook } from '#lib/model/ipynb/stringify.ts';
import type { CardEntry, CardVersion, Gallery, GalleryQuery, PlotChoice } from '#lib/model/paper/card.ts';
import { keyPlot, keyPlots, plotBytes } from '#lib/model/paper/key-plots.ts';
import type { Paper } from '#lib/model/paper/paper.ts';
import { freeSlug, slugOf } from '#lib/model/paper/slug.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { toHtml } from './html-export.ts';
import { createKept } from './kept.ts';
import { requireRole } from './notebook-access.ts';
import { createNotebook, readNotebookContent } from './notebook-files.ts';
import { notebookPage } from './page/notebook-page.ts';
import type { NotebookPage, OutputPart } from './page/options.ts';
import { outputFile, type OutputFile } from './page/output-file.ts';
import { withOrigin } from './paper-copy.ts';
import { environmentOf } from './paper-environment.ts';
import type { PaperCounts } from './paper-counts.ts';
import type { FoundPaper, PaperLookup } from './paper-lookup.ts';
import {
	ownsCard,
	readCard,
	readContent,
	readGallery,
	readNewest,
	readPlot,
	readVersion,
	searchText,
	type PaperRow
} from './paper-rows.ts';
import type { Caller } from './services.ts';

/** What a person says when they publish. */
export interface Publication {
	/** Checked by paperSchema. */
	paper: Paper;
	/** Which output leads the card, with the words for who does not see it; null for none. */
	plot: { cell: CellId; output: number; alternative: string } | null;
	visibility: 'draft' | 'public';
}

/** A card as its notebook's owners see it before they publish. */
export interface NotebookCard {
	title: string;
	/** The card with its newest version; null before the first. */
	card: CardVersion | null;
	plots: PlotChoice[];
}

/** `reader` null: anybody. Drafts are known to their owners only: to others they are 404 `paper-unknown`. */
export interface Papers {
	gallery(query: GalleryQuery): Promise<Gallery>;
	/** Public cards, the last published first. */
	newest(most: number): Promise<CardEntry[]>;
	/** The card as it is now: the newest version with what was corrected on the card since. */
	card(slug: string, reader: Caller | null): Promise<CardVersion>;
	/** As it was published. 404 `version-unknown`. */
	version(slug: string, number: number, reader: Caller | null): Promise<CardVersion>;
	/** The frozen notebook: the file itself, its code, or one page that stands alone. */
	download(
		slug: string,
		number: number,
		format: 'ipynb' | 'py' | 'html',
		reader: Caller | null
	): Promise<{ content: string; mime: string }>;
	/** The example of a version that was read before, as HTML. */
	example(card: CardVersion): Promise<NotebookPage>;
	/** A part of an output that has an address of its own. 404 `output-unknown`. */
	output(
		at: { slug: string; number: number; cell: CellId; output: number; part: OutputPart },
		reader: Caller | null
	): Promise<OutputFile>;
	plot(
		slug: string,
		number: number,
		reader: Caller | null
	): Promise<{ hash: string; mime: string; bytes: Uint8Array }>;
	/** Owners of the notebook. */
	ofNotebook(caller: Caller, notebook: NotebookId): Promise<NotebookCard>;
	/** Owners of the notebook: freeze it as it is now as the next version of its card. 409 `plot-gone`. */
	publish(caller: Caller, notebook: NotebookId, what: Publication): Promise<CardVersion>;
	/** Owners: what the card shows, and to whom. Versions stay as they were published. */
	edit(
		caller: Caller,
		slug: string,
		change: { paper?: Paper; visibility?: 'draft' | 'public' }
	): Promise<CardVersion>;
	/** A notebook of the caller's own made from a version, which says where it is from. */
	copy(caller: Caller, slug: string, number: number): Promise<{ id: NotebookId }>;
	/** What services know of the paper that a text names (paper-lookup.ts). */
	lookup(caller: Caller, text: string): Promise<FoundPaper>;
}

export interface PapersOptions {
	db: Database;
	collab: Pick<Collab, 'log'>;
	lookup: PaperLookup;
	counts: Pick<PaperCounts, 'count'>;
	/** Of the site, for addresses in copies. */
	origin: string;
}

/** As for imported files. */
const LIMIT_BYTES = 50 * 1024 * 1024;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export function createPapers({ db, collab, lookup, counts, origin }: PapersOptions): Papers {
	async function textOf(row: PaperRow, number: number): Promise<string> {
		return (await decompress(await readContent(db, row, number))).toString('utf8');
	}

	const pages = createKept<NotebookPage>({ entries: 200, size: 32_000_000 });
	const notebooksRead = createKept<NotebookContent>({ entries: 20, size: 64_000_000 });

	/** A version never changes: one page asks for its notebook once for each picture on it. */
	function contentOf(row: PaperRow, number: number): Promise<NotebookContent> {
		return notebooksRead.get(`${row.id} ${number}`, async () => {
			const text = await textOf(row, number);
			return { value: importNotebook(text), size: text.length };
		});
	}

	async function currentOf(row: PaperRow): Promise<CardVersion> {
		return { ...(await readVersion(db, row, row.latest)), paper: row.metadata };
	}

	async function ownCard(caller: Caller, slug: string): Promise<PaperRow> {
		const row = await readCard(db, slug, caller);
		if (await ownsCard(db, row, caller)) return row;
		throw new ProblemError(403, {
			code: 'role',
			title: 'Only its owners change a card.',
			detail: 'Those are who published it and the owners of its notebook.',
			remedy: 'Ask one of them.'
		});
	}

	return {
		gallery: (query) => readGallery(db, query),
		newest: (most) => readNewest(db, most),
		card: async (slug, reader) => currentOf(await readCard(db, slug, reader)),
		version: async (slug, number, reader) => readVersion(db, await readCard(db, slug, reader), number),

		async download(slug, number, format, reader) {
			const row = await readCard(db, slug, reader);
			const text = await textOf(row, number);
			if (format === 'ipynb') return { content: text, mime: 'application/x-ipynb+json' };
			const notebook = importNotebook(text);
			if (format === 'py')
				return { content: toScript(notebook.cells, notebook.metadata), mime: 'text/x-python; charset=utf-8' };
			const { paper } = await readVersion(db, row, number);
			return { content: await toHtml(paper.title, notebook), mime: 'text/html; charset=utf-8' };
		},

		example: (card) =>
			// the title decides which heading of the notebook would say it twice
			pages.get(`${card.slug} ${card.number} ${card.paper.title}`, async () => {
				const [row] = await db.select().from(papers).where(eq(papers.slug, card.slug));
				const outputs = `/papers/${card.slug}/v/${card.number}/outputs`;
				const value = await notebookPage(await contentOf(row!, card.number), {
					title: card.paper.title,
					idPrefix: 'example-',
					address: (cell, output, part) => `${outputs}/${encodeURIComponent(cell)}/${output}/${part}`
				});
				return { value, size: value.html.length };
			}),

		async output({ slug, number, cell, output, part }, reader) {
			const content = await contentOf(await readCard(db, slug, reader), number);
			const file = outputFile(content, cell, output, part);
			if (file) return file;
			throw new ProblemError(404, { code: 'output-unknown', title: 'There is no such output.' });
		},

		plot: async (slug, number, reader) => readPlot(db, await readCard(db, slug, reader), number),

		async ofNotebook(caller, notebook) {
			await requireRole(db, caller, notebook, 'publish');
			const { title, content } = await readNotebookContent(db, collab.log, notebook);
			const [row] = await db.select().from(papers).where(eq(papers.notebookId, notebook));
			return { title, card: row ? await currentOf(row) : null, plots: keyPlots(content) };
		},

		async publish(caller, notebook, { paper, plot, visibility }) {
			await requireRole(db, caller, notebook, 'publish');
			const { content } = await readNotebookContent(db, collab.log, notebook);
			const text = stringifyNotebook(exportNotebook(content));
			if (Buffer.byteLength(text) > LIMIT_BYTES) throw tooLarge();
			const picture = plot && pictureOf(content, plot);
			const version = {
				metadata: paper,
				content: new Uint8Array(await compress(text)),
				digest: createHash('sha256').update(text).digest('hex'),
				plot: picture && picture.hash,
				plotAlt: plot?.alternative ?? '',
				environment: environmentOf(content.metadata),
				createdBy: caller.user.id
			};
			const card = { metadata: paper, search: searchText(paper), visibility, updatedAt: new Date() };
			const row = await db.transaction(async (tx) => {
				if (picture) await tx.insert(blobs).values(picture).onConflictDoNothing();
				const known = await lockedCard(tx, notebook);
				const latest = (known?.latest ?? 0) + 1;
				const [saved] = known
					? await tx
							.update(papers)
							.set({ ...card, latest })
							.where(eq(papers.id, known.id))
							.returning()
					: await tx
							.insert(papers)
							.values({
								...card,
								latest,
								id: newId(),
								slug: await newSlug(tx, paper.title),
								ownerId: caller.user.id,
								notebookId: notebook
							})
							.returning();
				await tx.insert(paperVersions).values({ ...version, paperId: saved!.id, number: latest });
				return saved!;
			});
			return currentOf(row);
		},

		async edit(caller, slug, { paper, visibility }) {
			const row = await ownCard(caller, slug);
			const change = {
				...(paper ? { metadata: paper, search: searchText(paper) } : {}),
				...(visibility ? { visibility } : {}),
				updatedAt: new Date()
			};
			const [saved] = await db.update(papers).set(change).where(eq(papers.id, row.id)).returning();
			return currentOf(saved!);
		},

		async copy(caller, slug, number) {
			const row = await readCard(db, slug, caller);
			const { paper } = await readVersion(db, row, number);
			const url = `${origin}/papers/${slug}/v/${number}`;
			const ipynb = withOrigin(await textOf(row, number), { slug, number, url, title: paper.title });
			const { id } = await createNotebook(db, caller.user.id, { ipynb, title: paper.title });
			counts.count(slug, number, 'fork');
			return { id };
		},

		lookup: (caller, text) => lookup.lookup(text, caller.user.id)
	};
}

type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

/** Two who publish at once: the second sees what the first did, and its number is the next. */
async function lockedCard(tx: Transaction, notebook: NotebookId): Promise<PaperRow | undefined> {
	await tx.select({ id: notebooks.id }).from(notebooks).where(eq(notebooks.id, notebook)).for('update');
	const [row] = await tx.select().from(papers).where(eq(papers.notebookId, notebook));
	return row;
}

async function newSlug(tx: Transaction, title: string): Promise<string> {
	const slug = slugOf(title);
	// two papers of the same title at once
	await tx.execute(sql`select pg_advisory_xact_lock(hashtext('paper.slug'))`);
	const rows = await tx
		.select({ slug: papers.slug })
		.from(papers)
		.where(or(eq(papers.slug, slug), like(papers.slug, `${slug.slice(0, 50)}%`)));
	const taken = new Set(rows.map((row) => row.slug));
	return freeSlug(slug, (one) => taken.has(one));
}

function pictureOf(
	content: NotebookContent,
	{ cell, output }: NonNullable<Publication['plot']>
): typeof blobs.$inferInsert {
	const choice = keyPlot(content, cell, output);
	if (!choice) {
		throw new ProblemError(409, {
			code: 'plot-gone',
			title: 'The notebook does not show that plot any more.',
			detail: 'Its cell was run again, or is gone.',
			remedy: 'Choose another plot.'
		});
	}
	const data = plotBytes(choice);
	const hash = createHash('sha256').update(data).digest('hex');
	return { hash, mime: choice.mime, size: data.byteLength, data };
}

function tooLarge(): ProblemError {
	return new ProblemError(413, {
		code: 'too-large',
		title: 'The notebook is larger than 50 MB.',
		detail: 'That is the limit of what is published.',
		remedy: 'Clear large outputs in it.'
	});
}
