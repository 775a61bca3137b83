import type { JsonObject } from '../json.ts';
import { notebookFault } from './fault.ts';
import { own } from './object.ts';

export interface FileVersion {
	nbformat: number;
	nbformat_minor: number;
}

/**
 * The version a notebook file says it has. Throws `ProblemError` (400, `notebook-invalid`) where it has none, or one
 * that cannot be read: 1 (never in a release, 2011) and 5 or later (not defined yet). A missing or strange minor
 * version counts as 0 before 4 and as 5 in 4, and validation says what is wrong with it.
 */
export function fileVersion(notebook: JsonObject): FileVersion {
	const major = own(notebook, 'nbformat');
	if (major === undefined) {
		throw notebookFault(
			'The key "nbformat" is missing, by which a notebook is known.',
			'Check that this is an .ipynb file and not another JSON file.'
		);
	}
	if (typeof major !== 'number' || !Number.isInteger(major) || major < 1) {
		throw notebookFault('nbformat: expected a whole number such as 4.');
	}
	if (major === 1) {
		throw notebookFault(
			'It is of version 1 of the notebook format, which was never released and is not read.',
			'Copy the code out of the file by hand.'
		);
	}
	if (major > 4) {
		throw notebookFault(
			`It is of version ${major} of the notebook format; versions 2 to 4 are known here.`,
			'Save the notebook as version 4 with the program that made it.'
		);
	}
	const minor = own(notebook, 'nbformat_minor');
	const usable = typeof minor === 'number' && Number.isInteger(minor) && minor >= 0;
	return { nbformat: major, nbformat_minor: usable ? minor : major === 4 ? 5 : 0 };
}
