/** What is installed beside a real kernel, as it is kept with what is published. */
import { execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MOST_PACKAGES, readPackages } from '#collab/packages.ts';
import { cellIds, cellsOf, sourceOf } from '#lib/model/notebook-doc.ts';
import { readKernel, readRun } from '#lib/model/runtime-doc.ts';
import { PAPER } from '../support/paper.ts';
import { testPython } from '../support/python.ts';
import { startRooms, until, type OpenNotebook, type Person, type TestRooms } from '../support/rooms.ts';

let rooms: TestRooms;
let ada: Person;

beforeAll(async () => {
	rooms = await startRooms();
	ada = await rooms.person('ada', { admin: true });
});
afterAll(() => rooms.end());

async function notebook(source: string): Promise<{ id: string; open: OpenNotebook; cell: string }> {
	const { id } = await rooms.services.notebooks.create(ada.caller);
	const open = await rooms.open(ada, id);
	const cell = cellIds(open.doc)[0]!;
	sourceOf(cellsOf(open.doc).get(cell)!)!.insert(0, source);
	return { id, open, cell };
}

async function run({ open, cell }: { open: OpenNotebook; cell: string }): Promise<string> {
	const { runs } = await open.command({ do: 'run', cells: [cell] });
	const found = await until(open.runtimeDoc, () => {
		const one = readRun(open.runtimeDoc, cell);
		return one?.id === runs![0]!.id && one.finishedAt ? one : null;
	});
	return found.outputs.map((output) => (output.type === 'stream' ? output.text : '')).join('');
}

const publish = (id: string) =>
	rooms.services.papers.publish(ada.caller, id, {
		...{ paper: { ...PAPER, authors: [{ kind: 'group', name: 'Group', affiliations: [] }] } as never },
		...{ plot: null, visibility: 'draft' }
	});

test('is what the kernel itself imports, and asking leaves no trace', async () => {
	const one = await notebook('import sys; print(sorted(n for n in globals() if n[0] != "_"), len(In))');
	const before = await run(one);
	const { environment } = await publish(one.id);
	const listed = execFileSync(testPython(), [
		'-c',
		'import json; from importlib import metadata as m; print(json.dumps({d.metadata["Name"]: d.version for d in m.distributions()}))'
	]);
	const known = JSON.parse(listed.toString()) as Record<string, string>;
	expect(Object.keys(environment.packages).length).toBeGreaterThan(5);
	expect(environment.packages.ipykernel).toBe(known.ipykernel);
	expect(environment.packages).toEqual(expect.objectContaining({ ipykernel: known.ipykernel }));
	expect(Object.entries(environment.packages).filter(([name, version]) => known[name] !== version)).toEqual(
		[]
	);
	// one more input, the names as before (`sys` was there)
	expect(await run(one)).toBe(before.replace(/\d+\n$/, (n) => `${Number(n) + 1}\n`));
});

const noR =
	spawnSync('Rscript', ['-e', 'library(IRkernel)']).status === 0 ? null : 'R with IRkernel is not installed';

test(`is told by R as well${noR ? ` (not run: ${noR})` : ''}`, async (context) => {
	if (noR) context.skip(noR);
	const one = await notebook('1');
	await run(one);
	const { workspace } = readKernel(one.open.runtimeDoc);
	await one.open.command({ do: 'start', workspace: workspace!, spec: 'ir' });
	sourceOf(cellsOf(one.open.doc).get(one.cell)!)!.insert(
		1,
		'; cat(ls(all.names = TRUE), exists("packages"))'
	);
	const before = await run(one);
	const { environment } = await publish(one.id);
	const listed = execFileSync('Rscript', [
		'-e',
		'cat(sapply(c("IRkernel", "jsonlite", "stats"), function(n) as.character(packageVersion(n))))'
	]);
	const [kernel, json, stats] = listed.toString().split(' ');
	expect(environment.packages).toMatchObject({ IRkernel: kernel, jsonlite: json, stats });
	expect(environment.language).toBe('R');
	expect(await run(one)).toBe(before);
});

test('is empty where no kernel lives', async () => {
	const { id } = await notebook('1');
	expect((await publish(id)).environment.packages).toEqual({});
});

test('is read with care: what answers is code of the notebook’s', () => {
	const many = Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`package-${n}`, '1.0']));
	expect(Object.keys(readPackages(many))).toHaveLength(MOST_PACKAGES);
	expect(readPackages({ b: '2.0', A: '1.0+cu121', '<b>': '1', c: '</script>', d: 3 })).toEqual({
		A: '1.0+cu121',
		b: '2.0'
	});
	expect(readPackages(null)).toEqual({});
	expect(readPackages('x')).toEqual({});
});
