/** What people who copied an example give back to its owners: kept as it was handed in, read, taken or declined. */
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { and, count, eq, inArray, sql, type SQL } from 'drizzle-orm';
import { roleOf } from '#collab/access.ts';
import type { Collab } from '#collab/start.ts';
import type { Database } from '#db/database.ts';
import { papers, paperSuggestions } from '#db/schema-papers.ts';
import { notebooks } from '#db/schema.ts';
import { newId, type NotebookId } from '#lib/model/ids.ts';
import type { ImportedNotebook, NotebookContent } from '#lib/model/ipynb/content.ts';
import { exportNotebook } from '#lib/model/ipynb/export.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import { toScript } from '#lib/model/ipynb/script.ts';
import { stringifyNotebook } from '#lib/model/ipynb/stringify.ts';
import { notebookDocName } from '#lib/model/notebook-doc.ts';
import { plainTitle } from '#lib/model/paper/plain-title.ts';
import type {
	DecidedSuggestion,
	PaperSuggestion,
	SuggestionChange,
	SuggestionDecision
} from '#lib/model/paper/suggestion.ts';
import { can } from '#lib/model/role.ts';
import { mergeCells } from './bound-merge.ts';
import { requireRole } from './notebook-access.ts';
import { readNotebookContent } from './notebook-files.ts';
import { copyVersion } from './paper-copies.ts';
import { saysOrigin } from './paper-copy.ts';
import { MOST_NOTEBOOK_BYTES, notebookTooLarge, thaw } from './paper-freeze.ts';
import type { PaperLetters } from './paper-letters.ts';
import { ownersOf } from './paper-owners.ts';
import {
	maySee,
	ownsCard,
	readCard,
	readContent,
	readOwn,
	readOwnCard,
	type PaperRow
} from './paper-rows.ts';
import { decided, noOrigin, noSuggestion, nothingChanged } from './paper-suggestion-problem.ts';
import { suggestionOf, suggestionRows, suggestionText, type SuggestionRow } from './paper-suggestion-rows.ts';
import { isPlainId } from './plain-line.ts';
import type { Caller } from './services.ts';

/** A copy before it is given back. */
export interface SuggestionDraft {
	title: string;
	card: { slug: string; title: string; number: number; latest: number };
	/** The version it was copied from and the copy, as text without outputs. */
	before: string;
	after: string;
	/** What the caller suggested before and nobody has decided yet: replaced by the next. */
	open: PaperSuggestion | null;
}

export interface PaperSuggestions {
	/** Owners of the copy. 409 `no-origin` for a notebook that was not made from a paper, or whose paper is gone. */
	draft(caller: Caller, notebook: NotebookId): Promise<SuggestionDraft>;
	/** The same persons: hand it in, in place of what they handed in before that is open. 409 `nothing-changed`. */
	suggest(caller: Caller, notebook: NotebookId, words: string): Promise<PaperSuggestion>;
	/** Owners of the card see all, others their own; the newest first. */
	list(caller: Caller, slug: string): Promise<PaperSuggestion[]>;
	/** How many are open, by slug, of cards the caller owns. */
	waiting(caller: Caller): Promise<Record<string, number>>;
	/** For owners of the card, and who made it. 404 `suggestion-unknown` otherwise. */
	read(caller: Caller, slug: string, id: string): Promise<SuggestionChange>;
	/** Whether the caller owns the card, and the notebook into which suggestions are brought when they take one. */
	rights(caller: Caller, slug: string): Promise<{ owner: boolean; notebook: NotebookId | null }>;
	/** The suggested notebook as nbformat 4.5, for the same as read. */
	file(caller: Caller, slug: string, id: string): Promise<string>;
	/** Owners of the card: a notebook of the caller's own made of it. */
	copy(caller: Caller, slug: string, id: string): Promise<{ id: NotebookId }>;
	/** Owners of the card. 409 `suggestion-decided`. */
	decide(caller: Caller, slug: string, id: string, decision: SuggestionDecision): Promise<DecidedSuggestion>;
	/** Who made it takes it back. 409 `suggestion-decided`. */
	withdraw(caller: Caller, slug: string, id: string): Promise<void>;
}

export interface PaperSuggestionsOptions {
	db: Database;
	collab: Pick<Collab, 'log' | 'rooms' | 'hocuspocus'>;
	letters: Pick<PaperLetters, 'send'>;
	/** Of the site. */
	origin: string;
}

const compress = promisify(zstdCompress);

export function createPaperSuggestions(options: PaperSuggestionsOptions): PaperSuggestions {
	const { db, collab, letters, origin } = options;

	/** A copy, and the version it was made from. */
	async function copyOf(caller: Caller, notebook: NotebookId) {
		await requireRole(db, caller, notebook, 'share');
		const [from] = await db
			.select({ card: papers, number: notebooks.originNumber })
			.from(notebooks)
			.innerJoin(papers, eq(papers.id, notebooks.originPaperId))
			.where(eq(notebooks.id, notebook));
		if (!from || from.number === null || !(await maySee(db, from.card, caller))) throw noOrigin();
		// what was typed last is on its way into the log
		await collab.log.settledFor(notebookDocName(notebook));
		const { title, content } = await readNotebookContent(db, collab.log, notebook);
		const base = await versionOf(from.card, from.number);
		return { ...from, number: from.number, title, base, changed: withoutOrigin(content, base) };
	}

	async function versionOf(card: PaperRow, number: number): Promise<ImportedNotebook> {
		return importNotebook(await thaw(await readContent(db, card, number)));
	}

	/** One, for who may know of it. */
	async function find(caller: Caller, slug: string, id: string) {
		const card = await readCard(db, slug, caller);
		const [row] = isPlainId(id) ? await suggestionRows(db, card, eq(paperSuggestions.id, id)) : [];
		const owner = await ownsCard(db, card, caller);
		if (!row || !(owner || row.userId === caller.user.id)) throw noSuggestion();
		return { card, row, owner };
	}

	async function findOwned(caller: Caller, slug: string, id: string) {
		const { card, row, owner } = await find(caller, slug, id);
		if (!owner) await readOwnCard(db, slug, caller);
		return { card, row };
	}

	/** The notebook of a card, where there is one in which the caller writes. */
	async function notebookOf(caller: Caller, { notebookId }: PaperRow): Promise<NotebookId | null> {
		if (notebookId === null) return null;
		return can(await roleOf(db, notebookId, caller.user.id), 'edit') ? notebookId : null;
	}

	async function bringIn(
		caller: Caller,
		card: PaperRow,
		row: SuggestionRow
	): Promise<DecidedSuggestion['merged']> {
		const notebook = await notebookOf(caller, card);
		if (notebook === null) return null;
		const base = await versionOf(card, row.number);
		const theirs = importNotebook(await suggestionText(db, row));
		return { notebook, ...(await mergeCells(collab, notebook, base, theirs)) };
	}

	function tellOwners(card: PaperRow, caller: Caller, id: string, first: boolean): void {
		const others = async (): Promise<string[]> =>
			(await ownersOf(db, card)).filter((owner) => owner !== caller.user.id);
		letters.send(others, {
			id: `suggestion-${id}`,
			title: `${caller.user.displayName || caller.user.name} suggests a change of “${plainTitle(card.metadata.title)}”.`,
			href: `/cards/${card.slug}/suggestions/${id}`,
			mail: first
		});
	}

	return {
		async draft(caller, notebook) {
			const { card, number, title, base, changed } = await copyOf(caller, notebook);
			const [open] = await suggestionRows(db, card, openOf(caller));
			return {
				title,
				card: { slug: card.slug, title: card.metadata.title, number, latest: card.latest },
				...textsOf(base, changed),
				open: open ? suggestionOf(open, card, caller) : null
			};
		},

		async suggest(caller, notebook, words) {
			const { card, number, base, changed } = await copyOf(caller, notebook);
			if (sameCells(base, changed)) throw nothingChanged(number);
			const text = stringifyNotebook(exportNotebook(changed));
			if (Buffer.byteLength(text) > MOST_NOTEBOOK_BYTES) throw notebookTooLarge();
			const [before] = await suggestionRows(db, card, openOf(caller));
			// With an id of its own also in the place of another: owners decide what they have read.
			const what = {
				...{ id: newId(), number, words, content: new Uint8Array(await compress(text)) },
				createdAt: new Date()
			};
			await db
				.insert(paperSuggestions)
				.values({ ...what, paperId: card.id, userId: caller.user.id })
				.onConflictDoUpdate({
					target: [paperSuggestions.paperId, paperSuggestions.userId],
					targetWhere: sql`state = 'open'`,
					set: what
				});
			tellOwners(card, caller, what.id, before === undefined);
			const [row] = await suggestionRows(db, card, eq(paperSuggestions.id, what.id));
			return suggestionOf(row!, card, caller);
		},

		async list(caller, slug) {
			const card = await readCard(db, slug, caller);
			const owner = await ownsCard(db, card, caller);
			const rows = await suggestionRows(
				db,
				card,
				owner ? undefined : eq(paperSuggestions.userId, caller.user.id)
			);
			return rows.map((row) => suggestionOf(row, card, caller));
		},

		async waiting(caller) {
			const slugs = (await readOwn(db, caller)).map(({ slug }) => slug);
			const rows = await db
				.select({ slug: papers.slug, n: count() })
				.from(paperSuggestions)
				.innerJoin(papers, eq(papers.id, paperSuggestions.paperId))
				.where(and(inArray(papers.slug, slugs), eq(paperSuggestions.state, 'open')))
				.groupBy(papers.slug);
			return Object.fromEntries(rows.map(({ slug, n }) => [slug, n]));
		},

		async read(caller, slug, id) {
			const { card, row } = await find(caller, slug, id);
			const base = await versionOf(card, row.number);
			const theirs = importNotebook(await suggestionText(db, row));
			return { ...suggestionOf(row, card, caller), ...textsOf(base, theirs) };
		},

		async rights(caller, slug) {
			const card = await readCard(db, slug, caller);
			const owner = await ownsCard(db, card, caller);
			return { owner, notebook: owner ? await notebookOf(caller, card) : null };
		},

		file: async (caller, slug, id) => suggestionText(db, (await find(caller, slug, id)).row),

		async copy(caller, slug, id) {
			const { card, row } = await findOwned(caller, slug, id);
			const order = { card, number: row.number, owner: caller.user.id, text: await suggestionText(db, row) };
			return { id: await copyVersion(db, origin, order) };
		},

		async decide(caller, slug, id, { decision, words }) {
			const { card, row } = await findOwned(caller, slug, id);
			const state = decision === 'take' ? 'taken' : 'declined';
			const merged = await db.transaction(async (tx) => {
				// One after the other: what two owners take at once is merged once.
				const locked = await tx
					.update(paperSuggestions)
					.set({ state, answer: words, decidedAt: new Date() })
					.where(and(eq(paperSuggestions.id, id), eq(paperSuggestions.state, 'open')))
					.returning({ id: paperSuggestions.id });
				if (locked.length === 0) throw decided();
				return decision === 'take' ? bringIn(caller, card, row) : null;
			});
			const [now] = await suggestionRows(db, card, eq(paperSuggestions.id, id));
			const name = plainTitle(card.metadata.title);
			letters.send(async () => (row.userId === null || row.userId === caller.user.id ? [] : [row.userId]), {
				id: `suggestion-${id}`,
				title: `Your suggestion for “${name}” was ${state}.`,
				...(words ? { detail: words } : {}),
				...{ href: `/cards/${slug}/suggestions/${id}`, mail: true }
			});
			return { suggestion: suggestionOf(now!, card, caller), merged };
		},

		async withdraw(caller, slug, id) {
			const { row } = await find(caller, slug, id);
			if (row.userId !== caller.user.id) throw noSuggestion();
			const gone = await db
				.delete(paperSuggestions)
				.where(and(eq(paperSuggestions.id, id), eq(paperSuggestions.state, 'open')))
				.returning({ id: paperSuggestions.id });
			if (gone.length === 0) throw decided();
		}
	};
}

/** The copy without what was put in to say where it is from. What its kernel says of itself is no suggestion. */
function withoutOrigin(content: NotebookContent, { metadata }: NotebookContent): NotebookContent {
	const [first] = content.cells;
	const said = first?.type === 'markdown' && saysOrigin(first.source);
	return { ...content, metadata, cells: said ? content.cells.slice(1) : content.cells };
}

/** What that person has suggested and nobody has decided: one at most for each card. */
function openOf({ user }: Caller): SQL {
	return and(eq(paperSuggestions.userId, user.id), eq(paperSuggestions.state, 'open'))!;
}

function textsOf(base: NotebookContent, changed: NotebookContent): { before: string; after: string } {
	return {
		before: toScript(base.cells, base.metadata),
		after: toScript(changed.cells, changed.metadata)
	};
}

function sameCells(base: NotebookContent, changed: NotebookContent): boolean {
	const written = ({ cells }: NotebookContent): string =>
		JSON.stringify(cells.map(({ type, source, metadata }) => [type, source, metadata]));
	return written(base) === written(changed);
}
