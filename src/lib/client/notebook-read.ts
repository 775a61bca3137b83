/**
 * A notebook file as it is read on the page of files: nothing is checked or repaired, what is not understood is left out.
 * Who wants it whole imports it, which tells line and column of what is wrong.
 */
import { fromNbOutput } from '#lib/model/ipynb/output-convert.ts';
import { joinText } from '#lib/model/ipynb/lines.ts';
import type { NbOutput } from '#lib/model/ipynb/nb-output.ts';
import type { Json, JsonObject } from '#lib/model/json.ts';
import type { Output } from '#lib/model/output.ts';
import { tagsOf } from '#lib/model/parameters.ts';

export interface ReadCell {
	type: 'code' | 'markdown' | 'raw';
	source: string;
	count: number | null;
	outputs: Output[];
	attachments: Record<string, Record<string, string>>;
	tags: string[];
}

export interface ReadNotebook {
	language: string;
	cells: ReadCell[];
}

const isObject = (value: Json | undefined): value is JsonObject =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** Null for what is no notebook of format 4; older ones are read when they are imported. */
export function readNotebook(value: Json): ReadNotebook | null {
	if (!isObject(value) || value.nbformat !== 4 || !Array.isArray(value.cells)) return null;
	const metadata = isObject(value.metadata) ? value.metadata : {};
	const info = isObject(metadata.language_info) ? metadata.language_info : {};
	return {
		language: typeof info.name === 'string' ? info.name : 'python',
		cells: value.cells.filter(isObject).map(readCell)
	};
}

function readCell(cell: JsonObject): ReadCell {
	const type = cell.cell_type === 'markdown' || cell.cell_type === 'raw' ? cell.cell_type : 'code';
	const source = joinText(cell.source ?? '');
	return {
		type,
		source: typeof source === 'string' ? source : '',
		count: typeof cell.execution_count === 'number' ? cell.execution_count : null,
		outputs: Array.isArray(cell.outputs) ? cell.outputs.flatMap(readOutput) : [],
		attachments: isObject(cell.attachments) ? (cell.attachments as ReadCell['attachments']) : {},
		tags: isObject(cell.metadata) ? tagsOf(cell.metadata) : []
	};
}

function readOutput(output: Json): Output[] {
	if (!isObject(output)) return [];
	try {
		const read = fromNbOutput(output as unknown as NbOutput);
		// A type of output that this format does not have.
		return read === undefined ? [] : [read];
	} catch {
		return [
			{ type: 'notice', level: 'warning', text: 'An output here is not as the notebook format has it.' }
		];
	}
}
