/** Copies of published notebooks say where they are from. */
import { newId } from '#lib/model/ids.ts';
import type { Json, JsonObject } from '#lib/model/json.ts';
import { stringifyNotebook } from '#lib/model/ipynb/stringify.ts';

/** A formula without what could end the text of a link, which stays as it is, or a character that means something to Markdown. */
const PLAIN_FORMULA_OR_MARK = /\$[^$[\]<>`\n]+\$|[\\`*_[\]<>]/g;

export interface CopyOrigin {
	slug: string;
	number: number;
	/** Of the version. */
	url: string;
	title: string;
}

export interface KernelFolder {
	workspace: string;
	/** On that workspace; absolute, or from the home folder (`~/…`). */
	folder: string;
}

/**
 * A notebook file with a first cell that names the version it was copied from, and the same in its metadata under
 * `ansatz.copied_from`, which stays when somebody deletes the cell. `place`: where its kernel starts.
 */
export function withOrigin(
	ipynb: string,
	{ slug, number, url, title }: CopyOrigin,
	place?: KernelFolder
): string {
	const notebook = JSON.parse(ipynb) as { cells: JsonObject[]; metadata: JsonObject };
	const name = title.replace(PLAIN_FORMULA_OR_MARK, (part) => (part.length > 1 ? part : `\\${part}`));
	const cell: JsonObject = {
		cell_type: 'markdown',
		id: newId(),
		metadata: {},
		source: `*A copy of v${number} of [${name}](${url}).*`
	};
	return stringifyNotebook({
		...notebook,
		cells: [cell, ...notebook.cells],
		metadata: {
			...notebook.metadata,
			ansatz: {
				copied_from: { paper: slug, version: number, url },
				...(place ? { start_in: { workspace: place.workspace, folder: place.folder } } : {})
			}
		}
	});
}

/** The folder in which a notebook's kernel starts on that workspace, as its metadata say; null where they do not. */
export function folderFor(metadata: JsonObject, workspace: string): string | null {
	const place = asObject(asObject(metadata.ansatz).start_in);
	const { folder } = place;
	const fits = typeof folder === 'string' && /^[/~][^\0]{0,1000}$/.test(folder);
	return fits && place.workspace === workspace ? folder : null;
}

/** Whether a cell is the one that withOrigin puts first. */
export function saysOrigin(source: string): boolean {
	return source.startsWith('*A copy of v');
}

function asObject(value: Json | undefined): JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
