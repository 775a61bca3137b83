/**
 * The update log: every change of every live document, in the order it came, in PostgreSQL. It is the only authority:
 * memory is a copy of it, snapshots are a short cut through it, segments are its compressed past.
 */
import { and, asc, desc, eq, gt, lte } from 'drizzle-orm';
import * as Y from 'yjs';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Database } from '#db/database.ts';
import { documentSegments, documentSnapshots, documentUpdates } from '#db/schema.ts';

interface Pending {
	document: string;
	userId: string | null;
	data: Uint8Array;
	resolve: () => void;
	reject: (error: unknown) => void;
}

/** Updates of one document above which `compact` is worth while. */
export const COMPACT_AFTER_UPDATES = 500;
/** Updates merged into one segment: merging is quadratic, measured. */
const SEGMENT_UPDATES = 400;
/** How long to wait before the database is tried again. */
const RETRY_MS = 500;
/** SQLSTATE: the document of the update is not there (any more). */
const FOREIGN_KEY_VIOLATION = '23503';
/** Rows in one INSERT. */
const BATCH_ROWS = 500;

export class UpdateLog {
	readonly #db: Database;
	#queue: Pending[] = [];
	#writing = false;
	/** Rows of each open document that lie after its snapshot. */
	readonly #tails = new Map<string, number>();

	#behind = false;
	/** The newest append of each document that is on its way. */
	readonly #last = new Map<string, Promise<void>>();
	readonly #onBehind: (error: unknown) => void;

	/** `onBehind` is called once each time the database stops taking updates. */
	constructor(db: Database, onBehind: (error: unknown) => void = () => {}) {
		this.#db = db;
		this.#onBehind = onBehind;
	}

	/** True while the database does not take updates: what was appended is kept here and tried again. */
	get behind(): boolean {
		return this.#behind;
	}

	/**
	 * Resolves when the update is in the database. While the database is away it is kept and tried again; the promise
	 * rejects only when it can never be written, because its document was deleted. Calls that come while an insert is
	 * under way share the next one: no timer, and no insert per keystroke under load.
	 */
	append(document: string, data: Uint8Array, userId: string | null): Promise<void> {
		const stored = new Promise<void>((resolve, reject) => {
			this.#queue.push({ document, userId, data, resolve, reject });
		});
		this.#last.set(document, stored);
		const forget = (): void => {
			if (this.#last.get(document) === stored) this.#last.delete(document);
		};
		stored.then(forget, forget);
		if (!this.#writing) void this.#write();
		return stored;
	}

	/** Resolves when nothing of this document is on its way to the database. */
	async settledFor(document: string): Promise<void> {
		while (this.#last.has(document)) await this.#last.get(document)!.catch(() => undefined);
	}

	/** How many updates of a document are not in its snapshot yet, as far as this process knows. */
	tail(document: string): number {
		return this.#tails.get(document) ?? 0;
	}

	/** Everything written so far is in the database (or failed) when this resolves. */
	async settled(): Promise<void> {
		while (this.#writing) await new Promise((resolve) => setImmediate(resolve));
	}

	async #write(): Promise<void> {
		this.#writing = true;
		while (this.#queue.length > 0) await this.#writeBatch(this.#queue.slice(0, BATCH_ROWS));
		this.#writing = false;
	}

	/** Entries leave the queue when they are stored, or when they can never be. */
	async #writeBatch(batch: Pending[]): Promise<void> {
		try {
			await this.#db
				.insert(documentUpdates)
				.values(batch.map(({ document, userId, data }) => ({ document, userId, data })));
		} catch (error) {
			if (sqlState(error) !== FOREIGN_KEY_VIOLATION) return this.#waitForDatabase(error);
			// Only the entries of the deleted document are hopeless: each is tried alone.
			if (batch.length > 1) {
				for (const entry of batch) await this.#writeBatch([entry]);
			} else {
				this.#queue.splice(this.#queue.indexOf(batch[0]!), 1);
				batch[0]!.reject(error);
			}
			return;
		}
		this.#behind = false;
		const stored = new Set(batch);
		this.#queue = this.#queue.filter((entry) => !stored.has(entry));
		for (const entry of batch) {
			this.#tails.set(entry.document, this.tail(entry.document) + 1);
			entry.resolve();
		}
	}

	async #waitForDatabase(error: unknown): Promise<void> {
		if (!this.#behind) {
			this.#behind = true;
			this.#onBehind(error);
		}
		await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
	}

	/**
	 * The state of a document. A row that cannot be applied is left out and
	 * named in `corrupt`: one bad row must not take the document with it.
	 */
	async load(document: string): Promise<{ update: Uint8Array | null; corrupt: number[] }> {
		// What is on its way belongs to the state.
		await this.settledFor(document);
		const [snapshot] = await this.#db
			.select()
			.from(documentSnapshots)
			.where(eq(documentSnapshots.document, document))
			.orderBy(desc(documentSnapshots.uptoSeq))
			.limit(1);
		const rows = await this.#db
			.select({ seq: documentUpdates.seq, data: documentUpdates.data })
			.from(documentUpdates)
			.where(and(eq(documentUpdates.document, document), gt(documentUpdates.seq, snapshot?.uptoSeq ?? -1)))
			.orderBy(asc(documentUpdates.seq));
		this.#tails.set(document, rows.length);
		if (!snapshot && rows.length === 0) return { update: null, corrupt: [] };
		const doc = new Y.Doc();
		if (snapshot) Y.applyUpdate(doc, snapshot.state);
		const corrupt: number[] = [];
		doc.transact(() => {
			for (const row of rows) {
				try {
					Y.applyUpdate(doc, row.data);
				} catch {
					corrupt.push(row.seq);
				}
			}
		});
		const update = Y.encodeStateAsUpdate(doc);
		doc.destroy();
		return { update, corrupt };
	}

	/**
	 * Fold the log of a document: merge its rows into segments (history kept) or drop them (`history` false), and write
	 * a snapshot of the state up to the last of them. Built from rows, never from memory, because memory may hold less
	 * than the log does. One transaction: a crash leaves either the rows or what replaces them.
	 */
	async compact(document: string, options: { history: boolean }): Promise<void> {
		await this.#db.transaction(async (tx) => {
			const rows = await tx
				.select()
				.from(documentUpdates)
				.where(eq(documentUpdates.document, document))
				.orderBy(asc(documentUpdates.seq))
				.for('update');
			const last = rows.at(-1);
			if (!last) return;
			const [snapshot] = await tx
				.select()
				.from(documentSnapshots)
				.where(eq(documentSnapshots.document, document))
				.orderBy(desc(documentSnapshots.uptoSeq))
				.limit(1);
			const doc = new Y.Doc();
			if (snapshot) Y.applyUpdate(doc, snapshot.state);
			const good = rows.filter((row) => {
				try {
					Y.applyUpdate(doc, row.data);
					return true;
				} catch {
					return false;
				}
			});
			const state = Y.encodeStateAsUpdate(doc);
			doc.destroy();
			// A corrupt row stays where it is, out of the way of the snapshot, for somebody to look at.
			if (good.length < rows.length) return;
			for (let i = 0; options.history && i < rows.length; i += SEGMENT_UPDATES) {
				const part = rows.slice(i, i + SEGMENT_UPDATES);
				await tx.insert(documentSegments).values({
					document,
					fromSeq: part[0]!.seq,
					toSeq: part.at(-1)!.seq,
					fromAt: part[0]!.at,
					toAt: part.at(-1)!.at,
					updates: part.length,
					users: [...new Set(part.map((row) => row.userId).filter((id) => id !== null))],
					data: new Uint8Array(zstdCompressSync(Y.mergeUpdates(part.map((row) => row.data))))
				});
			}
			await tx.insert(documentSnapshots).values({ document, uptoSeq: last.seq, state });
			if (snapshot) {
				await tx
					.delete(documentSnapshots)
					.where(
						and(eq(documentSnapshots.document, document), lte(documentSnapshots.uptoSeq, snapshot.uptoSeq))
					);
			}
			await tx
				.delete(documentUpdates)
				.where(and(eq(documentUpdates.document, document), lte(documentUpdates.seq, last.seq)));
			this.#tails.set(document, 0);
		});
	}

	/** The document rebuilt from its whole history, segments first: what time travel and the tests read. */
	async replay(document: string): Promise<Uint8Array[]> {
		const segments = await this.#db
			.select()
			.from(documentSegments)
			.where(eq(documentSegments.document, document))
			.orderBy(asc(documentSegments.fromSeq));
		const rows = await this.#db
			.select()
			.from(documentUpdates)
			.where(eq(documentUpdates.document, document))
			.orderBy(asc(documentUpdates.seq));
		return [
			...segments.map((segment) => new Uint8Array(zstdDecompressSync(segment.data))),
			...rows.map((row) => row.data)
		];
	}
}

/** The SQLSTATE of a database error, through drizzle's wrapping; undefined for anything else. */
function sqlState(error: unknown): string | undefined {
	const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
	return (cause as { code?: string }).code;
}
