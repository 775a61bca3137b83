import type { Cell } from '../cell.ts';
import type { Json, JsonObject } from '../json.ts';
import { isJsonMime } from '../output.ts';
import type { CellOutputs, NotebookContent } from './content.ts';
import { splitBundle, splitLines } from './lines.ts';
import type { NbOutput } from './nb-output.ts';
import { put } from './object.ts';

const NO_OUTPUTS: CellOutputs = { outputs: [], executionCount: null };

/**
 * A notebook as nbformat 4.5 JSON, with sources and texts as lists of lines, as the Python package nbformat writes
 * them. A code cell without an entry in `outputs` has none. Attachments of code cells are left out: the format has
 * no place for them. Does not throw.
 */
export function exportNotebook(notebook: NotebookContent): JsonObject {
	const { cells, outputs, metadata } = notebook;
	return {
		cells: cells.map((cell) =>
			exportCell(cell, Object.hasOwn(outputs, cell.id) ? outputs[cell.id]! : NO_OUTPUTS)
		),
		metadata,
		nbformat: 4,
		nbformat_minor: 5
	};
}

function exportCell(cell: Cell, shown: CellOutputs): JsonObject {
	const exported: JsonObject = {
		cell_type: cell.type,
		id: cell.id,
		metadata: cell.metadata,
		source: splitLines(cell.source)
	};
	if (cell.type === 'code') {
		exported.execution_count = shown.executionCount;
		exported.outputs = shown.outputs.map(exportOutput);
	} else if (cell.attachments) {
		exported.attachments = exportAttachments(cell.attachments);
	}
	return exported;
}

function exportOutput(output: NbOutput): JsonObject {
	if (output.output_type === 'stream') {
		const text = typeof output.text === 'string' ? output.text : output.text.join('');
		return { ...output, text: splitLines(text) };
	}
	if (output.output_type === 'error') return { ...output };
	return { ...output, data: splitBundle(output.data) };
}

function exportAttachments(attachments: NonNullable<Cell['attachments']>): JsonObject {
	const exported: JsonObject = {};
	for (const [name, texts] of Object.entries(attachments)) {
		const bundle: JsonObject = {};
		for (const [mime, text] of Object.entries(texts))
			put(bundle, mime, isJsonMime(mime) ? parsed(text) : text);
		put(exported, name, splitBundle(bundle));
	}
	return exported;
}

function parsed(text: string): Json {
	try {
		return JSON.parse(text) as Json;
	} catch {
		return text;
	}
}
