/** The beginning of an abstract where there is room for a few lines of it only. */
import { splitMaths } from './latex.ts';

/**
 * One line of plain text out of Markdown: its marks are gone, links are their words, formulas stay as `$…$` and are never cut.
 * Ends at a word, with `…`, when there is more than `most` characters (a formula counts as its source).
 */
export function abstractLead(abstract: string, most: number): string {
	let lead = '';
	for (const { maths, text } of splitMaths(abstract)) {
		const part = maths ? `$${text}$` : plain(text);
		if (lead.length + part.length <= most) {
			lead += part;
			continue;
		}
		if (!maths) lead += part.slice(0, most - lead.length).replace(/\S*$/, '');
		return `${oneLine(lead).replace(/[\s,;:.–-]+$/, '')}…`;
	}
	return oneLine(lead);
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
