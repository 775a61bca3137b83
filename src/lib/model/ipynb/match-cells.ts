import type { Cell } from '../cell.ts';
import type { CellId } from '../ids.ts';
import type { ImportedNotebook } from './content.ts';
import { lineEdits } from './merge-lines.ts';

/**
 * The notebook with the ids its cells have in `base`. Before nbformat 4.5 files had no ids (JEP 62), and some tools give new
 * ones: cells that `base` does not know by their id are the same as cells of it with the same kind and text, in the same
 * order; in a file without ids also those that stand alone between two such.
 */
export function matchCells(base: readonly Cell[], file: ImportedNotebook): ImportedNotebook {
	const known = new Set(base.map(({ id }) => id));
	const named = new Set(file.cells.filter(({ id }) => known.has(id)).map(({ id }) => id));
	const before = base.filter(({ id }) => !named.has(id));
	const after = file.cells.filter(({ id }) => !named.has(id));
	const withoutIds = file.from.nbformat < 4 || (file.from.nbformat === 4 && file.from.nbformat_minor < 5);
	const renamed = new Map<CellId, CellId>();
	let [i, j] = [0, 0];
	const walk = (toI: number, toJ: number): void => {
		while (i < toI && j < toJ) renamed.set(after[j++]!.id, before[i++]!.id);
		[i, j] = [toI, toJ];
	};
	for (const { from, to, lines } of lineEdits(before.map(keyOf), after.map(keyOf))) {
		walk(from, j + (from - i));
		const next = j + lines.length;
		if (withoutIds) {
			while (i < to && j < next && before[i]!.type === after[j]!.type)
				renamed.set(after[j++]!.id, before[i++]!.id);
		}
		[i, j] = [to, next];
	}
	walk(before.length, after.length);
	if (renamed.size === 0) return file;
	const nameOf = (id: CellId): CellId => renamed.get(id) ?? id;
	return {
		...file,
		cells: file.cells.map((cell) => ({ ...cell, id: nameOf(cell.id) })),
		outputs: Object.fromEntries(Object.entries(file.outputs).map(([id, shown]) => [nameOf(id), shown]))
	};
}

function keyOf({ type, source }: Cell): string {
	return `${type} ${source}`;
}
