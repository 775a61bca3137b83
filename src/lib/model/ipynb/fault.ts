import { ProblemError } from '../problem.ts';
import { type JsonPath, lineColumn, offsetOf, pathText } from './json-place.ts';

const REMEDY = 'Open the file in a text editor at that place, correct it and import it again, or save it anew with Jupyter.'; // prettier-ignore

/** The refusal of a notebook file: HTTP 400, code `notebook-invalid`. */
export function notebookFault(detail: string, remedy: string = REMEDY, cause?: unknown): ProblemError {
	return new ProblemError(
		400,
		{ code: 'notebook-invalid', title: 'This file is not a notebook that can be imported.', detail, remedy },
		{ cause }
	);
}

/** The place of an offset in words. */
export function placeText(text: string, offset: number): string {
	const { line, column } = lineColumn(text, offset);
	return `line ${line}, column ${column}`;
}

/** A fault at a path of the file in words: path, line, column and what was expected there. */
export function faultText(text: string, path: JsonPath, message: string, atKey = false): string {
	return `${pathText(path)} (${placeText(text, offsetOf(text, path, atKey))}): ${message}.`;
}
