/** The variables of real kernels: what they hold, page by page, while a cell runs as well, and without a trace. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFilter } from '#collab/variables-filter.ts';
import { rString } from '#collab/variables-r.ts';
import { cellIds, cellsOf, insertCell, sourceOf } from '#lib/model/notebook-doc.ts';
import type { CommandResult, RoomCommand } from '#lib/model/room-command.ts';
import type { Run } from '#lib/model/run.ts';
import { readKernel, readRun } from '#lib/model/runtime-doc.ts';
import type { TablePage, Variable } from '#lib/model/variables.ts';
import { startRooms, until, type OpenNotebook, type Person, type TestRooms } from '../support/rooms.ts';

let rooms: TestRooms;
let ada: Person;

beforeAll(async () => {
	rooms = await startRooms();
	ada = await rooms.person('ada', { admin: true });
});
afterAll(() => rooms.end());

interface Opened {
	open: OpenNotebook;
	cells: string[];
	table(name: string, more?: Partial<Extract<RoomCommand, { do: 'table' }>>): Promise<TablePage>;
	variables(): Promise<Map<string, Variable>>;
}

async function notebookWith(...sources: string[]): Promise<Opened> {
	const { id } = await rooms.services.notebooks.create(ada.caller);
	const open = await rooms.open(ada, id);
	sourceOf(cellsOf(open.doc).get(cellIds(open.doc)[0]!))!.insert(0, sources[0] ?? '');
	sources.slice(1).forEach((source, i) => insertCell(open.doc, i + 1, { type: 'code', source }));
	return {
		open,
		cells: cellIds(open.doc),
		async table(name, more = {}) {
			return (await open.command({ do: 'table', name, from: 0, count: 5, ...more })).table!;
		},
		async variables() {
			const { variables } = await open.command({ do: 'variables' });
			expect(variables).toMatchObject({ busy: false, problem: null });
			return new Map(variables!.variables.map((one) => [one.name, one]));
		}
	};
}

async function run(open: OpenNotebook, cell: string): Promise<Run> {
	const { runs } = await open.command({ do: 'run', cells: [cell] });
	return ended(open, cell, runs![0]!.id);
}

function ended(open: OpenNotebook, cell: string, id: string): Promise<Run> {
	return until(open.runtimeDoc, () => {
		const found = readRun(open.runtimeDoc, cell);
		return found?.id === id && found.finishedAt ? found : null;
	});
}

function asked(open: OpenNotebook, cell: string): Promise<Run> {
	return until(open.runtimeDoc, () => {
		const found = readRun(open.runtimeDoc, cell);
		return found?.input ? found : null;
	});
}

function textOf(found: Run): string {
	return found.outputs.map((output) => (output.type === 'stream' ? output.text : '')).join('');
}

const column = (page: TablePage, at: number): string[] => page.rows.map(({ cells }) => cells[at]!);

/** Another kernel in place of the one that runs. */
async function startSpec({ open, cells }: Opened, spec: string): Promise<CommandResult> {
	await run(open, cells[0]!);
	return open.command({ do: 'start', workspace: readKernel(open.runtimeDoc).workspace!, spec });
}

const NAMES_NOW = 'print(sorted(name for name in globals() if not name.startswith("_")))';

test('what is there is told: types, shapes, sizes, previews; huge, broken and endless values cost nothing', async () => {
	const notebook = await notebookWith(
		[
			'import numpy as np, pandas as pd, matplotlib',
			'df = pd.DataFrame({"a": np.arange(1_000_000), "b": np.arange(1_000_000) / 7})',
			'array = np.zeros((1000, 500)); deep = np.zeros((2, 2, 2))',
			'numbers = list(range(5_000_000)); word = "é" * 100_000; big = 10 ** 100_000; nothing = None',
			'def area(width, height=1): return width * height',
			'class Endless:\n    def __repr__(self):\n        while True: pass',
			'class Broken:\n    def __repr__(self): raise SystemExit\n    def __len__(self): raise KeyboardInterrupt',
			'endless, broken, _hidden = Endless(), Broken(), 1'
		].join('\n'),
		NAMES_NOW
	);
	const { open, cells } = notebook;
	await run(open, cells[0]!);
	const names = textOf(await run(open, cells[1]!));
	const found = await notebook.variables();
	expect([...found.keys()].sort()).toEqual(
		[
			'Broken',
			'Endless',
			'area',
			'array',
			'big',
			'broken',
			'deep',
			'df',
			'endless',
			'nothing',
			'numbers'
		].concat('word')
	);
	expect(found.get('df')).toMatchObject({
		type: 'pandas.DataFrame',
		shape: [1_000_000, 2],
		preview: 'a, b',
		table: true
	});
	expect(found.get('df')!.bytes).toBeGreaterThanOrEqual(16_000_000);
	expect(found.get('array')).toMatchObject({ shape: [1000, 500], bytes: 4_000_000, table: true });
	expect(found.get('deep')).toMatchObject({ shape: [2, 2, 2], table: false });
	expect(found.get('numbers')).toMatchObject({ shape: [5_000_000], preview: '[0, 1, 2, 3, 4, 5, …]' });
	expect(found.get('numbers')!.bytes).toBeGreaterThan(40_000_000);
	expect(found.get('area')).toMatchObject({ kind: 'function', preview: 'area(width, height)' });
	expect(found.get('Endless')).toMatchObject({ kind: 'class' });
	expect(found.get('endless')!.preview).toContain('too long');
	expect(found.get('broken')!.preview).toContain('SystemExit');
	expect(found.get('big')!.preview).toContain('bits');
	for (const { preview } of found.values()) expect(preview.length).toBeLessThan(200);
	await notebook.table('df', { filter: 'a > 5', sort: { column: 1, descending: true } });
	expect(textOf(await run(open, cells[1]!))).toBe(names);
	// The numbering of runs is the user's as well.
	expect((await run(open, cells[1]!)).executionCount).toBe(4);
	open.close();
});

test('a million rows come page by page, sorted, filtered and counted', async () => {
	const notebook = await notebookWith(
		[
			'import numpy as np, pandas as pd',
			'n = 1_000_000',
			'df = pd.DataFrame({"id": np.arange(n), "mass": (np.arange(n) * 7919 % n) / 10, "kind": pd.Categorical.from_codes(np.arange(n) % 3, ["Up", "down", "strange"])})',
			'df.loc[3, "mass"] = None',
			'named = pd.DataFrame({"x": [1.5, None], "my col": ["a", "b"]}, index=["first", "second"])',
			'array = np.array([[3, 1], [1, 2], [2, 0]]); series = pd.Series([2.5, 1.5], name="s")',
			'records = [{"a": 1, "b": "x"}, {"a": 3, "c": True}]'
		].join('\n')
	);
	const { open, cells } = notebook;
	await run(open, cells[0]!);
	const last = await notebook.table('df', { from: 999_998, count: 100 });
	expect(last).toMatchObject({ total: 1_000_000, all: 1_000_000, filter: null, searched: null });
	expect(last.columns.map(({ name, type }) => [name, type])).toEqual([
		['id', 'int64'],
		['mass', 'float64'],
		['kind', 'category']
	]);
	expect(last.rows.map(({ at }) => at)).toEqual([999_998, 999_999]);
	const sorted = await notebook.table('df', { sort: { column: 1, descending: true }, from: 1, count: 2 });
	expect(column(sorted, 1)).toEqual(['99999.8', '99999.7']);
	const end = await notebook.table('df', { sort: { column: 1, descending: true }, from: 999_999 });
	expect(column(end, 1)).toEqual(['NaN']);
	const few = await notebook.table('df', { filter: 'id >= 999_990', sort: { column: 0, descending: true } });
	expect(few).toMatchObject({ total: 10, all: 1_000_000, filter: 'column' });
	expect(column(few, 0)[0]).toBe('999999');
	const text = await notebook.table('named', { filter: 'SECOND' });
	expect(text).toMatchObject({ total: 0, filter: 'text' });
	expect((await notebook.table('named', { filter: '"my col" == B' })).rows).toEqual([
		{ at: 1, label: 'second', cells: ['NaN', 'b'] }
	]);
	expect((await notebook.table('named', { filter: 'x == null' })).total).toBe(1);
	expect(column(await notebook.table('array', { sort: { column: 0, descending: false } }), 1)).toEqual([
		'2',
		'0',
		'1'
	]);
	expect(column(await notebook.table('series'), 0)).toEqual(['2.5', '1.5']);
	expect((await notebook.table('records', { filter: 'a > 2' })).rows[0]!.cells).toEqual([
		'3',
		'None',
		'True'
	]);
	open.close();
});

test('names and filters are data, whatever stands in them', async () => {
	const hostile = [
		`x"]; import os; os.environ["HACKED"] = "1"; #`,
		`'''\n\\`,
		'${}`\u2028\u0000\ud800',
		'__import__("os").abort()'
	];
	const notebook = await notebookWith(
		`import pandas as pd\nfor name in ${JSON.stringify(hostile.slice(0, 2))}: globals()[name] = pd.DataFrame({name: [1, 2]})\n` +
			'df = pd.DataFrame({"a": [1]})\nlist = dict = len = str = type = print_me = None',
		'import os\nprint(os.environ.get("HACKED"))'
	);
	const { open, cells } = notebook;
	await run(open, cells[0]!);
	expect([...(await notebook.variables()).keys()]).toEqual(expect.arrayContaining(hostile.slice(0, 2)));
	for (const name of hostile.slice(0, 2)) {
		const page = await notebook.table(name, { filter: `${JSON.stringify(name)} > 1` });
		expect(page).toMatchObject({ total: 1, filter: 'column' });
	}
	for (const name of hostile.slice(2)) {
		expect((await notebook.table(name)).problem).toMatchObject({ code: 'variable-gone' });
	}
	for (const filter of hostile) expect(await notebook.table('df', { filter })).toMatchObject({ total: 0 });
	expect(textOf(await run(open, cells[1]!))).toBe('None\n');
	open.close();
});

test('while a cell runs they are answered aside; its figure, its questions and its output stay its own', async () => {
	const notebook = await notebookWith(
		'%matplotlib inline\nimport pandas as pd, matplotlib.pyplot as plt\ndf = pd.DataFrame({"a": range(10)})',
		'plt.plot([1, 2]);\nname = input("first ")\nagain = input("second ")\nprint(name, again)'
	);
	const { open, cells } = notebook;
	await run(open, cells[0]!);
	const { runs } = await open.command({ do: 'run', cells: [cells[1]!] });
	const first = await asked(open, cells[1]!);
	expect((await notebook.variables()).get('df')).toMatchObject({ shape: [10, 1] });
	expect(await notebook.table('df', { from: 5 })).toMatchObject({ total: 10, busy: false });
	await open.command({ do: 'input', run: first.id, seq: first.input!.seq, value: 'Emmy' });
	const second = await until(open.runtimeDoc, () => {
		const found = readRun(open.runtimeDoc, cells[1]!);
		return found?.input?.prompt === 'second ' ? found : null;
	});
	await open.command({ do: 'input', run: second.id, seq: second.input!.seq, value: 'Noether' });
	const over = await ended(open, cells[1]!, runs![0]!.id);
	expect(over.state).toBe('done');
	expect(textOf(over)).toContain('Emmy Noether\n');
	expect(over.outputs.some((output) => 'data' in output && 'image/png' in output.data)).toBe(true);
	open.close();
});

test('a kernel without a subshell says that it is busy, and answers between cells', async () => {
	const notebook = await notebookWith('rows = [{"a": 1}, {"a": 2}]', 'input()', NAMES_NOW);
	const { open, cells } = notebook;
	await startSpec(notebook, 'ansatz-python');
	await run(open, cells[0]!);
	expect(readKernel(open.runtimeDoc)).toMatchObject({ spec: 'ansatz-python', subshell: false });
	const names = textOf(await run(open, cells[2]!));
	expect((await notebook.variables()).get('rows')).toMatchObject({ type: 'list', table: true });
	await open.command({ do: 'run', cells: [cells[1]!] });
	const busy = await asked(open, cells[1]!);
	const { variables } = await open.command({ do: 'variables' });
	expect(variables).toMatchObject({ busy: true, variables: [] });
	expect(await notebook.table('rows')).toMatchObject({ busy: true, rows: [] });
	await open.command({ do: 'input', run: busy.id, seq: busy.input!.seq, value: '' });
	await ended(open, cells[1]!, busy.id);
	expect(column(await notebook.table('rows', { sort: { column: 0, descending: true } }), 0)).toEqual([
		'2',
		'1'
	]);
	expect(textOf(await run(open, cells[2]!))).toBe(names);
	open.close();
});

test('a viewer is not told, and without a kernel it is said so', async () => {
	const { open } = await notebookWith('1');
	const { variables } = await open.command({ do: 'variables' });
	expect(variables!.problem).toMatchObject({ code: 'no-kernel' });
	const { id } = await rooms.services.notebooks.create(ada.caller);
	const eve = await rooms.person('eve');
	await rooms.services.notebooks.setMember(ada.caller, id, 'eve', 'viewer');
	const theirs = await rooms.open(eve, id);
	for (const command of [
		{ do: 'variables' },
		{ do: 'table', name: 'x', from: 0, count: 1 }
	] as const satisfies RoomCommand[]) {
		await expect(theirs.command(command)).rejects.toMatchObject({ problem: { code: 'role' } });
	}
	theirs.close();
	open.close();
});

const noR =
	spawnSync('Rscript', ['-e', 'library(IRkernel)']).status === 0 ? null : 'R with IRkernel is not installed';

test(`R: frames, vectors, matrices and lists${noR ? ` (not run: ${noR})` : ''}`, async (context) => {
	if (noR) context.skip(noR);
	const notebook = await notebookWith(
		[
			'df <- data.frame(id = 1:100000, g = factor(rep(c("a", "B"), 50000)), stringsAsFactors = FALSE)',
			'm <- matrix(1:6, 2); v <- c(p = 1.5, q = NA); l <- list(a = 1, b = "é"); f <- function(x, y) x',
			'`a"]); stop(1)` <- data.frame(x = 1:2); paste <- 3; c <- function(...) stop("mine")'
		].join('\n'),
		'cat(ls(all.names = TRUE), sep = "\\n")'
	);
	const { open, cells } = notebook;
	await startSpec(notebook, 'ir');
	await run(open, cells[0]!);
	const names = textOf(await run(open, cells[1]!));
	const found = await notebook.variables();
	expect(found.get('df')).toMatchObject({
		type: 'data.frame',
		shape: [100_000, 2],
		preview: 'id, g',
		table: true
	});
	expect(found.get('m')).toMatchObject({ shape: [2, 3], table: true });
	expect(found.get('f')).toMatchObject({ kind: 'function', preview: 'function(x, y)' });
	const page = await notebook.table('df', {
		filter: 'g == b',
		sort: { column: 0, descending: true },
		from: 1,
		count: 2
	});
	expect(page).toMatchObject({ total: 50_000, all: 100_000, filter: 'column' });
	expect(column(page, 0)).toEqual(['99998', '99996']);
	expect((await notebook.table('v', { filter: 'value == null' })).rows).toEqual([
		{ at: 1, label: 'q', cells: ['NA'] }
	]);
	expect((await notebook.table('l')).rows[1]).toMatchObject({ label: 'b', cells: ['character', 'é'] });
	expect(await notebook.table('a"]); stop(1)', { filter: '"); stop("' })).toMatchObject({ total: 0, all: 2 });
	const after = await run(open, cells[1]!);
	expect(textOf(after)).toBe(names);
	open.close();
});

test('a filter is read as a comparison or as a text', () => {
	expect(readFilter('  ')).toBeNull();
	expect(readFilter('higgs')).toMatchObject({ text: 'higgs', column: null });
	expect(readFilter('mass >= -1.5e3')).toMatchObject({ column: 'mass', op: '>=', number: -1500 });
	expect(readFilter('a=b')).toMatchObject({ column: 'a', op: '==', value: 'b', number: null });
	expect(readFilter('"a > b" != "1"')).toMatchObject({ column: 'a > b', op: '!=', value: '1', number: null });
	expect(readFilter('x == NaN')).toMatchObject({ missing: true });
	expect(readFilter('x == "nan"')).toMatchObject({ missing: false });
	expect(readFilter('mass >')).toMatchObject({ column: null, text: 'mass >' });
});

test('an R string literal is plain ASCII and holds no half characters', () => {
	expect(rString('a"\\\n\u0000\ud800é😀')).toBe('"a\\U{22}\\U{5c}\\U{a}\\U{fffd}\\U{fffd}\\U{e9}\\U{1f600}"');
});
