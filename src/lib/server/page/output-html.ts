/** One output of a cell as HTML without a script of its own. */
import type { CellId } from '#lib/model/ids.ts';
import type { NbOutput } from '#lib/model/ipynb/nb-output.ts';
import type { Json, JsonObject } from '#lib/model/json.ts';
import { escapeHtml } from '#lib/render/syntax.ts';
import { renderTex, texParts } from '#lib/render/tex.ts';
import { cleanRendered, cleanStrict } from './clean-html.ts';
import { frameHtml } from './frame-html.ts';
import { jsonHtml } from './json-html.ts';
import type { OutputPart, PageOptions } from './options.ts';
import { kindOf, textOf, tracebackOf, type OutputKind } from './output-kind.ts';
import { pictureHtml } from './picture.ts';
import type { Prose } from './prose.ts';
import { sizeWords } from './size-words.ts';
import { stripAnsi, terminalHtml, terminalParts } from './terminal-html.ts';

/** Where an output stands, and what it is made with. */
export interface OutputPlace {
	cell: CellId;
	/** Its place among the outputs of its cell. */
	index: number;
	/** Code of the cell. */
	source: string;
	/** What a picture is called where nothing says what is on it. */
	name: string;
	options: PageOptions;
	prose: Prose;
	/** Told of an output that can be loaded into a frame. */
	interactive: () => void;
}

/** What the page itself carries of one output at most; more has an address or is left to the file. Characters. */
const LONGEST = { html: 400_000, markup: 100_000, picture: 8_000_000 };

/** An output, or nothing where it has nothing to show. */
export function outputHtml(output: NbOutput, place: OutputPlace): string {
	const inner = innerHtml(output, place);
	return inner === '' ? '' : `<div class="output">${inner}</div>`;
}

function innerHtml(output: NbOutput, place: OutputPlace): string {
	if (output.output_type === 'stream') {
		const text = textOf(output.text);
		if (text === '') return '';
		const stderr = output.name === 'stderr';
		const label = stderr ? '<p class="visually-hidden">Standard error:</p>' : '';
		return `<div class="stream${stderr ? ' stderr' : ''}">${label}${terminalBlocks(text, place)}</div>`;
	}
	if (output.output_type === 'error') {
		const traceback = tracebackOf(output);
		const head = `<p class="head"><strong>${escapeHtml(String(output.ename ?? 'Error').slice(0, 200))}</strong> ${escapeHtml(stripAnsi(String(output.evalue ?? '').slice(0, 2_000)))}</p>`;
		return `<div class="error">${head}${traceback.trim() === '' ? '' : terminalBlocks(traceback, place)}</div>`;
	}
	const kind = kindOf(output.data);
	if (kind.kind === 'empty') return '';
	return richHtml(kind, output.data, output.metadata ?? {}, place);
}

function richHtml(
	kind: OutputKind,
	data: Record<string, Json>,
	metadata: JsonObject,
	place: OutputPlace
): string {
	switch (kind.kind) {
		case 'picture':
			return picture(kind.mime, data, metadata, place);
		case 'html': {
			const html = textOf(data[kind.mime]);
			if (tooLong(html.length, LONGEST.html, place)) return longNote('table', html.length, place);
			return `<div class="html-output" tabindex="0" role="group" aria-label="Output">${cleanStrict(html)}</div>`;
		}
		case 'styled':
			return frameHtml({ html: kind.html, url: address(place, 'frame'), title: 'Output', onDemand: null });
		case 'interactive': {
			place.interactive();
			const still = kind.still === null ? '' : picture(kind.still, data, metadata, place);
			const url = address(place, 'frame');
			return (
				still +
				frameHtml({ html: kind.html, url, title: `Interactive output of ${place.name}`, onDemand: kind.name })
			);
		}
		case 'absent': {
			const still = kind.still === null ? '' : picture(kind.still, data, metadata, place);
			const plain = still === '' ? plainOf(data) : '';
			const note = `<p class="note">${still ? 'A picture of this' : 'This'} ${escapeHtml(kind.name)}${still ? '' : ' needs the running notebook'}: run it to use it.</p>`;
			return still + plain + note;
		}
		case 'markdown': {
			const text = textOf(data[kind.mime]);
			return text.length > LONGEST.markup ? terminalBlocks(text, place) : place.prose.output(text);
		}
		case 'latex': {
			const text = textOf(data[kind.mime]);
			if (text.length > LONGEST.markup) return terminalBlocks(text, place);
			const output = place.options.maths === 'mathml' ? 'mathml' : 'htmlAndMathml';
			const parts = texParts(text).map((part) =>
				part.math ? renderTex(part.text, part.display, output) : escapeHtml(part.text)
			);
			return `<div class="latex">${cleanRendered(parts.join(''))}</div>`;
		}
		case 'json': {
			const { html, cut } = jsonHtml(parsed(data[kind.mime]!));
			const size = cut ? JSON.stringify(data[kind.mime]).length : 0;
			return html + (cut ? longNote('JSON', size, place) : '');
		}
		case 'text':
			return terminalBlocks(textOf(data[kind.mime]), place);
		case 'other':
			return `<p class="note">This output is of the type ${escapeHtml(kind.mime.slice(0, 100))}, which cannot be shown here.</p>`;
		case 'empty':
			return '';
	}
}

function picture(mime: string, data: Record<string, Json>, metadata: JsonObject, place: OutputPlace): string {
	const url = address(place, 'picture');
	const size = textOf(data[mime]).length;
	if (url === null && tooLong(size, LONGEST.picture, place)) return longNote('picture', size, place);
	return pictureHtml(mime, data, metadata, { source: place.source, name: place.name, url });
}

function plainOf(data: Record<string, Json>): string {
	const plain = textOf(data['text/plain']);
	return plain.trim() === '' ? '' : `<pre>${terminalHtml(plain.slice(0, 2_000))}</pre>`;
}

/** Terminal text in one `<pre>`, or in two with a word on what stands between. */
function terminalBlocks(text: string, place: OutputPlace): string {
	const { head, cut } = terminalParts(text, place.options.whole === true);
	const block = (html: string): string => `<pre tabindex="0" aria-label="Text output">${html}</pre>`;
	if (!cut) return block(head);
	const note = `${cut.omitted.toLocaleString('en')} characters between are not shown here.`;
	return `${block(head)}<p class="cut">${note}${wholeLink(text.length, place)}</p>${block(cut.tail)}`;
}

function tooLong(length: number, most: number, { options }: OutputPlace): boolean {
	return length > most && options.whole !== true;
}

function longNote(what: string, size: number, place: OutputPlace): string {
	return `<p class="cut">This ${what} is too long to be shown here in full (${sizeWords(size)}).${wholeLink(size, place)}</p>`;
}

function wholeLink(size: number, place: OutputPlace): string {
	const url = address(place, 'whole');
	return url === null ? '' : ` <a href="${escapeHtml(url)}">Show all of it (${sizeWords(size)})</a>`;
}

function address({ cell, index, options }: OutputPlace, part: OutputPart): string | null {
	return options.address?.(cell, index, part) ?? null;
}

/** Kernels give JSON as JSON; some files hold it as text. */
function parsed(value: Json): Json {
	if (typeof value !== 'string') return value;
	try {
		return JSON.parse(value) as Json;
	} catch {
		return value;
	}
}
