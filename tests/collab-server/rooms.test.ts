import { afterAll, beforeAll, expect, test } from 'vitest';
import { cellIds, cellsOf, insertCell, sourceOf } from '#lib/model/notebook-doc.ts';
import { readKernel, readRun } from '#lib/model/runtime-doc.ts';
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
