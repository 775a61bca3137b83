/** All that a kernel and people say to each other beside running cells: questions, completion, widgets, the queue. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cellIds, cellsOf, insertCell, sourceOf } from '#lib/model/notebook-doc.ts';
import { isFinished, type Run } from '#lib/model/run.ts';
import { readKernel, readRun } from '#lib/model/runtime-doc.ts';
import type { Stream } from '#lib/model/stream.ts';
import { readWidgets, type Widget } from '#lib/model/widget.ts';
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
	sourceOf(cellsOf(open.doc).get(cellIds(open.doc)[0]!))!.insert(0, sources[0] ?? '');
	sources.slice(1).forEach((source, i) => insertCell(open.doc, i + 1, { type: 'code', source }));
	return { id, open, cells: cellIds(open.doc) };
}

function ended(open: OpenNotebook, cell: string): Promise<Run> {
	return until(open.runtimeDoc, () => {
		const run = readRun(open.runtimeDoc, cell);
		return run?.finishedAt ? run : null;
	});
}

async function run(open: OpenNotebook, cell: string): Promise<Run> {
	const { runs } = await open.command({ do: 'run', cells: [cell] });
	return until(open.runtimeDoc, () => {
		const found = readRun(open.runtimeDoc, cell);
		return found?.id === runs![0]!.id && found.finishedAt ? found : null;
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

test('input() is asked of everybody who may run, also after a restart; the first answer counts, a password is not kept', async () => {
	const { id, open, cells } = await notebookWith(
		'import getpass\nname = input("Who? ")\nword = getpass.getpass("Word? ")\nprint(name, len(word))'
	);
	await open.command({ do: 'run', cells });
	const first = await asked(open, cells[0]!);
	expect(first.input).toMatchObject({ prompt: 'Who? ', password: false });
	open.close();
	rooms = await rooms.restart();

	const bob = await rooms.person('bob');
	await rooms.services.notebooks.setMember(ada.caller, id, 'bob', 'runner');
	const theirs = await rooms.open(bob, id);
	const still = await asked(theirs, cells[0]!);
	await theirs.command({ do: 'input', run: still.id, seq: still.input!.seq, value: 'Emmy' });
	await expect(
		theirs.command({ do: 'input', run: still.id, seq: still.input!.seq, value: 'Other' })
	).rejects.toMatchObject({ problem: { code: 'not-asked' } });
	const secret = await until(theirs.runtimeDoc, () => {
		const found = readRun(theirs.runtimeDoc, cells[0]!);
		return found?.input?.password ? found : null;
	});
	await theirs.command({ do: 'input', run: secret.id, seq: secret.input!.seq, value: 'hunter2' });
	const over = await ended(theirs, cells[0]!);
	expect(textOf(over)).toBe('Who? Emmy\nWord? ········\nEmmy 7\n');
	expect(over.input).toBeNull();
	theirs.close();
});

test('a viewer neither answers nor completes', async () => {
	const { id, open } = await notebookWith('1');
	const eve = await rooms.person('eve');
	await rooms.services.notebooks.setMember(ada.caller, id, 'eve', 'viewer');
	const theirs = await rooms.open(eve, id);
	for (const command of [
		{ do: 'input', run: 'x', seq: 1, value: '' },
		{ do: 'complete', code: 'a', cursor: 1 },
		{ do: 'inspect', code: 'a', cursor: 1, detail: 0 },
		{ do: 'comm', comm: 'x', data: {} },
		{ do: 'baton', take: true }
	] as const) {
		await expect(theirs.command(command)).rejects.toMatchObject({ problem: { code: 'role' } });
	}
	theirs.close();
	open.close();
});

test('completion and inspection come from the kernel, also while a cell runs', async () => {
	const { open, cells } = await notebookWith(
		'def trajectory(angle, speed=1):\n    """How it flies."""',
		'input()'
	);
	await run(open, cells[0]!);
	await open.command({ do: 'run', cells: [cells[1]!] });
	const busy = await asked(open, cells[1]!);
	expect(readKernel(open.runtimeDoc).subshell).toBe(true);
	const { completions } = await open.command({ do: 'complete', code: 'x = traj', cursor: 8 });
	expect(completions).toMatchObject({ from: 4, to: 8 });
	expect(completions!.options.map(({ text }) => text)).toContain('trajectory');
	const { inspection } = await open.command({ do: 'inspect', code: 'trajectory(', cursor: 11, detail: 0 });
	expect(String(inspection!['text/plain'])).toContain('How it flies.');
	await open.command({ do: 'input', run: busy.id, seq: busy.input!.seq, value: '' });
	await ended(open, cells[1]!);
	open.close();
});

test('a page is shown in its cell, and what %load brings stands in the text', async () => {
	const { id, open, cells } = await notebookWith('len?', '%recall 1');
	const page = await run(open, cells[0]!);
	expect(page.outputs[0]).toMatchObject({
		type: 'display_data',
		data: { 'text/plain': expect.stringContaining('Return the number of items') }
	});
	await run(open, cells[1]!);
	await until(open.doc, () => cellIds(open.doc).length === 3);
	expect(sourceOf(cellsOf(open.doc).get(cellIds(open.doc)[2]!))!.toString()).toContain('len?');
	// and it is kept, as what people type is
	const { text } = await rooms.services.notebooks.export(ada.caller, id, 'ipynb');
	expect((JSON.parse(text) as { cells: object[] }).cells).toHaveLength(3);
	open.close();
});

test('an output of any length can be read whole, by lines, while its cell runs and afterwards', async () => {
	const { id, open, cells } = await notebookWith('for i in range(60_000): print(i)\ninput()\nprint("end")');
	await open.command({ do: 'run', cells });
	const { id: runId, outputs, input } = await asked(open, cells[0]!);
	const stream = outputs[0] as Stream;
	const whole = async (): Promise<string> =>
		new Response(await rooms.services.notebooks.stream(ada.caller, id, stream.id!)).text();
	const numbers = Array.from({ length: 60_000 }, (_, i) => `${i}\n`).join('');
	expect(await whole()).toBe(numbers);
	const lines = await rooms.services.notebooks.streamLines(ada.caller, id, stream.id!, 31_415, 3);
	expect(lines).toEqual({ from: 31_415, lines: ['31415', '31416', '31417'], total: 60_001 });
	await open.command({ do: 'input', run: runId, seq: input!.seq, value: 'on' });
	await ended(open, cells[0]!);
	expect(await whole()).toBe(`${numbers}on\nend\n`);
	const last = await rooms.services.notebooks.streamLines(ada.caller, id, stream.id!, 59_999, 10);
	expect(last.lines).toEqual(['59999', 'on', 'end', '']);
	const exported = await rooms.services.notebooks.export(ada.caller, id, 'ipynb');
	const cell = (JSON.parse(exported.text) as { cells: { outputs: { text: string[] }[] }[] }).cells[0]!;
	expect(cell.outputs[0]!.text.join('')).toBe(`${numbers}on\nend\n`);
	open.close();
});

test('the queue: one is moved to the front, an error lets the rest go on where that was asked for', async () => {
	const { open, cells } = await notebookWith('input()', 'print("a")', '1/0', 'print("b")');
	await open.command({ do: 'run', cells: [cells[0]!] });
	const first = await asked(open, cells[0]!);
	const { runs } = await open.command({ do: 'run', cells: cells.slice(1), keepGoing: true });
	await open.command({ do: 'move', run: runs![2]!.id, before: runs![0]!.id });
	const order = await until(open.runtimeDoc, () => {
		const waiting = cells.slice(1).map((cell) => readRun(open.runtimeDoc, cell));
		const sorted = waiting.flatMap((one) => one ?? []).sort((a, b) => a.place - b.place);
		return sorted[0]?.cell === cells[3] ? sorted.map((one) => one.cell) : null;
	});
	expect(order).toEqual([cells[3], cells[1], cells[2]]);
	await open.command({ do: 'input', run: first.id, seq: first.input!.seq, value: '' });
	const error = await ended(open, cells[2]!);
	expect(error.state).toBe('error');
	expect((await ended(open, cells[3]!)).state).toBe('done');
	await expect(open.command({ do: 'move', run: runs![0]!.id, before: null })).rejects.toMatchObject({
		problem: { code: 'not-waiting' }
	});
	open.close();
});

test('who holds the baton runs; the others are told who, and an owner may take it', async () => {
	const { id, open, cells } = await notebookWith('1');
	const rob = await rooms.person('rob');
	await rooms.services.notebooks.setMember(ada.caller, id, 'rob', 'runner');
	const theirs = await rooms.open(rob, id);
	await theirs.command({ do: 'baton', take: true });
	await until(open.runtimeDoc, () => readKernel(open.runtimeDoc).baton?.name === 'rob');
	await expect(open.command({ do: 'run', cells })).rejects.toMatchObject({
		problem: { code: 'baton-held', title: expect.stringContaining('rob') }
	});
	await open.command({ do: 'baton', take: true });
	await run(open, cells[0]!);
	await expect(theirs.command({ do: 'baton', take: true })).rejects.toMatchObject({
		problem: { code: 'baton-held' }
	});
	await open.command({ do: 'baton', take: false });
	await theirs.command({ do: 'run', cells });
	theirs.close();
	open.close();
});

/** The one model of a class of ipywidgets. */
function modelOf(open: OpenNotebook, name: string): Widget | undefined {
	return readWidgets(open.runtimeDoc).find((widget) => widget.state._model_name === name);
}

test('widgets: their state is shared, a viewer’s change reaches the kernel and its callbacks, output is captured', async () => {
	const { id, open, cells } = await notebookWith(
		'import ipywidgets as w\ns = w.IntSlider(value=3, max=10)\nout = w.Output()\n' +
			'@out.capture()\ndef moved(change): print("moved to", change["new"])\ns.observe(moved, "value")\ndisplay(s, out)',
		's.value',
		's.max = 5\ns.value'
	);
	await run(open, cells[0]!);
	const slider = await until(open.runtimeDoc, () => modelOf(open, 'IntSliderModel'));
	expect(slider.state).toMatchObject({ value: 3, max: 10 });
	await open.command({
		do: 'comm',
		comm: slider.comm,
		data: { method: 'update', state: { value: 7 }, buffer_paths: [] }
	});
	await until(open.runtimeDoc, () => modelOf(open, 'IntSliderModel')?.state.value === 7);
	const captured = await until(open.runtimeDoc, () => {
		const { outputs } = modelOf(open, 'OutputModel')!.state;
		return Array.isArray(outputs) && outputs.length > 0 ? outputs : null;
	});
	expect(captured).toEqual([{ output_type: 'stream', name: 'stdout', text: 'moved to 7\n' }]);
	expect((await run(open, cells[1]!)).outputs[0]).toMatchObject({ data: { 'text/plain': '7' } });
	// The kernel's own change reaches the viewers.
	await run(open, cells[2]!);
	await until(open.runtimeDoc, () => modelOf(open, 'IntSliderModel')?.state.value === 5);
	open.close();
	rooms = await rooms.restart();
	const again = await rooms.open(ada, id);
	const after = await until(again.runtimeDoc, () => modelOf(again, 'IntSliderModel'));
	expect(after.state).toMatchObject({ value: 5, max: 5 });
	await again.command({
		do: 'comm',
		comm: after.comm,
		data: { method: 'update', state: { value: 1 }, buffer_paths: [] }
	});
	expect((await run(again, cells[1]!)).outputs[0]).toMatchObject({ data: { 'text/plain': '1' } });
	again.close();
});

test('binary widget state travels both ways', async () => {
	const { open, cells } = await notebookWith(
		'import ipywidgets as w\ni = w.Image(value=b"\\x00\\xff" * 10, format="png")\ni',
		'bytes(i.value)'
	);
	await run(open, cells[0]!);
	const image = await until(open.runtimeDoc, () => modelOf(open, 'ImageModel'));
	expect(image.buffers['["value"]']).toEqual(new Uint8Array(Buffer.from('00ff'.repeat(10), 'hex')));
	await open.command({
		do: 'comm',
		comm: image.comm,
		data: { method: 'update', state: {}, buffer_paths: [['value']] },
		buffers: [Buffer.from([1, 2, 254]).toString('base64')]
	});
	const shown = await run(open, cells[1]!);
	expect(shown.outputs[0]).toMatchObject({ data: { 'text/plain': "b'\\x01\\x02\\xfe'" } });
	open.close();
});

test('an interrupt during input() ends the run and takes the question away', async () => {
	const { open, cells } = await notebookWith('input("wait")');
	await open.command({ do: 'run', cells });
	await asked(open, cells[0]!);
	await open.command({ do: 'interrupt' });
	const over = await ended(open, cells[0]!);
	expect(over.state).toBe('interrupted');
	expect(over.input).toBeNull();
	expect(isFinished(over)).toBe(true);
	open.close();
});
