import type { Output } from './output.ts';
import { writeTerminal } from './terminal.ts';

/** Characters of a stream kept in the document at its beginning and at its end. */
export const HEAD_CHARS = 32 * 1024;
export const TAIL_CHARS = 32 * 1024;

export type Stream = Extract<Output, { type: 'stream' }>;

/** Text that has left the reach of its stream's cursor and is final: a piece of `stream` at a character and a line of it. */
export interface Overflow {
	stream: string;
	at: number;
	line: number;
	text: string;
}

/**
 * Add text to the last stream of that name, or begin a new one, as a terminal would show it. What exceeds head and tail
 * is handed over in `overflow`, head included, so that the pieces of one stream and its tail are the whole of it. `id`
 * names a new stream.
 */
export function appendStream(
	outputs: Output[],
	name: Stream['name'],
	text: string,
	id: string
): { outputs: Output[]; overflow: Overflow[] } {
	if (text === '') return { outputs, overflow: [] };
	const last = outputs.at(-1);
	const joins = last?.type === 'stream' && last.name === name;
	const { stream, overflow } = extend(joins ? last : { type: 'stream', name, text: '' }, text, id);
	return { outputs: [...(joins ? outputs.slice(0, -1) : outputs), stream], overflow };
}

function extend(stream: Stream, added: string, id: string): { stream: Stream; overflow: Overflow[] } {
	const { cursor: before, ...rest } = stream;
	const { text, cursor } = writeTerminal(
		{ text: stream.tail ?? stream.text, ...(before ? { cursor: before } : {}) },
		added
	);
	const written: Stream = {
		...rest,
		...(stream.tail === undefined ? { text } : { tail: text }),
		...(cursor ? { cursor } : {})
	};
	return trim(written, id);
}

function trim(stream: Stream, id: string): { stream: Stream; overflow: Overflow[] } {
	if (stream.tail === undefined) {
		if (stream.text.length <= HEAD_CHARS + TAIL_CHARS) return { stream, overflow: [] };
		const cut = endOfLine(stream.text, HEAD_CHARS);
		const head = stream.text.slice(0, cut);
		const begun = {
			...stream,
			id,
			text: head,
			tail: stream.text.slice(cut),
			omitted: 0,
			lines: lineBreaks(head)
		};
		const { stream: cutOnce, overflow } = trim(begun, id);
		return { stream: cutOnce, overflow: [{ stream: id, at: 0, line: 0, text: head }, ...overflow] };
	}
	// Room for half a tail more before cutting again: cutting at every chunk would rewrite the tail each time.
	if (stream.tail.length <= TAIL_CHARS * 1.5) return { stream, overflow: [] };
	const cut = endOfLine(stream.tail, stream.tail.length - TAIL_CHARS);
	const released = stream.tail.slice(0, cut);
	return {
		stream: {
			...stream,
			tail: stream.tail.slice(cut),
			omitted: (stream.omitted ?? 0) + cut,
			lines: (stream.lines ?? 0) + lineBreaks(released)
		},
		overflow: [
			{
				stream: stream.id ?? id,
				at: stream.text.length + (stream.omitted ?? 0),
				line: stream.lines ?? 0,
				text: released
			}
		]
	};
}

export function lineBreaks(text: string): number {
	let count = 0;
	for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
	return count;
}

/** The position after the line break at or before `position`, or `position` itself inside a very long line. */
function endOfLine(text: string, position: number): number {
	const found = text.lastIndexOf('\n', position - 1);
	return found >= 0 && position - found < HEAD_CHARS / 2 ? found + 1 : safeCut(text, position);
}

/** Never between the two halves of a surrogate pair. */
function safeCut(text: string, position: number): number {
	const code = text.charCodeAt(position - 1);
	return code >= 0xd800 && code <= 0xdbff ? position - 1 : position;
}
