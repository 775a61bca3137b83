import type { Json } from '../json.ts';
import { JsonScanner } from './json-scan.ts';

/** The way from the root of a JSON value to a part of it. */
export type JsonPath = (string | number)[];

/** Line and column (both from 1, the column in UTF-16 units) of an offset in a text. */
export function lineColumn(text: string, offset: number): { line: number; column: number } {
	let line = 1;
	let start = 0;
	for (let end = text.indexOf('\n'); end >= 0 && end < offset; end = text.indexOf('\n', start)) {
		line += 1;
		start = end + 1;
	}
	return { line, column: offset - start + 1 };
}

/** A path as people write it: `cells[3].outputs[0].data["text/plain"]`; for the root `the notebook`. */
export function pathText(path: JsonPath): string {
	let text = '';
	for (const step of path) {
		if (typeof step === 'number') text += `[${step}]`;
		else if (/^[A-Za-z_]\w*$/.test(step)) text += text === '' ? step : `.${step}`;
		else text += `[${JSON.stringify(step.length > 80 ? `${step.slice(0, 80)}…` : step)}]`;
	}
	return text || 'the notebook';
}

/** A JSON pointer (RFC 6901) as a path. Steps that index lists of `root` become numbers. */
export function pointerPath(pointer: string, root: Json): JsonPath {
	const path: JsonPath = [];
	let value: Json | undefined = root;
	for (const part of pointer.split('/').slice(1)) {
		const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
		path.push(Array.isArray(value) ? Number(key) : key);
		value = valueAt(value, [path.at(-1)!]);
	}
	return path;
}

/** The part of a value at a path; undefined where there is none. */
export function valueAt(root: Json | undefined, path: JsonPath): Json | undefined {
	let value = root;
	for (const step of path) {
		if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
		value = (value as Record<string | number, Json>)[step];
	}
	return value;
}

/**
 * Where in a valid JSON text the part at `path` begins; where it is not there, its nearest ancestor.
 * With `atKey` the place of the last key itself instead of its value.
 */
export function offsetOf(text: string, path: JsonPath, atKey = false): number {
	const scanner = new JsonScanner(text, Infinity, Infinity);
	scanner.space();
	let offset = scanner.offset;
	for (const [index, step] of path.entries()) {
		const inside = typeof step === 'number' ? item(scanner, text, step) : member(scanner, text, step);
		if (!inside) return offset;
		offset = atKey && index === path.length - 1 ? inside.key : inside.value;
		scanner.offset = inside.value;
	}
	return offset;
}

function item(scanner: JsonScanner, text: string, index: number): { key: number; value: number } | undefined {
	if (text[scanner.offset] !== '[') return undefined;
	scanner.offset += 1;
	scanner.space();
	if (text[scanner.offset] === ']') return undefined;
	for (let at = 0; ; at += 1) {
		if (at === index) return { key: scanner.offset, value: scanner.offset };
		scanner.value();
		if (!scanner.sign(',')) return undefined;
	}
}

function member(scanner: JsonScanner, text: string, key: string): { key: number; value: number } | undefined {
	if (text[scanner.offset] !== '{') return undefined;
	scanner.offset += 1;
	scanner.space();
	if (text[scanner.offset] === '}') return undefined;
	let found: { key: number; value: number } | undefined;
	do {
		const start = scanner.offset;
		const name = scanner.string();
		scanner.sign(':');
		if (name === key) found = { key: start, value: scanner.offset };
		scanner.value();
	} while (scanner.sign(','));
	return found;
}
