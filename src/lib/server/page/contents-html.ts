/** The headings of a notebook as a list of links, for files that stand alone. */
import { escapeHtml } from '#lib/render/syntax.ts';
import type { ContentsEntry } from './options.ts';

/** A `<nav>` with nested lists, or nothing where there are fewer headings than make a list worth while. */
export function contentsHtml(contents: ContentsEntry[], least = 3): string {
	if (contents.length < least) return '';
	return `<nav class="contents" aria-label="Contents">${list(contents)}</nav>`;
}

function list(entries: ContentsEntry[]): string {
	const items: string[] = [];
	for (let at = 0; at < entries.length;) {
		const { level, id, text } = entries[at]!;
		let end = at + 1;
		while (end < entries.length && entries[end]!.level > level) end += 1;
		const under = entries.slice(at + 1, end);
		items.push(
			`<li><a href="#${escapeHtml(id)}">${escapeHtml(text)}</a>${under.length > 0 ? list(under) : ''}</li>`
		);
		at = end;
	}
	return `<ol>${items.join('')}</ol>`;
}
