import type { Json, JsonObject } from '../json.ts';

/** True for a JSON object (not null, not a list). */
export function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The own value at `key`; inherited names such as `constructor` are not values. */
export function own(object: JsonObject, key: string): Json | undefined {
	return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets an own value, also for the key `__proto__`, where an assignment would do something else. */
export function put(object: JsonObject, key: string, value: Json): void {
	Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Takes the own value at `key` away from the object and gives it. */
export function take(object: JsonObject, key: string): Json | undefined {
	const value = own(object, key);
	delete object[key];
	return value;
}

/** The objects in a list; an empty list where there is no list. */
export function objects(value: Json | undefined): JsonObject[] {
	return Array.isArray(value) ? value.filter(isObject) : [];
}
