/** Text as a terminal shows it, for a `<pre>`: overwritten lines as they ended, colours as classes. */
import { lineBreaks } from '#lib/model/stream.ts';
import { writeTerminal } from '#lib/model/terminal.ts';
import { ansiToHtml } from '#lib/render/ansi.ts';
import { escapeHtml } from '#lib/render/syntax.ts';
import { cleanRendered } from './clean-html.ts';

/** Of a long text the page shows so much of its beginning and of its end: a page, and one that is printed, is for reading. */
const HEAD = { characters: 16_000, lines: 100 };
const TAIL = { characters: 8_000, lines: 50 };
/** What is hardly longer is shown whole: a cut of three lines saves nobody anything. */
const SPARE = { characters: 1_000, lines: 10 };

export interface TerminalPart {
	head: string;
	/** How many characters stand between, and what comes after them; absent where all is shown. */
	cut?: { omitted: number; tail: string };
}

/** The parts of a text that a page shows, as HTML. */
export function terminalParts(text: string, whole: boolean): TerminalPart {
	const shown = writeTerminal({ text: '' }, text).text;
	const head = beginning(shown);
	const tail = end(shown);
	const between = shown.slice(head, tail);
	if (whole || (between.length <= SPARE.characters && lineBreaks(between) <= SPARE.lines)) {
		return { head: terminalHtml(shown) };
	}
	return {
		head: terminalHtml(shown.slice(0, head)),
		cut: { omitted: tail - head, tail: terminalHtml(shown.slice(tail)) }
	};
}

/** Escaped, colours as classes. */
export function terminalHtml(text: string): string {
	const shown = text.replace(/\r$/, '');
	return shown.includes('\u001b') ? cleanRendered(ansiToHtml(shown)) : escapeHtml(shown);
}

/** Where the part of the beginning ends. */
function beginning(text: string): number {
	let at = 0;
	for (let line = 0; line < HEAD.lines && at < text.length; line += 1) {
		const next = text.indexOf('\n', at) + 1 || text.length;
		if (next > HEAD.characters) return at > HEAD.characters / 2 ? at : safeCut(text, HEAD.characters);
		at = next;
	}
	return at;
}

/** Where the part of the end begins. */
function end(text: string): number {
	let at = text.length;
	for (let line = 0; line < TAIL.lines && at > 0; line += 1) {
		// The break that ends a line belongs to it.
		const start = text.lastIndexOf('\n', at - 2) + 1;
		if (start < text.length - TAIL.characters) {
			return at < text.length - TAIL.characters / 2 ? at : safeCut(text, text.length - TAIL.characters);
		}
		at = start;
	}
	return at;
}

/** Never between the two halves of a surrogate pair. */
function safeCut(text: string, position: number): number {
	const code = text.charCodeAt(position - 1);
	return code >= 0xd800 && code <= 0xdbff ? position - 1 : position;
}
