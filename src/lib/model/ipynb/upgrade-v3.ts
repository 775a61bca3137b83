import type { Json, JsonObject } from '../json.ts';
import { newId } from '../ids.ts';
import { ProblemError } from '../problem.ts';
import { parseNotebookText } from './json-parse.ts';
import type { JsonPath } from './json-place.ts';
import { bareLines } from './lines.ts';
import { isObject, own, put, take } from './object.ts';

const MIME_OF = {
	text: 'text/plain',
	html: 'text/html',
	svg: 'image/svg+xml',
	png: 'image/png',
	jpeg: 'image/jpeg',
	latex: 'text/latex',
	json: 'application/json',
	javascript: 'application/javascript'
};
const MAX_HEADING = 100;

/**
 * Version 3 to 4.5, in place, with the mapping of nbformat 5.11 (`v4.convert.upgrade`): worksheets one after the
 * other, `input` to `source`, `prompt_number` to `execution_count`, headings to Markdown, `pyout` and `pyerr` to
 * `execute_result` and `error`, short output keys to MIME types.
 * Gives where each cell stood in the old file. Does not throw: what it does not understand, validation will refuse.
 */
export function upgradeV3(
	notebook: JsonObject,
	warnings: string[],
	freshId: () => string = newId
): JsonPath[] {
	const origins: JsonPath[] = [];
	const cells: Json[] = [];
	const sheets = take(notebook, 'worksheets');
	for (const [s, sheet] of (Array.isArray(sheets) ? sheets : []).entries()) {
		const sheetCells = isObject(sheet) ? own(sheet, 'cells') : undefined;
		for (const [c, cell] of (Array.isArray(sheetCells) ? sheetCells : []).entries()) {
			if (isObject(cell)) upgradeCell(cell, warnings, freshId);
			cells.push(cell);
			origins.push(['worksheets', s, 'cells', c]);
		}
	}
	if (Array.isArray(sheets) && sheets.length > 1) {
		warnings.push(`The ${sheets.length} worksheets of the old file were put one after the other.`);
	}
	take(notebook, 'orig_nbformat');
	take(notebook, 'orig_nbformat_minor');
	notebook.nbformat = 4;
	notebook.nbformat_minor = 5;
	notebook.cells = cells;
	notebook.metadata ??= {};
	if (isObject(notebook.metadata)) {
		take(notebook.metadata, 'name');
		take(notebook.metadata, 'signature');
	}
	return origins;
}

function upgradeCell(cell: JsonObject, warnings: string[], freshId: () => string): void {
	cell.metadata ??= {};
	cell.id = freshId();
	if (cell.cell_type === 'code') {
		take(cell, 'language');
		const collapsed = take(cell, 'collapsed');
		if (collapsed !== undefined && isObject(cell.metadata)) cell.metadata.collapsed = collapsed;
		cell.source = take(cell, 'input') ?? '';
		cell.execution_count = take(cell, 'prompt_number') ?? null;
		cell.outputs ??= [];
		if (Array.isArray(cell.outputs)) {
			for (const output of cell.outputs) if (isObject(output)) upgradeOutput(output, warnings);
		}
	} else if (cell.cell_type === 'heading') {
		const level = take(cell, 'level');
		const hashes = '#'.repeat(typeof level === 'number' ? Math.min(Math.max(level, 0), MAX_HEADING) : 1);
		const source = own(cell, 'source');
		cell.cell_type = 'markdown';
		cell.source = `${hashes} ${bareLines(typeof source === 'string' ? source : '').join(' ')}`;
	} else if (cell.cell_type === 'html') {
		cell.cell_type = 'markdown';
	}
}

function upgradeOutput(output: JsonObject, warnings: string[]): void {
	if (output.output_type === 'pyerr') {
		output.output_type = 'error';
	} else if (output.output_type === 'stream') {
		output.name = take(output, 'stream') ?? 'stdout';
	} else if (output.output_type === 'pyout' || output.output_type === 'display_data') {
		output.metadata ??= {};
		if (output.output_type === 'pyout') {
			output.output_type = 'execute_result';
			output.execution_count = take(output, 'prompt_number') ?? null;
		}
		const data: JsonObject = {};
		for (const key of Object.keys(output)) {
			if (key === 'output_type' || key === 'execution_count' || key === 'metadata') continue;
			put(data, key, take(output, key)!);
		}
		renameToMime(data);
		if (isObject(output.metadata)) renameToMime(output.metadata);
		if (typeof data['application/json'] === 'string') {
			data['application/json'] = parsedJson(data['application/json'], warnings);
		}
		output.data = data;
	}
}

function renameToMime(bundle: JsonObject): void {
	for (const [alias, mime] of Object.entries(MIME_OF)) {
		const value = take(bundle, alias);
		if (value !== undefined) bundle[mime] = value;
	}
}

/** Version 3 kept JSON output as text. */
function parsedJson(text: string, warnings: string[]): Json {
	try {
		return parseNotebookText(text).value;
	} catch (error) {
		if (!(error instanceof ProblemError)) throw error;
		warnings.push('A JSON output of the old file is not valid JSON; it was kept as text.');
		return text;
	}
}
