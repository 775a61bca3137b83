import type { Json, JsonObject } from '#lib/model/json.ts';

/** A JSON schema as people write shapes down: `{title?: string, cells: [string]}`. */
export function shapeText(schema: JsonObject): string {
	if (typeof schema.$ref === 'string') return schema.$ref.split('/').at(-1)!;
	const choices = asList(schema.oneOf ?? schema.anyOf);
	if (choices.length > 0) return choices.map(shapeText).join(' | ');
	if (schema.const !== undefined) return JSON.stringify(schema.const);
	if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
	if (schema.type === 'array') return `[${shapeText(asObject(schema.items))}, …]`;
	if (Array.isArray(schema.type)) return schema.type.join(' | ');
	if (schema.type === 'object' && schema.properties) {
		const required = Array.isArray(schema.required) ? schema.required : [];
		const lines = Object.entries(asObject(schema.properties)).map(
			([name, value]) => `${name}${required.includes(name) ? '' : '?'}: ${shapeText(asObject(value))}`
		);
		return `{${lines.join(', ')}}`;
	}
	return String(schema.type ?? 'any');
}

function asObject(value: Json | undefined): JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function asList(value: Json | undefined): JsonObject[] {
	return Array.isArray(value) ? value.map(asObject) : [];
}
