/** A notebook as a page that is made on the server: no script, nothing from outside as markup of ours. */
import type { Cell } from '#lib/model/cell.ts';
import type { CellOutputs, NotebookContent } from '#lib/model/ipynb/content.ts';
import { escapeHtml } from '#lib/render/syntax.ts';
import type { Grammar } from '#lib/render/grammars.ts';
import type { NotebookPage, PageOptions, Result } from './options.ts';
import { outputHtml } from './output-html.ts';
import { Prose } from './prose.ts';
import { languageOf, sourceHtml } from './source-html.ts';
import { shownParts } from './tags.ts';

/** More outputs of one cell than this are named by their number. */
const MOST_OUTPUTS = 200;

interface PageState {
	options: PageOptions;
	prose: Prose;
	language: string;
	grammars: Map<string, Promise<Grammar | null>>;
	/** Code cells so far. */
	codeCells: number;
	interactive: boolean;
	results: Result[];
}

/** The cells of a notebook with their outputs, its headings, and whether something can be loaded into a frame. */
export async function notebookPage(
	content: NotebookContent,
	options: PageOptions = {}
): Promise<NotebookPage> {
	const prose = new Prose(options);
	const state: PageState = {
		options,
		prose,
		language: languageOf(content.metadata),
		grammars: new Map(),
		codeCells: 0,
		interactive: false,
		results: []
	};
	const cells: string[] = [];
	for (const [i, cell] of content.cells.entries()) {
		const shown = i === 0 ? withoutFrontMatter(cell) : cell;
		const outputs = Object.hasOwn(content.outputs, cell.id) ? content.outputs[cell.id] : undefined;
		cells.push(await cellHtml(shown, outputs, state));
	}
	return {
		html: `<div class="notebook">\n${cells.filter((html) => html !== '').join('\n')}\n</div>`,
		contents: prose.contents,
		interactive: state.interactive,
		results: state.results
	};
}

async function cellHtml(cell: Cell, held: CellOutputs | undefined, state: PageState): Promise<string> {
	if (cell.type === 'code') state.codeCells += 1;
	const parts = shownParts(cell);
	if (parts === null) return '';
	const id = `${state.options.idPrefix ?? ''}cell-${cell.id.replace(/[^\w-]/g, '_')}`;
	if (cell.type === 'markdown') {
		const html = state.prose.cell(cell);
		if (html === '') return '';
		return `<div class="cell text" id="${id}">${folded(parts.input, 'Show the text', html)}</div>`;
	}
	if (cell.type === 'raw') {
		if (cell.source.trim() === '' || parts.input === 'gone') return '';
		const html = `<pre class="raw" tabindex="0" aria-label="Raw text">${escapeHtml(cell.source)}</pre>`;
		return `<div class="cell raw" id="${id}">${folded(parts.input, 'Show the raw text', html)}</div>`;
	}
	const code = parts.input === 'gone' || cell.source.trim() === '' ? '' : await inputHtml(cell, held, state);
	const outputs = parts.outputs === 'gone' ? '' : outputsHtml(cell, held, state);
	if (code === '' && outputs === '') return '';
	const label = `Code cell ${state.codeCells}`;
	return (
		`<div class="cell code" id="${id}" role="group" aria-label="${label}">` +
		folded(parts.input, 'Show the code', code) +
		folded(parts.outputs, 'Show the output', outputs) +
		'</div>'
	);
}

async function inputHtml(cell: Cell, held: CellOutputs | undefined, state: PageState): Promise<string> {
	const count = held?.executionCount ?? null;
	const number =
		count === null
			? ''
			: `<span class="count"><span class="visually-hidden">Run </span>${Number(count)}</span>`;
	const code = await sourceHtml(cell.source, state.language, state.grammars);
	return `<div class="input">${number}<pre tabindex="0" aria-label="Code"><code>${code}</code></pre></div>`;
}

function outputsHtml(cell: Cell, held: CellOutputs | undefined, state: PageState): string {
	const outputs = held?.outputs ?? [];
	const shown = outputs.slice(0, state.options.whole ? undefined : MOST_OUTPUTS).map((output, index) =>
		outputHtml(output, {
			cell: cell.id,
			index,
			source: cell.source,
			name:
				outputs.length > 1
					? `code cell ${state.codeCells}, output ${index + 1}`
					: `code cell ${state.codeCells}`,
			options: state.options,
			prose: state.prose,
			interactive: () => (state.interactive = true)
		})
	);
	const first = shown.findIndex((each) => each !== '');
	if (first >= 0) {
		const line = cell.source.trim().split('\n')[0]!.slice(0, 80);
		const label = `Code cell ${state.codeCells}${line === '' ? '' : `: ${line}`}`;
		state.results.push({ cell: cell.id, label, output: first });
	}
	const rest = outputs.length - shown.length;
	if (rest > 0) shown.push(`<p class="cut">${rest} more outputs of this cell are not shown here.</p>`);
	const html = shown.filter((each) => each !== '').join('\n');
	return html === '' ? '' : `<div class="outputs">\n${html}\n</div>`;
}

function folded(state: 'shown' | 'folded' | 'gone', words: string, html: string): string {
	if (html === '' || state === 'gone') return '';
	if (state === 'shown') return html;
	return `<details class="folded"><summary>${words}</summary>${html}</details>`;
}

/** MyST's and Quarto's front matter is said in the head of the page, not in its text. */
function withoutFrontMatter(cell: Cell): Cell {
	if (cell.type === 'code') return cell;
	return {
		...cell,
		source: cell.source.replace(/^\ufeff?\s*---[^\S\n]*\r?\n(?:[^]*?\r?\n)?---[^\S\n]*(?:\r?\n|$)/, '')
	};
}
