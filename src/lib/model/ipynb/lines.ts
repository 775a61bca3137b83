import type { Json, JsonObject } from '../json.ts';
import { isJsonMime } from '../output.ts';
import { put } from './object.ts';

// The line ends of Python's `str.splitlines`, by which nbformat cuts.
const LINE = /[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])|[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+/g; // prettier-ignore
const LINE_END = /(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])$/;

/** The lines of a text, each with its line end, as `str.splitlines(True)` of Python cuts them; `''` has none. */
export function splitLines(text: string): string[] {
	return text.match(LINE) ?? [];
}

/** The lines of a text without their line ends (`str.splitlines()`). */
export function bareLines(text: string): string[] {
	return splitLines(text).map((line) => line.replace(LINE_END, ''));
}

/** True for a list of strings only. */
export function isTextList(value: Json | undefined): value is string[] {
	return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** A `multiline_string` as one string; anything else stays as it is. */
export function joinText(value: Json): Json {
	return isTextList(value) ? value.join('') : value;
}

/** A MIME bundle with all texts joined; JSON types stay as they are (there a list is a list). */
export function joinBundle(bundle: JsonObject): JsonObject {
	return Object.fromEntries(
		Object.entries(bundle).map(([mime, value]) => [mime, isJsonMime(mime) ? value : joinText(value)])
	);
}

/** A MIME bundle as nbformat writes it: text, JavaScript and SVG as lists of lines, all else as it is. */
export function splitBundle(bundle: JsonObject): JsonObject {
	const split: JsonObject = {};
	for (const [mime, value] of Object.entries(bundle)) {
		const asLines =
			typeof value === 'string' &&
			(mime.startsWith('text/') || mime === 'application/javascript' || mime === 'image/svg+xml');
		put(split, mime, asLines ? splitLines(value) : value);
	}
	return split;
}
