/** The beginning of an abstract where there is room for a few lines of it only. */
import { splitMaths } from './latex.ts';

/**
 * One line of plain text out of Markdown: its marks are gone, links are their words, formulas stay as `$…$` and are never cut.
 * Ends at a word where there are such, with `…`, when there is more than `most` characters (a formula counts as its source).
 */
export function abstractLead(abstract: string, most: number): string {
	let lead = '';
	for (const { maths, text } of splitMaths(abstract)) {
		const part = maths ? `$${text}$` : plain(text);
		if (lead.length + part.length <= most) {
			lead += part;
			continue;
		}
		if (!maths) lead += cut(part, most - lead.length);
		return `${oneLine(lead).replace(/[\s,;:.–-]+$/, '')}…`;
	}
	return oneLine(lead);
}

/** Without the word that is broken; scripts that set no blanks between words end anywhere but within a character. */
function cut(text: string, most: number): string {
	return text
		.slice(0, most)
		.replace(/\s\S{0,40}$/, '')
		.replace(/[\ud800-\udbff]$/, '');
}

function oneLine(text: string): string {
	return text.replace(/\s+/g, ' ').trim();
}

/** Markdown outside of formulas without its marks. */
function plain(text: string): string {
	return text
		.replace(/^ {0,3}(?:#{1,6}|>|[-+*]|\d{1,9}[.)])(?=\s)/gm, '')
		.replace(/!?\[([^[\]]*)\]\([^()\s]*\)/g, '$1')
		.replace(/(?<!\\)(\*{1,3}|`+)(?=\S)/g, '')
		.replace(/(?<=\S)(?<!\\)(\*{1,3}|`+)/g, '')
		.replace(/\\([!-/:-@[-`{-~])/g, '$1');
}
