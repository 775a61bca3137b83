/** Paths of machines in URLs: every name survives, whatever its bytes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePath, encodePath, pathsInQuery } from '#lib/model/file-path.ts';

test('any bytes come back as they were, through a text that a browser can hold', () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
			const escaped = [...bytes].map((byte) => '%' + byte.toString(16).padStart(2, '0')).join('');
			const text = decodePath(escaped)!;
			expect(
				encodePath(text).replace(/%([0-9A-F]{2})|(.)/gs, (_all, hex: string, sign: string) =>
					hex ? hex.toLowerCase() : sign.charCodeAt(0).toString(16).padStart(2, '0')
				)
			).toBe(escaped.replaceAll('%', ''));
		})
	);
});

test.each([
	['/home/ada/data', '/home/ada/data'],
	['/a b+c?d&e=f#g', '/a%20b%2Bc%3Fd%26e%3Df%23g'],
	['/größe/日本', '/gr%C3%B6%C3%9Fe/%E6%97%A5%E6%9C%AC'],
	["/it's (1)!*", '/it%27s%20%281%29%21%2A'],
	['/\udcff\udc80', '/%FF%80']
])('%j is %s', (path, url) => {
	expect(encodePath(path)).toBe(url);
	expect(decodePath(url)).toBe(path);
});

test('overlong and surrogate byte sequences are no UTF-8, and stay what they are', () => {
	expect(decodePath('%C0%AF')).toBe('\udcc0\udcaf');
	expect(encodePath(decodePath('%ED%A0%80')!)).toBe('%ED%A0%80');
});

test('a broken escape is no path', () => expect(decodePath('/a%2')).toBeUndefined());

test('a query names several paths; a plus is a space, as forms write it', () => {
	expect(pathsInQuery('?x=1&path=%2Fa+b&other=2&path=/%FF', 'path')).toEqual(['/a b', '/\udcff']);
});
