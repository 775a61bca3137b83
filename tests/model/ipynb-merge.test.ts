/** A file changed outside meets a document changed here. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import type { Cell } from '#lib/model/cell.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import { matchCells } from '#lib/model/ipynb/match-cells.ts';
import { mergeNotebook } from '#lib/model/ipynb/merge.ts';
import { cellsOf, deleteCell, readCells, sourceOf, writeNotebook } from '#lib/model/notebook-doc.ts';

const code = (id: string, source: string, metadata = {}): Cell => ({ id, type: 'code', source, metadata });

function merged(base: Cell[], ours: Cell[], theirs: Cell[]) {
	const doc = new Y.Doc();
	writeNotebook(doc, 't', ours, {});
	const report = mergeNotebook(doc, { cells: base, metadata: {} }, { cells: theirs, metadata: {} });
	return { doc, report, cells: readCells(doc), texts: readCells(doc).map(({ source }) => source) };
}

describe('what was done outside is done here', () => {
	const base = [code('a', '1'), code('b', '2'), code('c', '3')];

	test('added, removed, moved and changed cells', () => {
		const theirs = [
			code('c', '3'),
			code('a', '1'),
			code('new', 'n'),
			{ ...code('x', '# t'), type: 'markdown' as const }
		];
		const { cells, report } = merged(base, base, theirs);
		expect(cells).toEqual(theirs);
		expect(report).toMatchObject({ added: ['new', 'x'], removed: ['b'], moved: ['c'], conflicts: [] });
		const kind = [{ ...code('a', '1', { tags: ['t'] }), type: 'raw' as const }, ...base.slice(1)];
		expect(merged(base, base, kind).cells).toEqual(kind);
	});

	test('changes of other lines of one cell are put together, and typing under way survives', () => {
		const old = [code('a', 'one\ntwo\nthree')];
		const { doc, texts, report } = merged(
			old,
			[code('a', 'one!\ntwo\nthree')],
			[code('a', 'one\ntwo\nthree\nfour')]
		);
		expect(texts).toEqual(['one!\ntwo\nthree\nfour']);
		expect(report.conflicts).toEqual([]);
		const here = new Y.Doc();
		Y.applyUpdate(here, Y.encodeStateAsUpdate(doc));
		sourceOf(cellsOf(here).get('a'))!.insert(8, '-typed-');
		mergeNotebook(
			doc,
			{ cells: [code('a', texts[0]!)], metadata: {} },
			{ cells: [code('a', texts[0]!.replace('four', '4'))], metadata: {} }
		);
		Y.applyUpdate(doc, Y.encodeStateAsUpdate(here));
		expect(readCells(doc)[0]!.source).toBe('one!\ntwo-typed-\nthree\n4');
	});

	test('the same lines changed on both sides: both stay, and the same again makes no second copy', () => {
		const theirs = [code('a', 'theirs'), ...base.slice(1)];
		const { doc, cells, report } = merged(base, [code('a', 'ours'), ...base.slice(1)], theirs);
		expect(cells.map(({ source }) => source)).toEqual(['ours', 'theirs', '2', '3']);
		expect(cells[1]!.metadata).toEqual({ ansatz: { conflict: { cell: 'a' } } });
		expect(report.conflicts).toMatchObject([{ cell: 'a', theirs: 'theirs', ours: 'ours' }]);
		mergeNotebook(doc, { cells: base, metadata: {} }, { cells: theirs, metadata: {} });
		expect(readCells(doc)).toHaveLength(4);
	});

	test('deleted on one side and changed on the other: it is there', () => {
		expect(merged(base, [code('a', '1'), code('b', '2 here'), code('c', '3')], [base[0]!, base[2]!]).texts).toEqual(['1', '2 here', '3']); // prettier-ignore
		const { texts, report } = merged(base, [base[0]!, base[2]!], [base[0]!, code('b', '2 there'), base[2]!]);
		expect(texts).toEqual(['1', '2 there', '3']);
		expect(report.conflicts).toMatchObject([{ cell: 'b', ours: null }]);
		expect(merged(base, [base[0]!, base[2]!], base).texts).toEqual(['1', '3']);
	});

	test('metadata by keys; what both changed stays as it is here', () => {
		const old = [code('a', '1', { x: 1, y: 1, z: 1 })];
		const { cells } = merged(old, [code('a', '1', { x: 2, y: 1, z: 1 })], [code('a', '1', { x: 3, y: 4 })]);
		expect(cells[0]!.metadata).toEqual({ x: 2, y: 4 });
	});
});

test('a file without ids is matched by texts and order', () => {
	const base = [code('a', 'import os'), code('b', 'x = 1'), code('c', 'print(x)')];
	const file = (sources: string[]) =>
		importNotebook(
			JSON.stringify({
				nbformat: 4,
				nbformat_minor: 4,
				metadata: {},
				cells: sources.map((source) => ({ cell_type: 'code', metadata: {}, source, outputs: [], execution_count: null })) // prettier-ignore
			})
		);
	const ids = (sources: string[]) =>
		matchCells(base, file(sources)).cells.map(({ id }) => (id.length === 1 ? id : '?'));
	expect(ids(['import os', 'x = 2', 'print(x)'])).toEqual(['a', 'b', 'c']);
	expect(ids(['new', 'import os', 'print(x)'])).toEqual(['?', 'a', 'c']);
	expect(ids(['import os', 'x = 1', 'y = 2', 'print(x)'])).toEqual(['a', 'b', '?', 'c']);
	const { cells, outputs } = matchCells(base, file(['import os', 'x = 2', 'print(x)']));
	expect(Object.keys(outputs)).toEqual(cells.map(({ id }) => id));
});

test('nobody’s line is ever lost', () => {
	const ids = ['a', 'b', 'c', 'd'];
	const sources = fc.array(fc.array(fc.constantFrom('p', 'q', 'r', ''), { maxLength: 5 }), {
		minLength: 1,
		maxLength: 4
	});
	type Step = { what: 'insert' | 'replace' | 'remove' | 'drop' | 'add' | 'move'; cell: number; line: number };
	const steps = fc.array(
		fc.record<Step>({
			what: fc.constantFrom('insert', 'replace', 'remove', 'drop', 'add', 'move'),
			cell: fc.nat(5),
			line: fc.nat(6)
		}),
		{ maxLength: 6 }
	);
	/** Each written line is one nobody else writes. */
	const edit = (cells: Cell[], todo: Step[], who: string): Cell[] => {
		const list = cells.map((cell) => ({ ...cell }));
		todo.forEach(({ what, cell, line }, n) => {
			const at = list[cell % Math.max(1, list.length)];
			if (what === 'add')
				return void list.splice(cell % (list.length + 1), 0, code(`${who}${n}`, `${who}${n}`));
			if (!at) return;
			if (what === 'drop') return void list.splice(list.indexOf(at), 1);
			if (what === 'move') {
				list.splice(list.indexOf(at), 1);
				return void list.splice(line % (list.length + 1), 0, at);
			}
			const lines = at.source.split('\n');
			lines.splice(
				line % lines.length,
				what === 'insert' ? 0 : 1,
				...(what === 'remove' ? [] : [`${who}${n}`])
			);
			at.source = lines.join('\n');
		});
		return list;
	};
	const written = (cells: Cell[], who: string): string[] =>
		cells.flatMap(({ source }) => source.split('\n')).filter((line) => line.startsWith(who));
	fc.assert(
		fc.property(sources, steps, steps, (texts, here, there) => {
			const base = texts.map((lines, n) => code(ids[n]!, lines.join('\n')));
			const ours = edit(base, here, 'H');
			const theirs = edit(base, there, 'T');
			const { doc, cells } = merged(base, ours, theirs);
			const all = cells.flatMap(({ source }) => source.split('\n'));
			expect(all).toEqual(expect.arrayContaining([...written(ours, 'H'), ...written(theirs, 'T')]));
			// Nothing done here: it is what the file is.
			expect(merged(base, base, theirs).cells).toEqual(theirs);
			// Done twice it is what it was.
			mergeNotebook(doc, { cells: theirs, metadata: {} }, { cells: theirs, metadata: {} });
			expect(readCells(doc)).toEqual(cells);
		}),
		{ numRuns: 150 }
	);
});

test('a deleted cell that is in nobody’s way stays deleted', () => {
	const doc = new Y.Doc();
	writeNotebook(doc, 't', [code('a', '1')], {});
	deleteCell(doc, 'a');
	mergeNotebook(doc, { cells: [code('a', '1')], metadata: {} }, { cells: [code('a', '1')], metadata: {} });
	expect(readCells(doc)).toEqual([]);
});
