/** Unused kernels are shut down: real kernels, and times of seconds where people would set hours. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settings } from '#db/schema.ts';
import { cellIds, cellsOf, insertCell, sourceOf } from '#lib/model/notebook-doc.ts';
import { kernelMapOf, readKernel, readRun } from '#lib/model/runtime-doc.ts';
import { idleMinutesFor } from '#lib/server/settings.ts';
import { startRooms, until, type OpenNotebook, type Person, type TestRooms } from '../support/rooms.ts';

let rooms: TestRooms;
let ada: Person;

beforeAll(async () => {
	rooms = await startRooms();
	ada = await rooms.person('ada', { admin: true });
	// Three seconds: half of it without a word, half with the warning.
	await rooms.db.insert(settings).values({ name: 'idleMinutes', value: 0.05 });
});
afterAll(() => rooms.end());

async function notebookWith(
	...sources: string[]
): Promise<{ id: string; open: OpenNotebook; cells: string[] }> {
	const { id } = await rooms.services.notebooks.create(ada.caller);
	const open = await rooms.open(ada, id);
	sourceOf(cellsOf(open.doc).get(cellIds(open.doc)[0]!))!.insert(0, sources[0]!);
	sources.slice(1).forEach((source, i) => insertCell(open.doc, i + 1, { type: 'code', source }));
	return { id, open, cells: cellIds(open.doc) };
}

const warned = (open: OpenNotebook): Promise<number> =>
	until(open.runtimeDoc, () => readKernel(open.runtimeDoc).idleStopAt);
const calm = (open: OpenNotebook): Promise<true> =>
	until(open.runtimeDoc, () => readKernel(open.runtimeDoc).idleStopAt === null);
const ended = (open: OpenNotebook, cell: string): Promise<number> =>
	until(open.runtimeDoc, () => readRun(open.runtimeDoc, cell)?.finishedAt);

test('an unused kernel is warned of, shut down with the reason, and started again with one command', async () => {
	const { open, cells } = await notebookWith('x = 41', 'x');
	await open.command({ do: 'run', cells: [cells[0]!] });
	await ended(open, cells[0]!);
	const at = await warned(open);
	expect(readKernel(open.runtimeDoc).state).toBe('idle');
	const gone = await until(open.runtimeDoc, () => {
		const kernel = readKernel(open.runtimeDoc);
		return kernel.state === 'none' ? kernel : null;
	});
	expect(Date.now()).toBeGreaterThanOrEqual(at);
	expect(gone).toMatchObject({ kernel: null, idleStopAt: null, spec: 'python3' });
	expect(gone.problem).toMatchObject({ code: 'idle-stop', title: expect.stringContaining('nobody used it') });
	await open.command({ do: 'restart' });
	await until(open.runtimeDoc, () => readKernel(open.runtimeDoc).state === 'idle');
	const again = readKernel(open.runtimeDoc);
	expect(again).toMatchObject({ workspace: gone.workspace, spec: 'python3', problem: null });
	await open.command({ do: 'shutdown' });
	open.close();
});

test('a running cell blocks it, also when others that waited are taken back meanwhile', async () => {
	const { open, cells } = await notebookWith('import time\ntime.sleep(5)', '2', '3');
	let warnings = 0;
	kernelMapOf(open.runtimeDoc).observe(() => {
		const run = readRun(open.runtimeDoc, cells[0]!);
		if (readKernel(open.runtimeDoc).idleStopAt !== null && run?.finishedAt === null) warnings++;
	});
	await open.command({ do: 'run', cells });
	await until(open.runtimeDoc, () => readRun(open.runtimeDoc, cells[0]!)?.state === 'running');
	await open.command({ do: 'cancel', runs: 'all' });
	await ended(open, cells[0]!);
	expect(warnings).toBe(0);
	expect(readRun(open.runtimeDoc, cells[0]!)?.state).toBe('done');
	expect(readKernel(open.runtimeDoc).state).toBe('idle');
	// It begins when the cell has ended.
	await warned(open);
	await open.command({ do: 'shutdown' });
	open.close();
});

test('somebody keeps it; an owner lets it run for ever; without a choice the administrator’s time holds again', async () => {
	const { id, open, cells } = await notebookWith('1');
	await open.command({ do: 'run', cells });
	const first = await warned(open);
	await open.command({ do: 'keep' });
	await calm(open);
	expect(await warned(open)).toBeGreaterThan(first);
	await rooms.services.notebooks.update(ada.caller, id, { idleMinutes: 0 });
	await calm(open);
	expect((await rooms.services.notebooks.get(ada.caller, id)).idle).toMatchObject({ own: 0, minutes: null });
	expect(readKernel(open.runtimeDoc).state).toBe('idle');
	await rooms.services.notebooks.update(ada.caller, id, { idleMinutes: null });
	await warned(open);
	// Running a cell is use: the warning goes.
	await open.command({ do: 'run', cells });
	await calm(open);
	await open.command({ do: 'shutdown' });
	open.close();
});

test('a warning of before a restart of the server does not stay on the screen', async () => {
	const { id, open, cells } = await notebookWith('1');
	await open.command({ do: 'run', cells });
	await warned(open);
	open.close();
	rooms = await rooms.restart();
	await rooms.services.notebooks.update(ada.caller, id, { idleMinutes: 0 });
	const again = await rooms.open(ada, id);
	await calm(again);
	await until(again.runtimeDoc, () => readKernel(again.runtimeDoc).state === 'idle');
	await again.command({ do: 'shutdown' });
	again.close();
});

test.each([
	// own, administrator's, maximum → minutes
	[null, null, null, null],
	[null, 60, null, 60],
	[30, 60, null, 30],
	[0, 60, null, null],
	[0, 60, 240, 240],
	[480, 60, 240, 240],
	[30, null, 240, 30],
	[null, null, 240, 240]
])('own %j, administrator’s %j, at most %j: %j', (own, standard, maximum, minutes) => {
	expect(idleMinutesFor(own, standard, maximum)).toBe(minutes);
});
