import { afterAll, beforeAll, expect, test } from 'vitest';
import { cellIds, cellsOf, insertCell, sourceOf } from '#lib/model/notebook-doc.ts';
import type { Run } from '#lib/model/run.ts';
import { readKernel, readRun } from '#lib/model/runtime-doc.ts';
import { runtimeFolder } from '../../src/services.ts';
import { daemonPid } from '../support/agent-process.ts';
import * as Y from 'yjs';
import { startRooms, until, type OpenNotebook, type Person, type TestRooms } from '../support/rooms.ts';

let rooms: TestRooms;
let ada: Person;

beforeAll(async () => {
	rooms = await startRooms();
	ada = await rooms.person('ada', { admin: true });
});
afterAll(() => rooms.end());

async function notebookWith(
	...sources: string[]
): Promise<{ id: string; open: OpenNotebook; cells: string[] }> {
	const { id } = await rooms.services.notebooks.create(ada.caller);
	const open = await rooms.open(ada, id);
	const first = cellIds(open.doc)[0]!;
	sourceOf(cellsOf(open.doc).get(first))!.insert(0, sources[0] ?? '');
	sources.slice(1).forEach((source, i) => insertCell(open.doc, i + 1, { type: 'code', source }));
	return { id, open, cells: cellIds(open.doc) };
}

test('a cell runs on this machine and its result is in the runtime document', async () => {
	const { open, cells } = await notebookWith('print("hello")\n1+1');
	const { runs } = await open.command({ do: 'run', cells });
	expect(runs).toHaveLength(1);
	const run = await until(open.runtimeDoc, () => {
		const found = readRun(open.runtimeDoc, cells[0]!);
		return found?.finishedAt ? found : null;
	});
	expect(run.state).toBe('done');
	expect(run.executionCount).toBe(1);
	expect(run.by?.name).toBe('ada');
	expect(run.outputs[0]).toEqual({ type: 'stream', name: 'stdout', text: 'hello\n' });
	expect(run.outputs[1]).toMatchObject({ type: 'execute_result', data: { 'text/plain': '2' } });
	expect(readKernel(open.runtimeDoc).state).toBe('idle');
	open.close();
});

/** The run of a cell once it has ended. */
function ended(open: OpenNotebook, cell: string): Promise<Run> {
	return until(open.runtimeDoc, () => {
		const run = readRun(open.runtimeDoc, cell);
		return run?.finishedAt ? run : null;
	});
}

/** Resolves when a cell has put out some text. */
function printed(open: OpenNotebook, cell: string, text: string): Promise<unknown> {
	return until(open.runtimeDoc, () =>
		readRun(open.runtimeDoc, cell)?.outputs.some(
			(output) => output.type === 'stream' && output.text.includes(text)
		)
	);
}

test('an error takes back the rest of its request and nothing else', async () => {
	const { open, cells } = await notebookWith('print("a")', '1/0', 'print("never")');
	await open.command({ do: 'run', cells });
	expect((await ended(open, cells[0]!)).state).toBe('done');
	expect((await ended(open, cells[1]!)).state).toBe('error');
	expect((await ended(open, cells[2]!)).state).toBe('cancelled');
	await open.command({ do: 'run', cells: [cells[2]!] });
	await until(open.runtimeDoc, () => readRun(open.runtimeDoc, cells[2]!)?.state === 'done');
	open.close();
});

test('a run that waits is taken back alone; the one at the kernel goes on', async () => {
	const { open, cells } = await notebookWith(
		'print("up", flush=True)\nimport time; time.sleep(1)',
		'print(1)',
		'print(2)'
	);
	await open.command({ do: 'run', cells: [cells[0]!] });
	const { runs } = await open.command({ do: 'run', cells: [cells[1]!] });
	await open.command({ do: 'run', cells: [cells[2]!] });
	await open.command({ do: 'cancel', runs: [runs![0]!.id] });
	expect((await ended(open, cells[1]!)).state).toBe('cancelled');
	expect((await ended(open, cells[0]!)).state).toBe('done');
	expect((await ended(open, cells[2]!)).outputs).toEqual([{ type: 'stream', name: 'stdout', text: '2\n' }]);
	open.close();
});

test('a command waits for the edits it was made on', async () => {
	const { open, cells } = await notebookWith('x = "old"');
	await open.command({ do: 'run', cells });
	const source = sourceOf(cellsOf(open.doc).get(cells[0]!))!;
	source.delete(0, source.length);
	source.insert(0, 'print("new")');
	const stateVector = Buffer.from(Y.encodeStateVector(open.doc)).toString('base64');
	await open.command({ do: 'run', cells, stateVector });
	await printed(open, cells[0]!, 'new');
	const future = Buffer.from(Y.encodeStateVector(new Map([[4711, 12]]))).toString('base64');
	await expect(open.command({ do: 'run', cells, stateVector: future })).rejects.toMatchObject({
		problem: { code: 'edits-missing' }
	});
	open.close();
});

test('a kernel that is killed says so in its cell, and a restart gives a new one', async () => {
	const { open, cells } = await notebookWith(
		'import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)',
		'40 + 2'
	);
	await open.command({ do: 'run', cells });
	const struck = await ended(open, cells[0]!);
	expect(struck.state).toBe('error');
	expect(struck.outputs.at(-1)).toMatchObject({
		type: 'notice',
		text: expect.stringContaining('segmentation fault')
	});
	expect((await ended(open, cells[1]!)).state).toBe('cancelled');
	await until(open.runtimeDoc, () => readKernel(open.runtimeDoc).state === 'dead');
	await open.command({ do: 'restart' });
	await open.command({ do: 'run', cells: [cells[1]!] });
	await until(open.runtimeDoc, () => readRun(open.runtimeDoc, cells[1]!)?.state === 'done');
	open.close();
});

test('a hundred thousand lines end in a document that keeps head and tail and counts the rest', async () => {
	const { open, cells } = await notebookWith('for i in range(100_000): print(i)');
	await open.command({ do: 'run', cells });
	const run = await ended(open, cells[0]!);
	const [stream] = run.outputs;
	if (stream?.type !== 'stream') throw new Error('no stream');
	expect(stream.text.startsWith('0\n1\n2\n')).toBe(true);
	expect(stream.tail?.endsWith('99999\n')).toBe(true);
	const whole = Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join('').length;
	expect(stream.text.length + (stream.omitted ?? 0) + stream.tail!.length).toBe(whole);
	expect(Y.encodeStateAsUpdate(open.runtimeDoc).byteLength).toBeLessThan(400_000);
	open.close();
});

test('the agent is killed while a cell runs: the kernel goes on and the run ends', async () => {
	const { open, cells } = await notebookWith(
		'print("begun", flush=True)\nimport time; time.sleep(2)\nprint("over")',
		'1+1'
	);
	await open.command({ do: 'run', cells: [cells[0]!] });
	await printed(open, cells[0]!, 'begun');
	process.kill(daemonPid(runtimeFolder(rooms.dataDir))!, 'SIGKILL');
	const run = await ended(open, cells[0]!);
	expect(['done', 'lost']).toContain(run.state);
	await open.command({ do: 'run', cells: [cells[1]!] });
	await until(open.runtimeDoc, () => readRun(open.runtimeDoc, cells[1]!)?.state === 'done');
	open.close();
});

test('after a restart of the server the room finds its kernel again and its variables are there', async () => {
	const { id, open, cells } = await notebookWith('kept = 42', 'kept');
	await open.command({ do: 'run', cells: [cells[0]!] });
	await ended(open, cells[0]!);
	open.close();
	rooms = await rooms.restart();
	const again = await rooms.open(ada, id);
	await again.command({ do: 'run', cells: [cells[1]!] });
	const run = await until(again.runtimeDoc, () => {
		const found = readRun(again.runtimeDoc, cells[1]!);
		return found?.finishedAt ? found : null;
	});
	expect(run.outputs[0]).toMatchObject({ type: 'execute_result', data: { 'text/plain': '42' } });
	again.close();
});
