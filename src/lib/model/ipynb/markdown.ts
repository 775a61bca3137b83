import type { Cell } from '../cell.ts';
import type { CellId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { notebookLanguage } from './script.ts';

/**
 * A notebook as Markdown (CommonMark): Markdown cells as they are, with attached images put in as data URLs; code in
 * fences with the language's name; raw cells in plain fences; below a code cell its output as text where `outputs` has
 * one.
 */
export function toMarkdown(
	cells: readonly Cell[],
	metadata: JsonObject = {},
	outputs: Readonly<Record<CellId, string>> = {}
): string {
	const parts: string[] = [];
	for (const cell of cells) {
		if (cell.type === 'markdown') parts.push(withAttachments(cell));
		else parts.push(fence(cell.source, cell.type === 'code' ? notebookLanguage(metadata) : ''));
		const shown = cell.type === 'code' && Object.hasOwn(outputs, cell.id) ? outputs[cell.id]! : '';
		if (shown !== '') parts.push(fence(shown, 'text'));
	}
	return parts.length === 0 ? '' : `${parts.map((part) => part.replace(/\n+$/, '')).join('\n\n')}\n`;
}

/** A fence is longer than every run of backticks inside it. */
function fence(text: string, info: string): string {
	const longest = (text.match(/`{3,}/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
	const marks = '`'.repeat(longest + 1);
	return `${marks}${info}\n${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${marks}`;
}

/** `![plot](attachment:plot.png)` with the image itself in place of the name. */
function withAttachments(cell: Cell): string {
	const { attachments } = cell;
	if (!attachments) return cell.source;
	return cell.source.replace(/\]\(attachment:([^)\s]+)/g, (all, written: string) => {
		const name = [written, decoded(written)].find((candidate) => Object.hasOwn(attachments, candidate));
		const image = Object.entries(name === undefined ? {} : attachments[name]!).find(([mime]) => mime.startsWith('image/')); // prettier-ignore
		if (!image || image[0] === 'image/svg+xml') return all;
		return `](data:${image[0]};base64,${image[1].replaceAll(/\s/g, '')}`;
	});
}

function decoded(name: string): string {
	try {
		return decodeURIComponent(name);
	} catch {
		return name;
	}
}
