import type { Json, JsonObject } from '../json.ts';

/**
 * The text of a notebook file as the Python package nbformat writes it (`json.dumps` with `indent=1`,
 * `sort_keys=True`, `separators=(',', ': ')`, `ensure_ascii=False`, and a line end at the end).
 * Two differences: a half surrogate pair is written as an escape (Python cannot write such a file at all), and numbers
 * are written as JavaScript does (`1` where Python had `1.0`).
 */
export function stringifyNotebook(notebook: JsonObject): string {
	const parts: string[] = [];
	write(notebook, '\n', parts);
	parts.push('\n');
	return parts.join('');
}

function write(value: Json, lineStart: string, parts: string[]): void {
	if (typeof value !== 'object' || value === null) {
		parts.push(Object.is(value, -0) ? '-0.0' : (JSON.stringify(value) ?? 'null'));
		return;
	}
	const inner = `${lineStart} `;
	let between = inner;
	if (Array.isArray(value)) {
		if (value.length === 0) return void parts.push('[]');
		parts.push('[');
		for (const item of value) {
			parts.push(between);
			write(item, inner, parts);
			between = `,${inner}`;
		}
		parts.push(lineStart, ']');
		return;
	}
	const keys = Object.keys(value).filter((key) => value[key] !== undefined);
	if (keys.length === 0) return void parts.push('{}');
	parts.push('{');
	for (const key of keys.sort(byCodePoint)) {
		parts.push(between, JSON.stringify(key), ': ');
		write(value[key]!, inner, parts);
		between = `,${inner}`;
	}
	parts.push(lineStart, '}');
}

/** The order of Python's strings. JavaScript's own differs above U+FFFF: by UTF-16 units. */
function byCodePoint(a: string, b: string): number {
	const end = Math.min(a.length, b.length);
	for (let at = 0; at < end; at += 1) {
		const x = a.charCodeAt(at);
		const y = b.charCodeAt(at);
		if (x === y) continue;
		const highX = x >= 0xd800 && x <= 0xdfff;
		const highY = y >= 0xd800 && y <= 0xdfff;
		return highX === highY ? x - y : highX ? 1 : -1;
	}
	return a.length - b.length;
}
