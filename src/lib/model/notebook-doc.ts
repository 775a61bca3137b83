/**
 * The document people write, `notebook/<id>`: the only file that knows its keys.
 *
 *     cells: Y.Map id → Y.Map { type, source: Y.Text, metadata: Y.Map, attachments?: Y.Map, order }
 *     meta:  Y.Map { title, metadata: Y.Map }
 *
 * Cells are a map with fractional order keys, not an array: moving a cell changes one key, so that a concurrent edit
 * inside it stays and two people moving it cannot double it. Ties in `order` fall to the id, the same everywhere.
 * Readers take nothing for granted: an editor's own client may have written anything.
 */
import * as Y from 'yjs';
import { CELL_TYPES, type Cell, type CellType } from './cell.ts';
import { newId, type CellId } from './ids.ts';
import type { Json, JsonObject } from './json.ts';
import { isOrderKey, keyBetween } from './order.ts';

export type YCell = Y.Map<unknown>;

export const UNTITLED = 'Untitled';

export function notebookDocName(id: string): string {
	return `notebook/${id}`;
}

export function cellsOf(doc: Y.Doc): Y.Map<YCell> {
	return doc.getMap('cells');
}

export function metaOf(doc: Y.Doc): Y.Map<unknown> {
	return doc.getMap('meta');
}

/** The text of a cell, or null for something that is not a cell. */
export function sourceOf(cell: unknown): Y.Text | null {
	const source = cell instanceof Y.Map ? cell.get('source') : null;
	return source instanceof Y.Text ? source : null;
}

export function typeOf(cell: YCell): CellType {
	const type = cell.get('type');
	return CELL_TYPES.includes(type as CellType) ? (type as CellType) : 'raw';
}

/**
 * Where a cell without a usable key stands: at the end. That happens without anybody's fault: undoing an insertion and
 * redoing it does not bring back a key that somebody else had replaced meanwhile.
 */
const LAST = `y${'0'.repeat(25)}`;

function orderOf(cell: YCell): string {
	const order = cell.get('order');
	return isOrderKey(order) ? order : LAST;
}

/** Ids of all cells from top to bottom. */
export function cellIds(doc: Y.Doc): CellId[] {
	const ids: { id: CellId; order: string }[] = [];
	for (const [id, cell] of cellsOf(doc)) {
		if (sourceOf(cell)) ids.push({ id, order: orderOf(cell) });
	}
	return ids
		.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : a.id < b.id ? -1 : 1))
		.map((entry) => entry.id);
}

/** One cell as plain JSON; null where there is none. */
export function readCell(doc: Y.Doc, id: CellId): Cell | null {
	const cell = cellsOf(doc).get(id);
	const source = sourceOf(cell);
	if (!cell || !source) return null;
	const read: Cell = {
		id,
		type: typeOf(cell),
		source: source.toString(),
		metadata: readJsonMap(cell.get('metadata'))
	};
	const attachments = cell.get('attachments');
	if (attachments instanceof Y.Map) read.attachments = attachments.toJSON() as Cell['attachments'] & object;
	return read;
}

/** All cells from top to bottom as plain JSON. */
export function readCells(doc: Y.Doc): Cell[] {
	return cellIds(doc).map((id) => readCell(doc, id)!);
}

function readJsonMap(value: unknown): JsonObject {
	return value instanceof Y.Map ? (value.toJSON() as JsonObject) : {};
}

function jsonMap(value: Record<string, unknown>): Y.Map<unknown> {
	return new Y.Map(Object.entries(value));
}

/** A cell as the shared type the document holds. */
function sharedCell(cell: Partial<Cell> & { type: CellType }, order: string): YCell {
	const entries: [string, unknown][] = [
		['type', cell.type],
		['source', new Y.Text(cell.source ?? '')],
		['metadata', jsonMap(cell.metadata ?? {})],
		['order', order]
	];
	if (cell.attachments) entries.push(['attachments', jsonMap(cell.attachments)]);
	return new Y.Map(entries);
}

/** Put a cell at position `index` (0 … number of cells). Returns its id. */
export function insertCell(doc: Y.Doc, index: number, cell: Partial<Cell> & { type: CellType }): CellId {
	const id = cell.id ?? newId();
	doc.transact(() => {
		cellsOf(doc).set(id, sharedCell(cell, orderForInsert(doc, index)));
	}, originOf(doc));
	return id;
}

/** Fill an empty document; the cells come in this order. */
export function writeNotebook(doc: Y.Doc, title: string, cells: Cell[], metadata: JsonObject): void {
	doc.transact(() => {
		let order: string | null = null;
		for (const cell of cells) {
			order = keyBetween(order, null);
			cellsOf(doc).set(cell.id, sharedCell(cell, order));
		}
		metaOf(doc).set('title', title);
		metaOf(doc).set('metadata', jsonMap(metadata));
	});
}

/** Remove a cell. Undo brings it back with its text. */
export function deleteCell(doc: Y.Doc, id: CellId): void {
	doc.transact(() => cellsOf(doc).delete(id), originOf(doc));
}

/** Move a cell so that it stands at position `index` of the list without it. */
export function moveCell(doc: Y.Doc, id: CellId, index: number): void {
	doc.transact(() => {
		const cell = cellsOf(doc).get(id);
		if (cell) cell.set('order', orderForInsert(doc, index, id));
	}, originOf(doc));
}

export function setCellType(doc: Y.Doc, id: CellId, type: CellType): void {
	doc.transact(() => cellsOf(doc).get(id)?.set('type', type), originOf(doc));
}

/** Set or (with undefined) remove one metadata key of a cell. */
export function setCellMetadata(doc: Y.Doc, id: CellId, key: string, value: Json | undefined): void {
	doc.transact(() => {
		const metadata = cellsOf(doc).get(id)?.get('metadata');
		if (!(metadata instanceof Y.Map)) return;
		if (value === undefined) metadata.delete(key);
		else metadata.set(key, value);
	}, originOf(doc));
}

/** Cut a cell in two at `offset` (UTF-16 units); returns the id of the new lower half, null when there is no such cell. */
export function splitCell(doc: Y.Doc, id: CellId, offset: number): CellId | null {
	const ids = cellIds(doc);
	const cell = cellsOf(doc).get(id);
	const source = sourceOf(cell);
	if (!cell || !source) return null;
	const lower = newId();
	doc.transact(() => {
		const rest = source.toString().slice(offset);
		source.delete(offset, source.length - offset);
		insertCell(doc, ids.indexOf(id) + 1, {
			id: lower,
			type: typeOf(cell),
			source: rest.replace(/^\n/, ''),
			metadata: readJsonMap(cell.get('metadata'))
		});
		const text = source.toString();
		if (text.endsWith('\n')) source.delete(text.length - 1, 1);
	}, originOf(doc));
	return lower;
}

/** Append the cell below to this one; returns the offset of the seam, null when there is nothing below. */
export function mergeCellBelow(doc: Y.Doc, id: CellId): number | null {
	const ids = cellIds(doc);
	const below = ids[ids.indexOf(id) + 1];
	const source = sourceOf(cellsOf(doc).get(id));
	const rest = below && sourceOf(cellsOf(doc).get(below));
	if (!source || !below || !rest) return null;
	const seam = source.length;
	doc.transact(() => {
		source.insert(seam, (seam > 0 && rest.length > 0 ? '\n' : '') + rest.toString());
		cellsOf(doc).delete(below);
	}, originOf(doc));
	return seam;
}

export function readTitle(doc: Y.Doc): string {
	const title = metaOf(doc).get('title');
	return typeof title === 'string' && title.trim() !== '' ? title.slice(0, 200) : UNTITLED;
}

export function setTitle(doc: Y.Doc, title: string): void {
	doc.transact(() => metaOf(doc).set('title', title.slice(0, 200)), originOf(doc));
}

/** The notebook's own metadata (kernelspec, language_info and whatever else the file carried). */
export function readMetadata(doc: Y.Doc): JsonObject {
	return readJsonMap(metaOf(doc).get('metadata'));
}

/** The origin of edits of structure made on this side: what the undo manager of this document tracks. */
const origins = new WeakMap<Y.Doc, symbol>();

/** The origin all functions of this file use for `doc`, so that an undo manager may track them as one's own. */
export function originOf(doc: Y.Doc): symbol {
	let origin = origins.get(doc);
	if (!origin) origins.set(doc, (origin = Symbol('structure')));
	return origin;
}

/**
 * The key for position `index` of the list without `moving`. Where the neighbours tie (two people inserted at once and
 * drew the same key), the lower ones are first given keys of their own.
 */
function orderForInsert(doc: Y.Doc, index: number, moving?: CellId): string {
	const cells = cellsOf(doc);
	const list = cellIds(doc)
		.filter((id) => id !== moving)
		.map((id) => ({ id, cell: cells.get(id)! }));
	const at = Math.max(0, Math.min(index, list.length));
	const before = at > 0 ? orderOf(list[at - 1]!.cell) : null;
	let end = at;
	while (before !== null && end < list.length && orderOf(list[end]!.cell) <= before) end++;
	const bound = end < list.length ? orderOf(list[end]!.cell) : null;
	const order = keyBetween(before, bound);
	let last = order;
	for (const { cell } of list.slice(at, end)) cell.set('order', (last = keyBetween(last, bound)));
	return order;
}
