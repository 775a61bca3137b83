import type { ErrorObject } from 'ajv';
import type { Json } from '../json.ts';
import { type JsonPath, pointerPath, valueAt } from './json-place.ts';
import { isObject, own } from './object.ts';
import type { SchemaFault } from './validate.ts';

/** Validates a value by one definition of the schema and gives the fault, if any; none where there is no such definition. */
export type PartCheck = (value: Json, part?: string) => ErrorObject | undefined;

const CELL_PARTS: Record<string, string> = { code: 'code_cell', markdown: 'markdown_cell', raw: 'raw_cell', heading: 'heading_cell', html: 'markdown_cell' }; // prettier-ignore
const OUTPUT_PARTS = new Set(['execute_result', 'display_data', 'stream', 'error', 'pyout', 'pyerr']);

/**
 * A fault of ajv in plain words. Where a schema says "one of these kinds of cell" the fault is looked for again in the
 * kind the cell says it is (as nbformat does), since "none of the kinds" helps nobody.
 */
export function explain(root: Json, error: ErrorObject, check: PartCheck, at: JsonPath = []): SchemaFault {
	const path = [...at, ...pointerPath(error.instancePath, valueAt(root, at) ?? null)];
	const value = valueAt(root, path);
	const list = path.at(-2);
	if (error.keyword === 'oneOf' && isObject(value) && (list === 'cells' || list === 'outputs')) {
		const part = partOf(value);
		const inner = part && check(value, part);
		if (inner) return explain(root, inner, check, path);
		const key = list === 'cells' ? 'cell_type' : 'output_type';
		const at = own(value, key) === undefined ? path : [...path, key];
		return { ...kindFault(value, key), path: at };
	}
	if (error.keyword === 'oneOf' && Array.isArray(value)) {
		const wrong = value.findIndex((item) => typeof item !== 'string');
		return { path: [...path, wrong], message: `expected text, found ${found(value[wrong])}`, atKey: false };
	}
	if (error.keyword === 'additionalProperties') {
		const key = String((error.params as { additionalProperty: string }).additionalProperty);
		return { path: [...path, key], message: 'this key is not allowed here', atKey: true };
	}
	return { path, message: inWords(error, value), atKey: false };
}

function partOf(value: { [key: string]: Json }): string | undefined {
	const { cell_type: cell, output_type: output } = value;
	if (typeof cell === 'string' && Object.hasOwn(CELL_PARTS, cell)) return CELL_PARTS[cell];
	if (typeof output === 'string' && OUTPUT_PARTS.has(output)) return output;
	return undefined;
}

function kindFault(
	value: { [key: string]: Json },
	key: 'cell_type' | 'output_type'
): Omit<SchemaFault, 'path'> {
	const kind = own(value, key);
	const kinds = key === 'cell_type' ? '"code", "markdown" or "raw"' : '"stream", "display_data", "execute_result" or "error"'; // prettier-ignore
	if (kind === undefined) return { message: `the key "${key}" is missing`, atKey: false };
	return { message: `expected ${kinds}, found ${found(kind)}`, atKey: false };
}

const TYPE_WORDS: Record<string, string> = {
	string: 'text',
	integer: 'a whole number',
	number: 'a number',
	boolean: 'true or false',
	object: 'an object { … }',
	array: 'a list [ … ]',
	null: 'null'
};

function inWords(error: ErrorObject, value: Json | undefined): string {
	const params = error.params as Record<string, unknown>;
	const is = found(value);
	switch (error.keyword) {
		case 'required':
			return `the key "${String(params.missingProperty)}" is missing`;
		case 'type':
			return `expected ${[params.type].flat().map((type) => TYPE_WORDS[String(type)]).join(' or ')}, found ${is}`; // prettier-ignore
		case 'enum':
			return `expected ${(params.allowedValues as Json[]).map((v) => JSON.stringify(v)).join(' or ')}, found ${is}`; // prettier-ignore
		case 'minimum':
			return `expected ${String(params.limit)} or more, found ${is}`;
		case 'maximum':
			return `expected ${String(params.limit)} or less, found ${is}`;
		case 'pattern':
			return `found ${is}, which is not allowed here (a tag must not be empty nor have a comma, a name must not be empty)`; // prettier-ignore
		case 'uniqueItems':
			return 'the same item stands twice in this list';
		case 'oneOf':
			return `expected ${(error.parentSchema?.oneOf as { type?: string }[]).map((s) => TYPE_WORDS[s.type ?? ''] ?? 'another kind of value').join(' or ')}, found ${is}`; // prettier-ignore
		default:
			return `this ${error.message ?? 'is not allowed'}`;
	}
}

/** A value in few words. */
function found(value: Json | undefined): string {
	if (value === undefined) return 'nothing';
	if (Array.isArray(value)) return 'a list';
	if (isObject(value)) return 'an object';
	const text = JSON.stringify(value);
	return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
