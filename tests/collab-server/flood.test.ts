/** F18: output that cannot kill anything. What a kernel pours out is survived, said in words, and leaves memory bounded. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as Y from 'yjs';
import { cellIds, cellsOf, sourceOf } from '#lib/model/notebook-doc.ts';
import type { Run } from '#lib/model/run.ts';
import { readRun } from '#lib/model/runtime-doc.ts';
import type { Stream } from '#lib/model/stream.ts';
import { runtimeFolder } from '../../src/services.ts';
import { daemonPid } from '../support/agent-process.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { until } from '../support/rooms.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { connectTab, type Tab } from '../support/tab.ts';

let server: ServerProcess;
let seed: Seed;
let ada: SeededPerson;

beforeAll(async () => {
	server = await startServer();
	seed = await openSeed(server);
	ada = await seed.person('ada', { admin: true });
});
afterAll(async () => {
	await seed.close();
	await server.end();
});

/** The most memory a process ever had, in MB. */
function peak(pid: number): number {
	return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1000;
}

async function open(source: string): Promise<{ tab: Tab; id: string; cell: string }> {
	const id = await seed.notebook(ada);
	const tab = await connectTab(server, ada, id);
	tab.type(0, source);
	return { tab, id, cell: cellIds(tab.doc)[0]! };
}

function ended(tab: Tab, cell: string): Promise<Run> {
	return until(tab.runtimeDoc, () => {
		const run = readRun(tab.runtimeDoc, cell);
		return run?.finishedAt ? run : null;
	});
}

async function get(path: string): Promise<Response> {
	return fetch(server.origin + path, { headers: { Authorization: `Bearer ${ada.token}` } });
}

test(
	'ten million lines: all can be read, the document stays small, memory stays bounded',
	{ timeout: 300_000 },
	async () => {
		const { tab, id, cell } = await open(
			'for i in range(10_000): print("\\n".join(map(str, range(i * 1000, i * 1000 + 1000))))'
		);
		tab.say({ do: 'run', cells: [cell] });
		const run = await ended(tab, cell);
		expect(run.state).toBe('done');
		expect(run.outputs).toHaveLength(1);
		const stream = run.outputs[0] as Stream;
		for (const from of [0, 5_000_000, 9_999_998]) {
			const lines = (await (
				await get(`/api/notebooks/${id}/streams/${stream.id}?from=${from}&count=2`)
			).json()) as {
				lines: string[];
				total: number;
			};
			expect(lines).toMatchObject({ lines: [`${from}`, `${from + 1}`], total: 10_000_001 });
		}
		let length = 0;
		let last = '';
		for await (const part of (await get(`/api/notebooks/${id}/streams/${stream.id}`)).body!) {
			length += part.byteLength;
			last = (last + Buffer.from(part).toString()).slice(-20);
		}
		expect(length).toBe(78_888_890);
		expect(last.endsWith('\n9999999\n')).toBe(true);
		expect(Y.encodeStateAsUpdate(tab.runtimeDoc).byteLength).toBeLessThan(1_000_000);
		console.log(`server at most ${peak(server.pid).toFixed(0)} MB, agent ${agentPeak().toFixed(0)} MB`);
		expect(peak(server.pid)).toBeLessThan(700);
		expect(agentPeak()).toBeLessThan(400);
		tab.close();
	}
);

function agentPeak(): number {
	return peak(daemonPid(runtimeFolder(server.dataDir))!);
}

test(
	'an endless loop that prints is interrupted, and the question beside it is answered meanwhile',
	{ timeout: 120_000 },
	async () => {
		const { tab, cell } = await open('found = 42\nwhile True: print("x" * 1000)');
		tab.say({ do: 'run', cells: [cell] });
		await until(tab.runtimeDoc, () => {
			const stream = readRun(tab.runtimeDoc, cell)?.outputs[0];
			return stream?.type === 'stream' && (stream.omitted ?? 0) > 20_000_000;
		});
		tab.say({ do: 'interrupt' });
		const run = await ended(tab, cell);
		expect(run.state).toBe('interrupted');
		expect(run.outputs.at(-1)).toMatchObject({ type: 'error', ename: 'KeyboardInterrupt' });
		expect(peak(server.pid)).toBeLessThan(900);
		expect(agentPeak()).toBeLessThan(400);
		// The next cell is as fast as ever.
		const source = sourceOf(cellsOf(tab.doc).get(cell))!;
		source.delete(0, source.length);
		source.insert(0, 'found');
		await tab.run(0);
		expect(readRun(tab.runtimeDoc, cell)?.outputs[0]).toMatchObject({ data: { 'text/plain': '42' } });
		tab.close();
	}
);

test(
	'a picture of 100 MB and a table of 200 MB are said in words, and the rest of the cell is there',
	{ timeout: 120_000 },
	async () => {
		const { tab, cell } = await open(
			'import os\nfrom IPython.display import Image, HTML, display\nprint("before")\n' +
				'display(Image(data=os.urandom(100_000_000), format="png"))\n' +
				'display(HTML("<table>" + "<tr><td>1</td></tr>" * 11_000_000 + "</table>"))\nprint("after")'
		);
		tab.say({ do: 'run', cells: [cell] });
		const run = await ended(tab, cell);
		expect(run.state).toBe('done');
		expect(run.outputs.map((output) => output.type)).toEqual(['stream', 'notice', 'notice', 'stream']);
		expect(run.outputs[1]).toMatchObject({
			text: expect.stringMatching(/^One output of 13\d\.\d MB is not shown/)
		});
		expect(run.outputs[2]).toMatchObject({
			text: expect.stringMatching(/^One output of 2\d\d\.\d MB is not shown/)
		});
		expect(agentPeak()).toBeLessThan(400);
		tab.close();
	}
);

test('a picture of 20 MB is shown, byte for byte', { timeout: 120_000 }, async () => {
	const { tab, id, cell } = await open(
		'from IPython.display import Image\nImage(data=bytes(range(256)) * 80_000, format="png")'
	);
	tab.say({ do: 'run', cells: [cell] });
	const run = await ended(tab, cell);
	const { data } = run.outputs[0] as Extract<Run['outputs'][number], { type: 'execute_result' }>;
	const ref = data['image/png'] as { blob: string; size: number };
	expect(ref.size).toBe(20_480_000);
	const bytes = Buffer.from(await (await get(`/api/notebooks/${id}/blobs/${ref.blob}`)).arrayBuffer());
	const wanted = Buffer.alloc(20_480_000);
	for (let i = 0; i < wanted.length; i++) wanted[i] = i % 256;
	expect(bytes.equals(wanted)).toBe(true);
	tab.close();
});
