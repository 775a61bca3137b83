/** Text as a terminal shows it, for a `<pre>`: overwritten lines as they ended, colours as classes. */
import { writeTerminal } from '#lib/model/terminal.ts';
import { ansiToHtml, stripAnsi } from '#lib/render/ansi.ts';
import { escapeHtml } from '#lib/render/syntax.ts';
import { cleanRendered } from './clean-html.ts';

/** Of a long text the page shows so many characters of its beginning and of its end. */
const HEAD = 16_000;
const TAIL = 8_000;

export interface TerminalPart {
	head: string;
	/** How many characters stand between, and what comes after them; absent where all is shown. */
	cut?: { omitted: number; tail: string };
}

/** The parts of a text that a page shows, as HTML. */
export function terminalParts(text: string, whole: boolean): TerminalPart {
	const shown = writeTerminal({ text: '' }, text).text;
	if (whole || shown.length <= HEAD + TAIL + 1_000) return { head: terminalHtml(shown) };
	const head = atLine(shown, HEAD);
	const tail = Math.max(head, atLine(shown, shown.length - TAIL));
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

export { stripAnsi };

/** After the line break before a position; in a very long line at the position itself, never within a character. */
function atLine(text: string, position: number): number {
	const found = text.lastIndexOf('\n', position - 1);
	if (found >= 0 && position - found < HEAD / 2) return found + 1;
	const code = text.charCodeAt(position - 1);
	return code >= 0xd800 && code <= 0xdbff ? position - 1 : position;
}
