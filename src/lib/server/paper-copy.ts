/** Copies of published notebooks say where they are from. */
import { newId } from '#lib/model/ids.ts';
import type { JsonObject } from '#lib/model/json.ts';
import { stringifyNotebook } from '#lib/model/ipynb/stringify.ts';

export interface CopyOrigin {
	slug: string;
	number: number;
	/** Of the version. */
	url: string;
	title: string;
}

/**
 * A notebook file with a first cell that names the version it was copied from, and the same in its metadata under
 * `ansatz.copied_from`, which stays when somebody deletes the cell.
 */
export function withOrigin(ipynb: string, { slug, number, url, title }: CopyOrigin): string {
	const notebook = JSON.parse(ipynb) as { cells: JsonObject[]; metadata: JsonObject };
	const name = title.replace(/[\\`*_[\]<>]/g, '\\$&');
	const cell: JsonObject = {
		cell_type: 'markdown',
		id: newId(),
		metadata: {},
		source: `*A copy of v${number} of [${name}](${url}).*`
	};
	return stringifyNotebook({
		...notebook,
		cells: [cell, ...notebook.cells],
		metadata: { ...notebook.metadata, ansatz: { copied_from: { paper: slug, version: number, url } } }
	});
}
