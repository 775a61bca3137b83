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
import { beginsToWait, handedIn } from '#lib/model/paper/moderation.ts';
import type { Paper } from '#lib/model/paper/paper.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { toHtml } from './html-export.ts';
import { createKept } from './kept.ts';
import { requireRole } from './notebook-access.ts';
import { readNotebookContent } from './notebook-files.ts';
import { notebookPage } from './page/notebook-page.ts';
import type { NotebookPage, OutputPart } from './page/options.ts';
import { outputFile, type OutputFile } from './page/output-file.ts';
import { partOf } from './page/part-of.ts';
import { copyVersion } from './paper-copies.ts';
import { environmentOf } from './paper-environment.ts';
import { freeze, thaw } from './paper-freeze.ts';
import type { PaperCounts } from './paper-counts.ts';
import type { FoundPaper, PaperLookup } from './paper-lookup.ts';
import { plotOf, type PlotWish } from './paper-plot.ts';
import {
	readCard,
	readContent,
	readCurrent,
	readGallery,
	readNewest,
	readOwn,
	readOwnCard,
	readPlot,
	readVersion,
	searchText,
	type PaperRow
} from './paper-rows.ts';
import type { Caller } from './services.ts';
import { readSettings } from './settings.ts';

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

/** `reader` null: anybody. Cards that a reader may not see (maySee in paper-rows.ts) are 404 `paper-unknown`. */
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
	/** A cell with its outputs, or one output alone, for pages of others. 404 `output-unknown`. */
	embed(
		at: { slug: string; number: number; cell: CellId; output: number | null },
		reader: Caller | null
	): Promise<{ card: CardVersion; html: string }>;
	plot(
		slug: string,
		number: number,
		reader: Caller | null
	): Promise<{ hash: string; mime: string; bytes: Uint8Array }>;
	/** The caller's own cards, whoever sees them; the last published first. */
	mine(caller: Caller): Promise<CardEntry[]>;
	/** Owners: the card as it is now. 403 `role` to other readers. */
	own(caller: Caller, slug: string): Promise<CardVersion>;
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
	collab: Pick<Collab, 'log' | 'rooms'>;
	lookup: PaperLookup;
	counts: Pick<PaperCounts, 'count'>;
	/** Of the site, for addresses in copies. */
	origin: string;
	/** A card waits for an administrator to look at it. */
	onWaiting(card: { slug: string; title: string }): void;
}

export function createPapers(options: PapersOptions): Papers {
	const { db, collab, lookup, counts, origin, onWaiting } = options;
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
	const moderationOf = async (row: PaperRow, visibility: PaperRow['visibility']) =>
		handedIn(row, visibility, (await readSettings(db)).paperModeration);

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
			throw noOutput();
		},

		async embed({ slug, number, cell, output }, reader) {
			const row = await readCard(db, slug, reader);
			const card = await readVersion(db, row, number);
			const part = partOf(await contentOf(row, number), cell, output);
			if (!part) throw noOutput();
			const version = `/papers/${slug}/v/${number}`;
			const { html } = await notebookPage(part, {
				title: card.paper.title,
				idPrefix: 'example-',
				address: (_, index, kind) => {
					const place = `${encodeURIComponent(cell)}/${output ?? index}/${kind}`;
					// under a policy that lets the page around be in another one
					return `${version}/${kind === 'frame' ? 'embed' : 'outputs'}/${place}`;
				}
			});
			if (!/<div class="cell/.test(html)) throw noOutput();
			return { card, html };
		},

		plot: async (slug, number, reader) => readPlot(db, await readCard(db, slug, reader), number),

		mine: (caller) => readOwn(db, caller),
		own: async (caller, slug) => currentOf(await readOwnCard(db, slug, caller)),

		async ofNotebook(caller, notebook) {
			await requireRole(db, caller, notebook, 'publish');
			const { title, content } = await readNotebookContent(db, collab.log, notebook);
			const [row] = await db.select().from(papers).where(eq(papers.notebookId, notebook));
			return { title, card: row ? await currentOf(row) : null, plots: keyPlots(content) };
		},

		async publish(caller, notebook, { paper, plot, visibility }) {
			await requireRole(db, caller, notebook, 'publish');
			const { content } = await readNotebookContent(db, collab.log, notebook);
			const packages = await collab.rooms.packages(notebook);
			const freezing = {
				...{ content, paper, visibility, notebook },
				plot: plot && { picture: plotOf(content, plot), alternative: plot.alternative },
				environment: environmentOf(content.metadata, packages ?? {}),
				...{ source: null, files: [], card: null },
				publisher: caller.user.id
			};
			return currentOf(await freeze(db, freezing, onWaiting));
		},

		async edit(caller, slug, { paper, visibility }) {
			const row = await readOwnCard(db, slug, caller);
			const change = {
				...(paper ? { metadata: paper, search: searchText(paper) } : {}),
				...(visibility ? { visibility, moderation: await moderationOf(row, visibility) } : {}),
				updatedAt: new Date()
			};
			const [saved] = await db.update(papers).set(change).where(eq(papers.id, row.id)).returning();
			if (beginsToWait(saved!, row)) onWaiting({ slug, title: saved!.metadata.title });
			return currentOf(saved!);
		},

		async copy(caller, slug, number) {
			const card = await readCard(db, slug, caller);
			const id = await copyVersion(db, origin, { card, number, owner: caller.user.id });
			counts.count(slug, number, 'fork');
			return { id };
		},

		lookup: (caller, text) => lookup.lookup(text, caller.user.id)
	};
}

function noOutput(): ProblemError {
	return new ProblemError(404, { code: 'output-unknown', title: 'There is no such output.' });
}
