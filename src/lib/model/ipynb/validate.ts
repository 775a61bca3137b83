/** Validation by the official schemas. Server only: ajv makes code at run time, and the schemas are large. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Json } from '../json.ts';
import v3 from './schema/nbformat.v3.schema.json' with { type: 'json' };
import v40 from './schema/nbformat.v4.0.schema.json' with { type: 'json' };
import v41 from './schema/nbformat.v4.1.schema.json' with { type: 'json' };
import v42 from './schema/nbformat.v4.2.schema.json' with { type: 'json' };
import v43 from './schema/nbformat.v4.3.schema.json' with { type: 'json' };
import v44 from './schema/nbformat.v4.4.schema.json' with { type: 'json' };
import v45 from './schema/nbformat.v4.5.schema.json' with { type: 'json' };
import { explain } from './explain.ts';
import type { JsonPath } from './json-place.ts';

const SCHEMAS = { '3': linear(v3), '4.0': v40, '4.1': v41, '4.2': v42, '4.3': v43, '4.4': v44, '4.5': v45, '4.5+': later(v45) }; // prettier-ignore
/** `4.5+` is 4.5 as nbformat loosens it for later minor versions. */
export type SchemaVersion = keyof typeof SCHEMAS;

/** What is wrong, where, and whether the place is a key rather than a value. */
export interface SchemaFault {
	path: JsonPath;
	message: string;
	atKey: boolean;
}

const ajv = new Ajv({
	strict: false,
	validateSchema: false,
	verbose: true,
	ownProperties: true,
	logger: false
});
const compiled = new Map<string, ValidateFunction>();

/** The first fault of a notebook by the schema of a version; undefined where it is valid. Compiles once, when needed. */
export function schemaFault(notebook: Json, version: SchemaVersion): SchemaFault | undefined {
	const check = (value: Json, part = ''): ErrorObject | undefined => {
		const validate = validator(version, part);
		return !validate || validate(value) ? undefined : validate.errors?.at(-1);
	};
	const error = check(notebook);
	return error && explain(notebook, error, check);
}

function validator(version: SchemaVersion, part: string): ValidateFunction | undefined {
	const name = `${version}#${part}`;
	let found = compiled.get(name);
	if (!found) {
		const { $schema: _draft4, ...schema } = SCHEMAS[version];
		if (!ajv.getSchema(version)) ajv.addSchema(schema, version);
		found = ajv.getSchema(part === '' ? version : `${version}#/definitions/${part}`);
		if (found) compiled.set(name, found);
	}
	return found;
}

/**
 * The pattern `[a-zA-Z0-9]+/…$` of version 3 has no `^`, so that its `+` changes nothing but the time: quadratic in the
 * length of a key. Without the `+` it matches the same keys in linear time.
 */
function linear<S extends object>(schema: S): S {
	return JSON.parse(JSON.stringify(schema).replaceAll('"[a-zA-Z0-9]+/', '"[a-zA-Z0-9]/')) as S;
}

/** The schema for minor versions to come: more keys everywhere, unknown kinds of cells and outputs (nbformat does so). */
function later<S extends object>(schema: S): S {
	const loose = JSON.parse(JSON.stringify(schema), (key, value: Json) =>
		key === 'additionalProperties' ? true : value
	) as S & { definitions: Record<'cell' | 'output', { oneOf: Json[] }> };
	loose.definitions.cell.oneOf.push({ $ref: '#/definitions/unrecognized_cell' });
	loose.definitions.output.oneOf.push({ $ref: '#/definitions/unrecognized_output' });
	return loose;
}
