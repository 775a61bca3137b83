/** The list of a folder: its order, its filter, what is chosen; and the words for what is in it. */
import { expect, test } from 'vitest';
import { orderByName, orderByNumber } from '#lib/client/file-order.ts';
import { textOf } from '#lib/client/file-text.ts';
import { freeName, modeWords, parentOf, shownName, sizeWords, timeWords } from '#lib/client/file-words.ts';
import { hasSource, languageOf, viewerOf } from '#lib/client/file-kinds.ts';
import { pageAddress, zipAddress } from '#lib/client/files.ts';

const sorted = (names: string[]) => [...orderByName(names)].map((entry) => names[entry]);

test('names come in the order people count and spell in', () => {
	expect(sorted(['run10', 'run2', 'Run1', 'run02', 'übung', 'unit', 'a', 'Z', '_x', 'run'])).toEqual([
		'_x',
		'a',
		'run',
		'Run1',
		'run02',
		'run2',
		'run10',
		'übung',
		'unit',
		'Z'
	]);
	const long = ['x9', 'x10', 'x99999999999999999999', 'x100000000000000000000', 'x000', 'x'];
	expect(sorted(long)).toEqual(['x', 'x000', 'x9', 'x10', 'x99999999999999999999', 'x100000000000000000000']);
});

test('names of every kind come in the order of a plain comparison of them', () => {
	let seed = 7;
	const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
	const letters = ['a', 'B', 'é', 'ß', '_', '-', ' ', '日', '😀', '\udcff', 'ab'];
	const names = Array.from({ length: 20_000 }, () =>
		Array.from({ length: 1 + random(6) }, () => letters[random(letters.length)]!).join('')
	);
	const fold = (name: string) =>
		[...Array(name.length).keys()]
			.map((at) =>
				name[at]!.normalize('NFKD')
					.replace(/\p{M}+/gu, '')
					.toLowerCase()
			)
			.join('');
	const keys = new Map(names.map((name) => [name, fold(name)]));
	const expected = [...names].sort((a, b) =>
		keys.get(a)! !== keys.get(b)! ? (keys.get(a)! < keys.get(b)! ? -1 : 1) : a < b ? -1 : a > b ? 1 : 0
	);
	expect(sorted(names)).toEqual(expected);
});

test('numbers from bytes to petabytes are ordered, and equal ones keep the order of their names', () => {
	const sizes = [5, 0, 2 ** 40 + 1, 2 ** 40, 70_000, 5, 65_536, 1];
	const order = orderByNumber(Uint32Array.of(5, 0, 1, 2, 3, 4, 6, 7), (entry) => sizes[entry]!);
	expect([...order]).toEqual([1, 7, 5, 0, 6, 4, 3, 2]);
});

test('sizes, times, permissions and names are said as people read them', () => {
	expect([0, 999, 1000, 4100, 999_499, 23_000_000_000].map(sizeWords)).toEqual([
		'0 B',
		'999 B',
		'1.0 kB',
		'4.1 kB',
		'999 kB',
		'23 GB'
	]);
	const now = Date.UTC(2026, 5, 15, 12);
	expect(timeWords(now / 1000 - 7200, now)).toMatch(/2 hr/);
	expect(timeWords(now / 1000 - 400 * 86_400, now)).toMatch(/2025/);
	expect([0o755, 0o4750, 0o1777, 0o000].map(modeWords)).toEqual([
		'rwxr-xr-x',
		'rwsr-x---',
		'rwxrwxrwt',
		'---------'
	]);
	// Bytes that are no UTF-8, and a letter that would turn the line round.
	expect(shownName('caf\udce9\u202egnp.exe')).toBe('caf\ufffd\ufffdgnp.exe');
	expect(freeName('data.tar', (name) => name === 'data (2).tar')).toBe('data (3).tar');
	expect([parentOf('/a/b'), parentOf('/a'), parentOf('/')]).toEqual(['/a', '/', '/']);
});

test('names of any bytes stand in addresses by their bytes', () => {
	expect(pageAddress('w1', '/home/ada/caf\udce9', 'a&b.txt')).toBe(
		'/workspaces/w1/files?path=/home/ada/caf%E9&open=a%26b.txt'
	);
	expect(zipAddress('w1', ['/a b', '/ü'])).toBe('/api/workspaces/w1/files/zip?path=/a%20b&path=/%C3%BC');
});

test('a file is opened by its name', () => {
	expect(['a.py', 'b.PNG', 'c.ipynb', 'd.root', 'Makefile', 'e.parquet'].map(viewerOf)).toEqual([
		'text',
		'image',
		'notebook',
		'none',
		'text',
		'table'
	]);
	expect([
		languageOf('fit.py'),
		languageOf('CMakeLists.txt'),
		languageOf('.bashrc'),
		languageOf('x')
	]).toEqual(['python', 'cmake', 'bash', '']);
	expect([hasSource('a.svg'), hasSource('a.png')]).toEqual([true, false]);
});

test('text is told from what is none, and its line ends are kept', () => {
	const bytes = (text: string) => new TextEncoder().encode(text);
	expect(textOf(bytes('a\r\nb\r\n'), false)).toMatchObject({ lineSeparator: '\r\n', encoding: 'utf-8' });
	expect(textOf(bytes('a\r\nb\n'), false)).toMatchObject({ lineSeparator: '\n' });
	expect(textOf(Uint8Array.of(0x7f, 0x45, 0, 1), false)).toBeNull();
	expect(textOf(Uint8Array.of(0x63, 0xe9), false)).toMatchObject({ encoding: 'latin1', text: 'cé' });
	// Cut within a letter: the line before it is whole.
	expect(textOf(Uint8Array.of(0x61, 0x0a, 0xc3), true)).toMatchObject({ encoding: 'utf-8', text: 'a\n' });
});
