import type { JsonObject } from '../json.ts';
import { WARNINGS_SHOWN } from './limits.ts';
import { isObject, objects, own } from './object.ts';

const NOTEBOOK_KEYS = new Set(['nbformat', 'nbformat_minor', 'metadata', 'cells']);
const CELL_KEYS: Record<string, Set<string>> = {
	markdown: new Set(['id', 'cell_type', 'metadata', 'source', 'attachments']),
	raw: new Set(['id', 'cell_type', 'metadata', 'source', 'attachments']),
	code: new Set(['id', 'cell_type', 'metadata', 'source', 'outputs', 'execution_count'])
};
const OUTPUT_KEYS: Record<string, Set<string>> = {
	execute_result: new Set(['output_type', 'data', 'metadata', 'execution_count']),
	display_data: new Set(['output_type', 'data', 'metadata']),
	stream: new Set(['output_type', 'name', 'text']),
	error: new Set(['output_type', 'ename', 'evalue', 'traceback'])
};

/**
 * Leaves out, in place, what nbformat 4.5 has no place for, and says so: for old files (`rendered`, a `metadata` of a
 * stream) and for files of a later minor version, which nbformat allows to hold more. Metadata is not touched.
 * Cells of a kind not known become raw cells, outputs of a kind not known become `application/json` displays, so that
 * their content is kept.
 */
export function conform(notebook: JsonObject, warnings: string[]): void {
	const dropped = new Map<string, number>();
	const keepOnly = (object: JsonObject, keys: Set<string>, where: string) => {
		for (const key of Object.keys(object)) {
			if (keys.has(key)) continue;
			delete object[key];
			const name = `"${key.slice(0, 80)}" of ${where}`;
			dropped.set(name, (dropped.get(name) ?? 0) + 1);
		}
	};
	const strange = { cells: 0, outputs: 0 };
	keepOnly(notebook, NOTEBOOK_KEYS, 'the notebook');
	for (const cell of objects(own(notebook, 'cells'))) {
		if (typeof cell.cell_type !== 'string') continue;
		if (!Object.hasOwn(CELL_KEYS, cell.cell_type)) {
			strange.cells += 1;
			becomeRaw(cell);
		}
		keepOnly(cell, CELL_KEYS[cell.cell_type]!, `a ${cell.cell_type} cell`);
		for (const output of objects(own(cell, 'outputs'))) {
			if (typeof output.output_type !== 'string') continue;
			if (!Object.hasOwn(OUTPUT_KEYS, output.output_type)) {
				strange.outputs += 1;
				becomeDisplay(output);
			}
			keepOnly(output, OUTPUT_KEYS[output.output_type]!, `an output (${output.output_type})`);
		}
	}
	if (strange.cells > 0) warnings.push(`${strange.cells} of the cells are of an unknown kind and were kept as raw cells.`); // prettier-ignore
	if (strange.outputs > 0) warnings.push(`${strange.outputs} of the outputs are of an unknown kind and were kept as JSON.`); // prettier-ignore
	for (const [name, count] of [...dropped].slice(0, WARNINGS_SHOWN)) {
		warnings.push(`The key ${name} has no place in the notebook format 4.5 and was left out${count > 1 ? ` (${count} times)` : ''}.`); // prettier-ignore
	}
	if (dropped.size > WARNINGS_SHOWN) {
		warnings.push(`${dropped.size - WARNINGS_SHOWN} other keys without a place in the format were left out.`);
	}
}

function becomeRaw(cell: JsonObject): void {
	const { id: _id, metadata, ...content } = cell;
	const source = own(cell, 'source');
	const text = typeof source === 'string' || Array.isArray(source);
	if (!text) cell.source = JSON.stringify(content, null, 1);
	if (!isObject(metadata)) cell.metadata = {};
	cell.cell_type = 'raw';
}

function becomeDisplay(output: JsonObject): void {
	const content = { ...output };
	for (const key of Object.keys(output)) delete output[key];
	output.output_type = 'display_data';
	output.data = { 'application/json': content };
	output.metadata = {};
}
