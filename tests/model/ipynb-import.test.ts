import { describe, expect, test } from 'vitest';
import { exportNotebook } from '#lib/model/ipynb/export.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import { stringifyNotebook } from '#lib/model/ipynb/stringify.ts';
import type { JsonObject } from '#lib/model/json.ts';
import { CODE, fixture, MARKDOWN, notebookText, refusal } from './ipynb-support.ts';

const stream = { output_type: 'stream', name: 'stdout', text: 'x' };

describe('what is refused, and how', () => {
	test.each<[string, string]>([
		['', 'line 1, column 1: the file is empty.'],
		['{"cells": [', 'line 1, column 12: expected a value, found the end of the file.'],
		['{\n "cells": [1,]}', 'line 2, column 14: expected a value, found ].'],
		[
			'{\n "a": NaN}',
			'line 2, column 7: expected a value, found NaN, which Python writes but JSON does not have.'
		],
		['{"a": -Infinity}', 'line 1, column 7: expected a value, found -Infinity, which Python'],
		['{"a": 1e999}', 'the number 1e999 is too large'],
		["{'a': 1}", "line 1, column 2: expected a key in double quotes, found '."],
		['{"a": "b\nc"}', 'line 1, column 9: expected \\n or another escape'],
		['{"a": "\\x"}', 'line 1, column 8: expected an escape'],
		['{"a": "b', 'line 1, column 7: a text in quotes begins here and has no end'],
		['{"a": 1_0}', 'line 1, column 8: expected a comma or }, found _.'],
		['{"a": 1.}', 'line 1, column 8: expected a comma or }, found ..'],
		['{"a": 01}', 'expected a comma or }, found 1'],
		['{\n<<<<<<< HEAD\n', 'found a merge conflict mark of git'],
		['\n<!DOCTYPE html><html>', 'It is a web page (HTML).'],
		['[]', 'not an object'],
		['{"a": 1}', 'The key "nbformat" is missing'],
		['{"nbformat": "4"}', 'nbformat: expected a whole number'],
		['{"nbformat": 1}', 'version 1 of the notebook format'],
		['{"nbformat": 5, "nbformat_minor": 0}', 'version 5 of the notebook format; versions 2 to 4'],
		['{"nbformat": 4, "metadata": {}, "cells": []}', 'the key "nbformat_minor" is missing'],
		['{"nbformat": 3}', 'The key "worksheets" with the list of worksheets is missing.'],
		['{"nbformat": 2, "worksheets": [{"cells": []}, 1]}', 'worksheets[1]: the key "cells" with the list of cells is missing.'], // prettier-ignore
		[notebookText([{ ...MARKDOWN, cell_type: 'heading' }]), 'found "heading".'],
		[notebookText([{ ...MARKDOWN, source: {} }]), 'cells[0].source (line 7, column 14): expected text or a list [ … ], found an object.'], // prettier-ignore
		[notebookText([{ ...MARKDOWN, cell_type: 'text' }]), 'cells[0].cell_type (line 4, column 17): expected "code", "markdown" or "raw", found "text".'], // prettier-ignore
		[notebookText([{ ...CODE, cell_type: undefined }]), 'cells[0] (line 3, column 3): the key "cell_type" is missing.'], // prettier-ignore
		[
			notebookText([{ ...CODE, outputs: undefined }]),
			'cells[0] (line 3, column 3): the key "outputs" is missing.'
		],
		[
			notebookText([{ ...MARKDOWN, extra: 1 }]),
			'cells[0].extra (line 8, column 4): this key is not allowed here.'
		],
		[notebookText([{ ...MARKDOWN, source: ['a', 7] }]), 'cells[0].source[1] (line 9, column 5): expected text, found 7.'], // prettier-ignore
		[notebookText([{ ...MARKDOWN, source: null }]), 'expected text or a list [ … ], found null.'],
		[notebookText([{ ...MARKDOWN, metadata: { tags: ['a,b'] } }]), 'cells[0].metadata.tags[0]'],
		[notebookText([{ ...CODE, execution_count: -1 }]), 'cells[0].execution_count (line 9, column 23): expected 0 or more, found -1.'], // prettier-ignore
		[notebookText([{ ...CODE, outputs: [stream, { ...stream, name: 3 }] }]), 'cells[0].outputs[1].name (line 16, column 14): expected text, found 3.'], // prettier-ignore
		[notebookText([{ ...CODE, outputs: [{}] }]), 'cells[0].outputs[0] (line 9, column 5): the key "output_type" is missing.'], // prettier-ignore
		[notebookText([MARKDOWN, 3]), 'cells[1]'],
		[notebookText([], { metadata: { kernelspec: { name: 'x' } } }), 'metadata.kernelspec'],
		[notebookText([{ ...CODE, outputs: [{ output_type: 'display_data', metadata: {}, data: { 'text/plain': 1 } }] }]), 'cells[0].outputs[0].data["text/plain"]'] // prettier-ignore
	])('%#', (text, detail) => {
		const problem = refusal(text);
		expect(problem.detail).toContain(detail);
		expect(problem.title).toMatch(/\.$/);
		expect(problem.remedy).toMatch(/\.$/);
	});

	test('an old file: the place is that of the old file', () => {
		const text = fixture('v3.ipynb').replace('"traceback": [', '"traceback": [1, ');
		expect(refusal(text).detail).toMatch(/^worksheets\[0\]\.cells\[5\]\.outputs\[3\]\.traceback\[0\] \(line 13, column 71\)/); // prettier-ignore
	});

	test('limits: size, cells, depth', () => {
		expect(refusal(' '.repeat(50_000_001)).detail).toBe('It is larger than 50 MB.');
		expect(refusal(`{"a": "${'é'.repeat(25_000_000)}"}`).detail).toBe('It is larger than 50 MB.');
		const many = (count: number) => `{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [${'1,'.repeat(count - 1)}1]}`; // prettier-ignore
		expect(refusal(many(100_001)).detail).toContain('100001 cells');
		expect(refusal(many(100_000)).detail).toContain('cells[0]');
		const sheets = `{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [${'1,'.repeat(1e5)}1]}]}`;
		expect(refusal(sheets).detail).toContain('100001 cells');
		const deep = (depth: number) => notebookText([], { metadata: { a: 0 } }).replace('0', '['.repeat(depth) + ']'.repeat(depth)); // prettier-ignore
		expect(importNotebook(deep(98)).warnings).toEqual([]);
		expect(refusal(deep(99)).detail).toContain('nested more than 100 deep');
		expect(refusal(`[${'{},'.repeat(2_000_000)}0]`).detail).toContain('more than 2000000 lists and objects');
		expect(refusal('['.repeat(1_000_000)).detail).toContain('nested more than 100 deep');
	});

	test('keys made to slow the patterns of version 3 do not', () => {
		const output = `{"output_type": "display_data", "${'a'.repeat(2_000_000)}!": "x"}`;
		const text = `{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [{"cell_type": "code", "language": "python", "input": "", "outputs": [${output}]}]}]}`; // prettier-ignore
		const start = performance.now();
		importNotebook(text);
		expect(performance.now() - start).toBeLessThan(3000);
	});
});

describe('what is repaired or kept, with a warning', () => {
	test('missing, double and forbidden cell ids', () => {
		const ids = ['a', undefined, 'a', '', 'with space', '__proto__', 'constructor', 'b'];
		const { cells, outputs, warnings } = importNotebook(notebookText(ids.map((id) => ({ ...CODE, id }))));
		expect(cells[0]!.id).toBe('a');
		expect(cells[7]!.id).toBe('b');
		expect(new Set(cells.map(({ id }) => id)).size).toBe(8);
		for (const { id } of cells) expect(id).toMatch(/^[a-zA-Z0-9\-_]{1,64}$/);
		expect(Object.keys(outputs).sort()).toEqual(cells.map(({ id }) => id).sort());
		expect(warnings).toEqual([
			'1 cell had no id and got a new one.',
			'1 cell had the id of another cell and got a new one.',
			'4 cells had an id that is not allowed and got a new one.'
		]);
	});

	test('ids in a file of 4.4 are kept, though 4.4 had none', () => {
		const { cells, from, warnings } = importNotebook(notebookText([MARKDOWN], { nbformat_minor: 4 }));
		expect(cells[0]!.id).toBe('m');
		expect(from).toEqual({ nbformat: 4, nbformat_minor: 4 });
		expect(warnings).toEqual(['Not quite valid for its version 4.4, but for 4.5: cells[0].id (line 5, column 4): this key is not allowed here.']); // prettier-ignore
	});

	test('a later minor version is read as far as 4.5 goes', () => {
		const { warnings, cells } = importNotebook(
			notebookText([{ ...MARKDOWN, extra: 1 }], { nbformat_minor: 6 })
		);
		expect(cells).toHaveLength(1);
		expect(warnings[0]).toContain('later version 4.6');
		expect(warnings[1]).toContain('"extra" of a markdown cell');
		expect(refusal(notebookText([{ ...MARKDOWN, source: 1 }], { nbformat_minor: 6 })).detail).toContain('cells[0].source'); // prettier-ignore
	});

	test('keys that stand twice, and numbers that are too long', () => {
		const text =
			'{"nbformat": 4, "nbformat_minor": 5, "cells": [], "metadata": {"a": 1,\n "a": 12345678901234567890}}';
		const { metadata, warnings } = importNotebook(text);
		expect(metadata.a).toBe(12345678901234567000);
		expect(warnings).toEqual([
			'The key "a" stands twice in the same place; the last one was taken (line 2, column 2).',
			'The number 12345678901234567890 has too many digits and was rounded (line 2, column 7).'
		]);
	});

	test('__proto__ is a key as any other and pollutes nothing', () => {
		const text = fixture('v4.5.ipynb');
		const { metadata, cells } = importNotebook(text);
		expect(Object.keys(metadata)).toContain('__proto__');
		expect(Object.keys(cells[0]!.metadata)).toContain('__proto__');
		expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
		expect(stringifyNotebook(exportNotebook(importNotebook(text)))).toContain(
			'"__proto__": {\n   "polluted": true'
		);
	});

	test('half surrogate pairs pass and come out as escapes', () => {
		const text = notebookText([{ ...MARKDOWN, source: 'a\ud800b' }]);
		const imported = importNotebook(text);
		expect(imported.cells[0]!.source).toBe('a\ud800b');
		expect(imported.warnings).toEqual([
			'Characters in 1 of the cells are broken (half of a surrogate pair).'
		]);
		expect(stringifyNotebook(exportNotebook(imported))).toContain('"a\\ud800b"');
	});

	test('attachments of JSON types are text in the model and JSON in the file', () => {
		const attachments = { 'a.json': { 'application/json': { k: ['1', 2] }, 'text/plain': ['a\n', 'b'] } };
		const imported = importNotebook(notebookText([{ ...MARKDOWN, attachments }]));
		expect(imported.cells[0]!.attachments).toEqual({
			'a.json': { 'application/json': '{"k":["1",2]}', 'text/plain': 'a\nb' }
		});
		const [cell] = exportNotebook(imported).cells as JsonObject[];
		expect(cell!.attachments).toEqual(attachments);
	});

	test('a byte order mark is passed over', () => {
		expect(importNotebook(`\ufeff${notebookText([MARKDOWN])}`).cells).toHaveLength(1);
	});

	test('version 3: JSON output that is not JSON stays text', () => {
		const text = fixture('v3.ipynb').replace('"{\\"k\\": [1, 2.5, null]}"', '"{NaN"');
		expect(importNotebook(text).warnings).toContain('A JSON output of the old file is not valid JSON; it was kept as text.'); // prettier-ignore
	});
});

test('a notebook of 5 MB is read in well under a second', () => {
	const output = { output_type: 'stream', name: 'stdout', text: Array(20).fill(`${'x'.repeat(99)}\n`) };
	const cells = Array.from({ length: 2500 }, (_, i) => ({ ...CODE, id: `c${i}`, outputs: [output] }));
	const text = notebookText(cells);
	expect(text.length).toBeGreaterThan(5e6);
	importNotebook(notebookText([]));
	const start = performance.now();
	importNotebook(text);
	const time = performance.now() - start;
	console.log(`ipynb: ${(text.length / 1e6).toFixed(1)} MB imported in ${time.toFixed(0)} ms`);
	expect(time).toBeLessThan(3000);
});
