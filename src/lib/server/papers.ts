/** Paper cards: published from notebooks, read by anybody. */
import { eq } from 'drizzle-orm';
import type { Collab } from '#collab/start.ts';
import type { Database } from '#db/database.ts';
import { papers } from '#db/schema-papers.ts';
import type { CellId, NotebookId } from '#lib/model/ids.ts';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import { toScript } from '#lib/model/ipynb/script.ts';
import type { CardEntry, CardVersion, Gallery, GalleryQuery, PlotChoice } from '#lib/model/paper/card.ts';
import { keyPlots } from '#lib/model/paper/key-plots.ts';
import type { Paper } from '#lib/model/paper/paper.ts';
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
import { freeze, thaw } from './paper-freeze.ts';
import type { FoundPaper, PaperLookup } from './paper-lookup.ts';
import { plotOf, type PlotWish } from './paper-plot.ts';
import {
	readCard,
	readContent,
	readCurrent,
	readGallery,
	readNewest,
	readOwnCard,
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
	/** What leads the card; null for none. */
	plot: PlotWish | null;
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
	/** Of the site, for addresses in copies. */
	origin: string;
}

export function createPapers({ db, collab, lookup, origin }: PapersOptions): Papers {
	async function textOf(row: PaperRow, number: number): Promise<string> {
		return thaw(await readContent(db, row, number));
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

	const currentOf = (row: PaperRow): Promise<CardVersion> => readCurrent(db, row);

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
			const row = await freeze(db, {
				...{ content, paper, visibility, notebook },
				plot: plot && { picture: plotOf(content, plot), alternative: plot.alternative },
				environment: environmentOf(content.metadata),
				...{ source: null, files: [], card: null },
				publisher: caller.user.id
			});
			return currentOf(row);
		},

		async edit(caller, slug, { paper, visibility }) {
			const row = await readOwnCard(db, slug, caller);
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
			return { id };
		},

		lookup: (caller, text) => lookup.lookup(text, caller.user.id)
	};
}
