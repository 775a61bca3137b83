/** Long text outputs as a whole: what has left the document, and the tail that is still in it. Also while the cell runs. */
import { Readable } from 'node:stream';
import { readPieces, runOf } from '#collab/stream-store.ts';
import type { RoomSet } from '#collab/room-set.ts';
import type { Database } from '#db/database.ts';
import type { NotebookId } from '#lib/model/ids.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { lineBreaks, type Stream } from '#lib/model/stream.ts';

/** Characters of a line that are sent; one without end must not fill the browser. */
const LONGEST_LINE = 4000;

export interface StreamLines {
	/** Number of the first line, from 0. */
	from: number;
	lines: string[];
	/** Lines there are now. */
	total: number;
}

/** The stream of a run that is still shown, everything up to its tail being in the database. 404 otherwise. */
async function find(rooms: RoomSet, notebook: NotebookId, id: string): Promise<Stream> {
	const room = await rooms.open(notebook);
	await room.stored();
	const run = room.run(runOf(id));
	const stream = run?.outputs.find(
		(output): output is Stream => output.type === 'stream' && output.id === id
	);
	if (stream) return stream;
	throw new ProblemError(404, {
		code: 'stream-unknown',
		title: 'This output is not kept any more.',
		detail: 'A notebook keeps the outputs of the latest run of each cell.'
	});
}

/** The whole text, piece by piece. */
export async function streamText(
	db: Database,
	rooms: RoomSet,
	notebook: NotebookId,
	id: string
): Promise<ReadableStream<Uint8Array>> {
	const stream = await find(rooms, notebook, id);
	return Readable.toWeb(
		Readable.from(encoded(parts(db, notebook, id, stream, 0)))
	) as ReadableStream<Uint8Array>;
}

/** `count` lines from `from` on. */
export async function streamLines(
	db: Database,
	rooms: RoomSet,
	notebook: NotebookId,
	id: string,
	from: number,
	count: number
): Promise<StreamLines> {
	const stream = await find(rooms, notebook, id);
	const total = (stream.lines ?? 0) + lineBreaks(stream.tail ?? '') + 1;
	const lines: string[] = [];
	let rest = '';
	let line = -1;
	for await (const part of parts(db, notebook, id, stream, from)) {
		if (line < 0) line = part.line;
		const found = (rest + part.text).split('\n');
		rest = found.pop()!;
		for (const text of found) if (line++ >= from && lines.length < count) lines.push(shortened(text));
		// A line that never ends is cut here as well.
		if (rest.length > 4 * LONGEST_LINE) rest = rest.slice(0, 4 * LONGEST_LINE);
		if (lines.length >= count) return { from, lines, total };
	}
	if (line >= from && lines.length < count) lines.push(shortened(rest));
	return { from, lines, total };
}

/** The text in order; a piece that holds line `from` comes first. Pieces may be ahead of what the document counts. */
async function* parts(
	db: Database,
	notebook: NotebookId,
	id: string,
	stream: Stream,
	from: number
): AsyncGenerator<{ line: number; text: string }> {
	const end = stream.text.length + (stream.omitted ?? 0);
	if (from < (stream.lines ?? 0)) {
		for await (const { at, line, text } of readPieces(db, notebook, id, from)) {
			if (at >= end) break;
			yield { line, text: text.slice(0, end - at) };
		}
		yield { line: stream.lines ?? 0, text: stream.tail ?? '' };
		return;
	}
	yield { line: stream.lines ?? 0, text: stream.tail ?? '' };
}

async function* encoded(texts: AsyncIterable<{ text: string }>): AsyncGenerator<Uint8Array> {
	for await (const { text } of texts) yield Buffer.from(text, 'utf8');
}

function shortened(line: string): string {
	if (line.length <= LONGEST_LINE) return line;
	return `${line.slice(0, LONGEST_LINE)} … (${(line.length - LONGEST_LINE).toLocaleString('en')} more characters)`;
}
