import type { Output } from './output.ts';

/** Characters of a stream kept at its beginning and at its end; what is between is only counted. */
export const HEAD_CHARS = 32 * 1024;
export const TAIL_CHARS = 32 * 1024;

/**
 * Add text to the last stream of that name, or begin a new one. A carriage return takes back the line it stands in, as
 * in a terminal, so that progress bars stay one line. Above head and tail the middle is dropped and counted.
 */
export function appendStream(outputs: Output[], name: 'stdout' | 'stderr', text: string): Output[] {
	if (text === '') return outputs;
	const last = outputs.at(-1);
	if (last?.type === 'stream' && last.name === name) {
		return [...outputs.slice(0, -1), extend(last, text)];
	}
	return [...outputs, extend({ type: 'stream', name, text: '' }, text)];
}

type Stream = Extract<Output, { type: 'stream' }>;

function extend(stream: Stream, added: string): Stream {
	if (stream.tail !== undefined) return trim({ ...stream, tail: overwrite(stream.tail, added) });
	return trim({ ...stream, text: overwrite(stream.text, added) });
}

function trim(stream: Stream): Stream {
	if (stream.tail === undefined) {
		if (stream.text.length <= HEAD_CHARS + TAIL_CHARS) return stream;
		const cut = endOfLine(stream.text, HEAD_CHARS);
		return trim({ ...stream, text: stream.text.slice(0, cut), tail: stream.text.slice(cut), omitted: 0 });
	}
	// Room for half a tail more before cutting again: cutting at every chunk would rewrite the tail each time.
	if (stream.tail.length <= TAIL_CHARS * 1.5) return stream;
	const cut = endOfLine(stream.tail, stream.tail.length - TAIL_CHARS);
	return { ...stream, tail: stream.tail.slice(cut), omitted: (stream.omitted ?? 0) + cut };
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

/** `text + added` with `\r` and `\b` obeyed. A trailing `\r` is kept: what follows it decides. */
function overwrite(text: string, added: string): string {
	if (!text.endsWith('\r') && !/[\r\b]/.test(added)) return text + added;
	let done = text;
	let rest = added;
	if (done.endsWith('\r')) {
		done = done.slice(0, -1);
		rest = '\r' + rest;
	}
	for (const part of rest.replaceAll('\r\n', '\n').split(/([\r\b])/)) {
		if (part === '\b') done = /[^\n]$/.test(done) ? done.slice(0, -1) : done;
		else if (part === '\r') done += '\r';
		else if (part !== '') done = (done.endsWith('\r') ? done.slice(0, lineStart(done)) : done) + part;
	}
	// Several returns in a row are one.
	return done.replace(/\r+$/, '\r');
}

function lineStart(text: string): number {
	return text.lastIndexOf('\n') + 1;
}
