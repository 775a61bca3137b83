/** Long text outputs: pieces that left the document, in the database, compressed; read back by lines or as a whole. */
import { and, asc, eq, gte, inArray, lte, desc } from 'drizzle-orm';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import type { Database } from '#db/database.ts';
import { streamPieces } from '#db/schema.ts';
import type { RunId } from '#lib/model/ids.ts';
import type { Overflow } from '#lib/model/stream.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
/** Fast is what counts: a flood arrives as fast as the kernel prints. */
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** Characters of one row at most, so that reading a line reads little. */
const PIECE_CHARS = 512 * 1024;

/** Text of a stream from a character on. */
export interface Piece {
	at: number;
	line: number;
	text: string;
}

/** Collects the pieces of one notebook's streams until `flush` has them in the database. */
export class StreamStore {
	readonly #db: Database;
	readonly #notebook: string;
	#pending: Overflow[] = [];
	/** Characters that wait to be written. */
	pendingChars = 0;

	constructor(db: Database, notebook: string) {
		this.#db = db;
		this.#notebook = notebook;
	}

	append(pieces: readonly Overflow[]): void {
		for (const piece of pieces) {
			const last = this.#pending.at(-1);
			const joins = last?.stream === piece.stream && last.text.length + piece.text.length <= PIECE_CHARS;
			if (joins) last.text += piece.text;
			else this.#pending.push({ ...piece });
			this.pendingChars += piece.text.length;
		}
	}

	/**
	 * Write what was appended since the last call. What stands from a piece's place on is replaced: the server may have
	 * been stopped between a piece and the document that counts it, and then gets the same text again.
	 */
	async flush(): Promise<void> {
		while (this.#pending.length > 0) {
			const piece = this.#pending.shift()!;
			const { stream, at, line, text } = piece;
			const data = await compress(Buffer.from(text, 'utf8'), FAST);
			const row = {
				notebookId: this.#notebook,
				run: runOf(stream),
				stream,
				at,
				line,
				chars: text.length,
				data
			};
			try {
				await this.#db.transaction(async (tx) => {
					await tx.delete(streamPieces).where(and(eq(streamPieces.stream, stream), gte(streamPieces.at, at)));
					await tx.insert(streamPieces).values(row);
				});
			} catch (error) {
				this.#pending.unshift(piece);
				throw error;
			}
			this.pendingChars -= text.length;
		}
	}

	/** Let go of the streams of runs that are shown no more. */
	async forget(runs: RunId[]): Promise<void> {
		if (runs.length === 0) return;
		const { notebookId, run } = streamPieces;
		await this.#db.delete(streamPieces).where(and(eq(notebookId, this.#notebook), inArray(run, runs)));
	}
}

/** All pieces of a stream in order, from the one that holds line `line` on. */
export async function* readPieces(
	db: Database,
	notebook: string,
	stream: string,
	line = 0
): AsyncGenerator<Piece> {
	const ours = and(eq(streamPieces.notebookId, notebook), eq(streamPieces.stream, stream));
	const [first] = await db
		.select({ at: streamPieces.at })
		.from(streamPieces)
		.where(and(ours, lte(streamPieces.line, line)))
		.orderBy(desc(streamPieces.line), desc(streamPieces.at))
		.limit(1);
	let at = first?.at ?? 0;
	for (;;) {
		const [row] = await db
			.select()
			.from(streamPieces)
			.where(and(ours, gte(streamPieces.at, at)))
			.orderBy(asc(streamPieces.at))
			.limit(1);
		if (!row) return;
		yield { at: row.at, line: row.line, text: (await decompress(row.data)).toString('utf8') };
		at = row.at + 1;
	}
}

/** The run a stream belongs to: its id begins with that of the run. */
export function runOf(stream: string): RunId {
	return stream.slice(0, stream.indexOf('.'));
}
