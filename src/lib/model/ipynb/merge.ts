/** A change of a notebook's file, made outside, brought into the live document: nobody's line is lost. */
import * as Y from 'yjs';
import type { Cell } from '../cell.ts';
import { digest } from '../digest.ts';
import type { CellId } from '../ids.ts';
import type { Json, JsonObject } from '../json.ts';
import {
	cellIds,
	cellsOf,
	deleteCell,
	insertCell,
	metaOf,
	moveCell,
	readCell,
	setCellType,
	sourceOf
} from '../notebook-doc.ts';
import { mergeLines } from './merge-lines.ts';

/** What people write in a notebook, as a file has it. */
export interface WrittenPart {
	cells: Cell[];
	metadata: JsonObject;
}

/** What the merge did. Ids are those of the document. */
export interface MergeReport {
	added: CellId[];
	removed: CellId[];
	changed: CellId[];
	moved: CellId[];
	/** Changed on both sides in the same lines, or changed in one and deleted in the other: both are in the document. */
	conflicts: MergeConflict[];
}

export interface MergeConflict {
	cell: CellId;
	/** The cell with the text of the file: a new one below, or `cell` itself where it had been deleted here. */
	copy: CellId;
	theirs: string;
	/** null: deleted here. */
	ours: string | null;
}

/** Under this key of a cell's metadata stands whose other version it is: `{"conflict": {"cell": id}}`. */
export const CONFLICT_KEY = 'ansatz';

/** Metadata the document does not hold: it is made of the kernel and its widgets. */
const DERIVED = new Set(['widgets']);

/**
 * Does in `doc`, as one transaction, what was done in the file: `base` is what both agreed on last, `theirs` the file now
 * with the ids of `base` (see matchCells). Texts change by their changed lines only, so that what others are typing
 * meanwhile stays. What was deleted outside but changed here stays; what was deleted here but changed outside comes back.
 */
export function mergeNotebook(doc: Y.Doc, base: WrittenPart, theirs: WrittenPart): MergeReport {
	const report: MergeReport = { added: [], removed: [], changed: [], moved: [], conflicts: [] };
	const before = new Map(base.cells.map((cell) => [cell.id, cell]));
	const now = new Map(theirs.cells.map((cell) => [cell.id, cell]));
	doc.transact(() => {
		for (const cell of base.cells) {
			const ours = now.has(cell.id) ? null : readCell(doc, cell.id);
			if (!ours || ours.source !== cell.source || ours.type !== cell.type) continue;
			deleteCell(doc, cell.id);
			report.removed.push(cell.id);
		}
		const moved = movedCells(base.cells, theirs.cells);
		let above: CellId | null = null;
		for (const cell of theirs.cells) {
			const old = before.get(cell.id);
			const ours = readCell(doc, cell.id);
			if (!ours) {
				// Deleted here, and nothing new in it there: stays deleted.
				if (old && !wroteIn(old, cell)) continue;
				insertCell(doc, placeBelow(doc, above), cell);
				report.added.push(cell.id);
				if (old) report.conflicts.push({ cell: cell.id, copy: cell.id, theirs: cell.source, ours: null });
			} else {
				if (moved.has(cell.id) && moveBelow(doc, cell.id, above)) report.moved.push(cell.id);
				mergeCell(doc, old, ours, cell, report);
			}
			above = cell.id;
		}
		const metadata = metaOf(doc).get('metadata');
		if (metadata instanceof Y.Map) mergeKeys(metadata, base.metadata, theirs.metadata, DERIVED);
	});
	return report;
}

function mergeCell(doc: Y.Doc, old: Cell | undefined, ours: Cell, cell: Cell, report: MergeReport): void {
	const shared = cellsOf(doc).get(cell.id)!;
	let changed = false;
	if (cell.source !== ours.source && cell.source !== old?.source) {
		const edits = mergeLines(linesOf(old?.source ?? ''), linesOf(ours.source), linesOf(cell.source));
		if (edits && old) {
			const lines = linesOf(ours.source);
			for (const { from, to, lines: fresh } of edits.toReversed()) {
				lines.splice(from, to - from, ...fresh);
				writeText(sourceOf(shared)!, lines.join('\n'));
				changed = true;
			}
		} else {
			const copy = insertCopy(doc, cell);
			if (copy) report.conflicts.push({ cell: cell.id, copy, theirs: cell.source, ours: ours.source });
		}
	}
	if (old && cell.type !== old.type && ours.type === old.type) {
		setCellType(doc, cell.id, cell.type);
		changed = true;
	}
	const metadata = shared.get('metadata');
	if (metadata instanceof Y.Map) changed = mergeKeys(metadata, old?.metadata ?? {}, cell.metadata) || changed;
	const attachments = shared.get('attachments');
	if (attachments instanceof Y.Map)
		changed = mergeKeys(attachments, old?.attachments ?? {}, cell.attachments ?? {}) || changed;
	else if (cell.attachments && !old?.attachments) {
		shared.set('attachments', new Y.Map(Object.entries(cell.attachments)));
		changed = true;
	}
	if (changed) report.changed.push(cell.id);
}

/** The version of the file as a cell of its own; the same one again makes no second copy. */
function insertCopy(doc: Y.Doc, cell: Cell): CellId | null {
	const id = `${digest(`${cell.id} ${cell.source}`)}-other`;
	if (readCell(doc, id)) return null;
	insertCell(doc, placeBelow(doc, cell.id), {
		...cell,
		id,
		metadata: { ...cell.metadata, [CONFLICT_KEY]: { conflict: { cell: cell.id } } }
	});
	return id;
}

/** Changes of single keys; what was changed on both sides stays as it is here. Answers whether anything changed. */
function mergeKeys(
	ours: Y.Map<unknown>,
	base: Record<string, unknown>,
	theirs: Record<string, unknown>,
	without = new Set<string>()
): boolean {
	let changed = false;
	for (const key of new Set([...Object.keys(base), ...Object.keys(theirs)])) {
		const [old, fresh] = [base[key], theirs[key]];
		if (without.has(key) || same(old, fresh) || !same(ours.get(key), old)) continue;
		if (fresh === undefined) ours.delete(key);
		else ours.set(key, fresh as Json);
		changed = true;
	}
	return changed;
}

/** Cells whose place among those both have is another one: all but the longest part that kept its order. */
function movedCells(base: readonly Cell[], theirs: readonly Cell[]): Set<CellId> {
	const place = new Map(base.map(({ id }, at) => [id, at]));
	const common = theirs.filter(({ id }) => place.has(id));
	const places = common.map(({ id }) => place.get(id)!);
	// The longest increasing subsequence: ends[n] is the smallest end of one of n + 1 elements.
	const ends: number[] = [];
	const previous: number[] = [];
	places.forEach((value, at) => {
		let n = ends.findIndex((end) => places[end]! >= value);
		if (n < 0) n = ends.length;
		previous[at] = n > 0 ? ends[n - 1]! : -1;
		ends[n] = at;
	});
	const moved = new Set(common.map(({ id }) => id));
	for (let at = ends.at(-1) ?? -1; at >= 0; at = previous[at]!) moved.delete(common[at]!.id);
	return moved;
}

function placeBelow(doc: Y.Doc, above: CellId | null): number {
	return above === null ? 0 : cellIds(doc).indexOf(above) + 1;
}

function moveBelow(doc: Y.Doc, id: CellId, above: CellId | null): boolean {
	const ids = cellIds(doc);
	const without = ids.filter((other) => other !== id);
	const index = above === null ? 0 : without.indexOf(above) + 1;
	if (ids.indexOf(id) === index) return false;
	moveCell(doc, id, index);
	return true;
}

/** One replacement between the equal ends of both texts, never inside a surrogate pair. */
function writeText(text: Y.Text, next: string): void {
	const now = text.toString();
	let start = 0;
	while (start < now.length && start < next.length && now[start] === next[start]) start++;
	if (start > 0 && isHigh(now, start - 1)) start--;
	let [end, endNext] = [now.length, next.length];
	while (end > start && endNext > start && now[end - 1] === next[endNext - 1]) {
		end--;
		endNext--;
	}
	if (end < now.length && isHigh(now, end - 1)) {
		end++;
		endNext++;
	}
	if (end > start) text.delete(start, end - start);
	if (endNext > start) text.insert(start, next.slice(start, endNext));
}

function isHigh(text: string, at: number): boolean {
	return (text.charCodeAt(at) & 0xfc00) === 0xd800;
}

function wroteIn(old: Cell, cell: Cell): boolean {
	return old.source !== cell.source || old.type !== cell.type;
}

function linesOf(text: string): string[] {
	return text.split('\n');
}

/** Equal as JSON, whatever the order of keys. */
function same(a: unknown, b: unknown): boolean {
	if (a === b) return true;
	if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
	if (Array.isArray(a) !== Array.isArray(b)) return false;
	const [keysA, keysB] = [Object.keys(a), Object.keys(b)];
	return (
		keysA.length === keysB.length &&
		keysA.every((key) => Object.hasOwn(b, key) && same((a as JsonObject)[key], (b as JsonObject)[key]))
	);
}
