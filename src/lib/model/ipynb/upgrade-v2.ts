import type { Json, JsonObject } from '../json.ts';
import { isTextList } from './lines.ts';
import { objects, own, put, take } from './object.ts';

const OUTPUT_TEXTS = ['text', 'html', 'svg', 'latex', 'javascript', 'json'];
const CELL_TEXTS = ['source', 'rendered'];

/** All cells of a notebook of version 2 or 3. */
export function worksheetCells(notebook: JsonObject): JsonObject[] {
	return objects(own(notebook, 'worksheets')).flatMap((sheet) => objects(own(sheet, 'cells')));
}

/** How many entries the cell lists of a notebook of version 2 or 3 have, cells or not. */
export function worksheetCellCount(notebook: JsonObject): number {
	let count = 0;
	for (const sheet of objects(own(notebook, 'worksheets'))) {
		const cells = own(sheet, 'cells');
		if (Array.isArray(cells)) count += cells.length;
	}
	return count;
}

/**
 * Joins the lists of lines of a notebook of version 2 or 3, in place. Version 2 wrote lines without their line ends.
 * Version 3 wrote them with their ends, but files with the older way exist: the first line tells.
 * As nbformat 5.11 reads them (`v2.rwbase`, `v3.rwbase`).
 */
export function joinOldLines(notebook: JsonObject, version: 2 | 3): void {
	const join = (object: JsonObject, keys: string[]) => {
		for (const key of keys) {
			const value = own(object, key);
			if (isTextList(value)) put(object, key, joined(value, version));
		}
	};
	for (const cell of worksheetCells(notebook)) {
		if (cell.cell_type !== 'code') {
			join(cell, CELL_TEXTS);
			continue;
		}
		join(cell, ['input']);
		for (const output of objects(own(cell, 'outputs'))) join(output, OUTPUT_TEXTS);
	}
}

function joined(lines: string[], version: 2 | 3): Json {
	const withEnds = version === 3 && /[\n\r]$/.test(lines[0] ?? '');
	return lines.join(withEnds ? '' : '\n');
}

/**
 * Version 2 to 3, in place (nbformat 5.11, `v3.convert.upgrade`): every cell gets metadata. The name of an error was
 * once written as `etype`.
 */
export function upgradeV2(notebook: JsonObject): void {
	notebook.nbformat = 3;
	notebook.nbformat_minor = 0;
	for (const cell of worksheetCells(notebook)) {
		if (!Object.hasOwn(cell, 'metadata')) cell.metadata = {};
		for (const output of objects(own(cell, 'outputs'))) {
			if (!Object.hasOwn(output, 'etype')) continue;
			const name = take(output, 'etype');
			if (!Object.hasOwn(output, 'ename')) output.ename = name ?? '';
		}
	}
}
