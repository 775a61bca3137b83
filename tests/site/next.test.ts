/** T18: what follows `next=` after signing in stays on this site. */
import { expect, test } from 'vitest';
import { safeNext } from '../../src/routes/sign-in/next.ts';

test.each(['/', '/notebooks/abc', '/s/token', '/workspaces?edit=1#x', '/a//b', '/%2F%2Fevil.example'])(
	'%s is kept',
	(path) => {
		expect(safeNext(path)).toBe(path);
	}
);

test.each([
	null,
	'',
	'//evil.example',
	'///evil.example',
	'/\\evil.example',
	'\\\\evil.example',
	'\\/evil.example',
	'/\t/evil.example',
	'/\n/evil.example',
	'/..//evil.example',
	'/.//evil.example',
	'/%2e%2e//evil.example',
	'/a/../..//evil.example',
	'http://evil.example/',
	'https:evil.example',
	'javascript:alert(1)',
	'data:text/html,x',
	'evil.example',
	'@evil.example',
	' //evil.example',
	'/\\/evil.example',
	'/\u0000//evil.example'
])('%j leads to the start', (path) => {
	expect(safeNext(path)).toBe('/');
});
