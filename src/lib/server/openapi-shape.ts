/** Shapes of JSON Schema the description of the HTTP interface is made of. */
import type { JsonObject } from '#lib/model/json.ts';

export const ref = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });
export const list = (items: JsonObject): JsonObject => ({ type: 'array', items });
export const orNull = (schema: JsonObject): JsonObject => ({ anyOf: [schema, { type: 'null' }] });

/** An object all of whose properties are there, but for those named after it. */
export function object(properties: Record<string, JsonObject>, optional: string[] = []): JsonObject {
	return {
		type: 'object',
		properties,
		required: Object.keys(properties).filter((name) => !optional.includes(name))
	};
}

/** The answer of what answers nothing. */
export const done = { status: 204, description: 'Done.' };
