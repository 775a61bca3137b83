/** Notebook files into the model. Server only, since validation is (see `validate.ts`). */
import type { Cell, CellType } from '../cell.ts';
import type { Json, JsonObject } from '../json.ts';
import { newId } from '../ids.ts';
import { isJsonMime } from '../output.ts';
import { cellsOf, repairCellIds } from './cell-ids.ts';
import { conform } from './conform.ts';
import type { CellOutputs, ImportedNotebook } from './content.ts';
import { faultText, notebookFault } from './fault.ts';
import { parseNotebookText } from './json-parse.ts';
import type { JsonPath } from './json-place.ts';
import { LIMITS } from './limits.ts';
import { joinBundle, joinText } from './lines.ts';
import type { NbOutput } from './nb-output.ts';
import { isObject, objects, own, take } from './object.ts';
import { joinOldLines, upgradeV2, worksheetCellCount } from './upgrade-v2.ts';
import { upgradeV3 } from './upgrade-v3.ts';
import { schemaFault, type SchemaFault, type SchemaVersion } from './validate.ts';
import { type FileVersion, fileVersion } from './version.ts';

/**
 * Reads the text of an .ipynb file of nbformat 2, 3 or 4 (any minor version) and gives its content as nbformat 4.5 has
 * it: cells with ids, texts joined, outputs as raw nbformat 4.5 JSON, unknown metadata as it was. Transient metadata
 * (`orig_nbformat`, `orig_nbformat_minor`, `signature`, a cell's `trusted`) is left out as nbformat does.
 *
 * Throws `ProblemError` (400, `notebook-invalid`) with path, line and column where the text is not JSON, is over a
 * limit (`limits.ts`), is of a version not known, or is not valid by the official schema: for 4.0 to 4.5 that of its
 * own minor version (unless only 4.5 allows what it has, such as ids in 4.4, which gives a warning), and for all
 * versions that of 4.5 after the upgrade. https://nbformat.readthedocs.io/en/latest/format_description.html
 *
 * `freshId` makes the ids of cells that have none.
 */
export function importNotebook(text: string, freshId: () => string = newId): ImportedNotebook {
	const source = text.startsWith('\ufeff') ? text.slice(1) : text;
	const { value, warnings } = parseNotebookText(source);
	if (!isObject(value)) throw notebookFault('The file is JSON, but not an object { … } as a notebook is.');
	const from = fileVersion(value);
	if (from.nbformat < 4) requireWorksheets(value);
	limitCells(from.nbformat === 4 ? cellsOf(value).length : worksheetCellCount(value));
	const origins = from.nbformat === 4 ? readV4(value, from, source, warnings, freshId) : readOld(value, from, source, warnings, freshId); // prettier-ignore
	const fault = schemaFault(value, '4.5');
	if (fault) throw refusal(source, fault, origins);
	return { ...content(value, warnings), from, warnings };
}

/** Without worksheets and their cells an old file has nothing that could be read; 3's schema would only warn. */
function requireWorksheets(notebook: JsonObject): void {
	const sheets = own(notebook, 'worksheets');
	if (!Array.isArray(sheets))
		throw notebookFault('The key "worksheets" with the list of worksheets is missing.');
	const wrong = sheets.findIndex((sheet) => !isObject(sheet) || !Array.isArray(own(sheet, 'cells')));
	if (wrong >= 0)
		throw notebookFault(`worksheets[${wrong}]: the key "cells" with the list of cells is missing.`);
}

function limitCells(count: number): void {
	if (count <= LIMITS.cells) return;
	throw notebookFault(
		`It has ${count} cells; at most ${LIMITS.cells} are read.`,
		'Divide the notebook into smaller ones.'
	);
}

/** Versions 2 and 3. Their schema only warns: nbformat upgrades such files too, and 4.5 is checked afterwards. */
function readOld(
	notebook: JsonObject,
	from: FileVersion,
	text: string,
	warnings: string[],
	freshId: () => string
): JsonPath[] {
	if (from.nbformat === 2) {
		joinOldLines(notebook, 2);
		upgradeV2(notebook);
	} else {
		const fault = schemaFault(notebook, '3');
		if (fault) warnings.push(`Not quite valid for its version 3, but read: ${inFile(text, fault)}`);
		joinOldLines(notebook, 3);
	}
	const origins = upgradeV3(notebook, warnings, freshId);
	conform(notebook, warnings);
	transientAway(notebook);
	return origins;
}

/** Version 4: ids, validation by its own minor version, then 4.5. */
function readV4(
	notebook: JsonObject,
	from: FileVersion,
	text: string,
	warnings: string[],
	freshId: () => string
): JsonPath[] | undefined {
	const minor = from.nbformat_minor;
	if (minor >= 5) repairCellIds(cellsOf(notebook), true, warnings, freshId);
	const schema = (minor > 5 ? '4.5+' : `4.${minor}`) as SchemaVersion;
	const fault = schemaFault(notebook, schema);
	if (fault && minor >= 5) throw refusal(text, fault);
	if (minor > 5) {
		warnings.push(`The file is of the later version 4.${minor}; what 4.5 does not have may be missing.`);
		conform(notebook, warnings);
	}
	if (minor < 5) repairCellIds(cellsOf(notebook), false, warnings, freshId);
	notebook.nbformat_minor = 5;
	if (fault) {
		if (schemaFault(notebook, '4.5')) throw refusal(text, fault);
		warnings.push(`Not quite valid for its version 4.${minor}, but for 4.5: ${inFile(text, fault)}`);
	}
	transientAway(notebook);
	return undefined;
}

function inFile(text: string, fault: SchemaFault): string {
	return faultText(text, fault.path, fault.message, fault.atKey);
}

/** `origins` says where the cells stood in a file of an old version; the path in words is that of 4.5. */
function refusal(text: string, fault: SchemaFault, origins?: JsonPath[]): Error {
	const [first, index, ...rest] = fault.path;
	const origin = first === 'cells' && typeof index === 'number' ? origins?.[index] : undefined;
	return notebookFault(inFile(text, origin ? { ...fault, path: [...origin, ...rest] } : fault));
}

/** Takes away what nbformat never keeps in files (`v4.rwbase.strip_transient`). */
function transientAway(notebook: JsonObject): void {
	const metadata = own(notebook, 'metadata');
	if (isObject(metadata)) {
		for (const key of ['orig_nbformat', 'orig_nbformat_minor', 'signature']) take(metadata, key);
	}
	for (const cell of objects(own(notebook, 'cells'))) {
		const cellMetadata = own(cell, 'metadata');
		if (isObject(cellMetadata)) take(cellMetadata, 'trusted');
	}
}

/** A notebook that is valid by 4.5, with ids that are keys, in our terms. */
function content(notebook: JsonObject, warnings: string[]): Omit<ImportedNotebook, 'from' | 'warnings'> {
	const cells: Cell[] = [];
	const outputs: [string, CellOutputs][] = [];
	let broken = 0;
	for (const nbCell of notebook.cells as JsonObject[]) {
		const cell = toCell(nbCell);
		cells.push(cell);
		if (/\p{Surrogate}/u.test(cell.source)) broken += 1;
		if (cell.type !== 'code') continue;
		const executionCount = nbCell.execution_count as number | null;
		outputs.push([cell.id, { outputs: (nbCell.outputs as JsonObject[]).map(joinOutput), executionCount }]);
	}
	if (broken > 0)
		warnings.push(`Characters in ${broken} of the cells are broken (half of a surrogate pair).`);
	return { cells, outputs: Object.fromEntries(outputs), metadata: notebook.metadata as JsonObject };
}

function toCell(nbCell: JsonObject): Cell {
	const cell: Cell = {
		id: nbCell.id as string,
		type: nbCell.cell_type as CellType,
		source: joinText(nbCell.source!) as string,
		metadata: nbCell.metadata as JsonObject
	};
	const attachments = own(nbCell, 'attachments');
	if (isObject(attachments)) {
		cell.attachments = Object.fromEntries(
			Object.entries(attachments).map(([name, bundle]) => [name, attachmentTexts(bundle as JsonObject)])
		);
	}
	return cell;
}

/** Values of JSON types, which may be anything, become JSON text; `exportNotebook` parses them again. */
function attachmentTexts(bundle: JsonObject): Record<string, string> {
	const texts = Object.entries(joinBundle(bundle)).map(([mime, value]: [string, Json]): [string, string] => [
		mime,
		isJsonMime(mime) ? JSON.stringify(value) : (value as string)
	]);
	return Object.fromEntries(texts);
}

function joinOutput(output: JsonObject): NbOutput {
	if (isObject(output.data)) return { ...output, data: joinBundle(output.data) } as unknown as NbOutput;
	if ('text' in output) return { ...output, text: joinText(output.text!) } as unknown as NbOutput;
	return output as unknown as NbOutput;
}
