import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The environment of the tests, with ipykernel, numpy and matplotlib; `npm test` makes it. */
export const TEST_ENVIRONMENT = fileURLToPath(new URL('../../.cache/python', import.meta.url));

/** Its interpreter. Throws with what to type when it is missing. */
export function testPython(): string {
	const path = `${TEST_ENVIRONMENT}/bin/python`;
	if (existsSync(path)) return path;
	throw new Error('The Python environment of the tests is missing. Type: npm test');
}

/** The folders an account must see to run it: itself, and the Python it was made from. */
export function pythonFolders(): string[] {
	const base = execFileSync(testPython(), ['-c', 'import sys; print(sys.base_prefix)'], { encoding: 'utf8' });
	return [TEST_ENVIRONMENT, base.trim()];
}
