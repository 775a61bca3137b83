import type { Json, JsonObject } from '../json.ts';
import { isCellId, newId } from '../ids.ts';
import { isObject, own } from './object.ts';

/**
 * Gives every cell an id of its own, in place (nbformat 4.5, JEP 62): ids that are missing, that stand twice or that
 * the format does not allow are replaced; the first of two equal ids stays. Ids that are names of JavaScript's own
 * (`__proto__`, `constructor`) are replaced too, since ids are keys of objects here.
 * Warns about replaced ids always, about missing ones only where the file's version has ids (`expected`).
 */
export function repairCellIds(
	cells: Json[],
	expected: boolean,
	warnings: string[],
	freshId: () => string = newId
): void {
	const seen = new Set<string>();
	const counts = { missing: 0, double: 0, wrong: 0 };
	for (const cell of cells) {
		if (!isObject(cell)) continue;
		const id = own(cell, 'id');
		if (id === undefined) counts.missing += 1;
		else if (!isCellId(id) || id in Object.prototype) counts.wrong += 1;
		else if (seen.has(id)) counts.double += 1;
		else {
			seen.add(id);
			continue;
		}
		const fresh = freshId();
		cell.id = fresh;
		seen.add(fresh);
	}
	if (counts.missing > 0 && expected)
		warnings.push(`${cellCount(counts.missing)} had no id and got a new one.`);
	if (counts.double > 0)
		warnings.push(`${cellCount(counts.double)} had the id of another cell and got a new one.`);
	if (counts.wrong > 0)
		warnings.push(`${cellCount(counts.wrong)} had an id that is not allowed and got a new one.`);
}

/** "1 cell", "2 cells". */
export function cellCount(count: number): string {
	return count === 1 ? '1 cell' : `${count} cells`;
}

/** The cells of a notebook of version 4, for the places that need the list whether or not it is one. */
export function cellsOf(notebook: JsonObject): Json[] {
	const cells = own(notebook, 'cells');
	return Array.isArray(cells) ? cells : [];
}
