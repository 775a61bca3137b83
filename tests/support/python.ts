import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The Python of the tests, with ipykernel, numpy and matplotlib; `npm test` makes it. */
export function testPython(): string {
	const path = fileURLToPath(new URL('../../.cache/python/bin/python', import.meta.url));
	if (existsSync(path)) return path;
	throw new Error('The Python environment of the tests is missing. Type: npm test');
}
