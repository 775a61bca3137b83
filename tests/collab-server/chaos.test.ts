/**
 * A cell prints a million numbers while everything between it and its readers breaks again and again: the SSH connection
 * 50 times, the server 10 times (SIGKILL), the agent twice (SIGKILL). Every line is there once, in order, and *done* last.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cellIds } from '#lib/model/notebook-doc.ts';
import type { Run } from '#lib/model/run.ts';
import { readKernel, readRun } from '#lib/model/runtime-doc.ts';
import type { Stream } from '#lib/model/stream.ts';
import { startProxy, type CuttableProxy } from '../support/cuttable-proxy.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { pythonFolders, TEST_ENVIRONMENT } from '../support/python.ts';
import { until } from '../support/rooms.ts';
import { random } from '../support/seed.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { startSshd, type Sshd } from '../support/sshd.ts';
import { connectTab, type Tab } from '../support/tab.ts';

const LINES = 1_000_000;
const CUTS = 50;
const SERVER_KILLS = 10;
const AGENT_KILLS = 2;

let sshd: Sshd;
let proxy: CuttableProxy;
let server: ServerProcess;
let seed: Seed;
let ada: SeededPerson;

beforeAll(async () => {
	sshd = await startSshd({ readable: pythonFolders() });
	proxy = await startProxy(sshd.port);
	server = await startServer();
	seed = await openSeed(server);
	ada = await seed.person('ada');
});
afterAll(async () => {
	await seed.close();
	await server.end();
	await proxy.close();
	await sshd.stop();
});

async function api(path: string, body: unknown): Promise<{ state?: string }> {
	const response = await fetch(server.origin + path, {
		method: 'POST',
		headers: { Authorization: `Bearer ${ada.token}`, 'Content-Type': 'application/json' },
		body: JSON.stringify(body)
	});
	return (await response.json()) as { state?: string };
}

/** Sign in, as a person does after the server was away; a connection that is cut meanwhile is made again. */
async function signIn(workspace: string): Promise<void> {
	const signIn = { hop: 0, credential: { kind: 'key', privateKey: sshd.privateKey } };
	for (let i = 0; i < 10; i++) {
		if ((await api(`/api/workspaces/${workspace}/connect`, { signIn })).state === 'connected') return;
	}
	throw new Error('The workspace could not be reached.');
}

/** Processes of the account whose command line matches, seen from outside its namespace. */
function processes(pattern: RegExp): number[] {
	const { uid } = statSync(sshd.home);
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.filter((name) => {
			try {
				return (
					statSync(`/proc/${name}`).uid === uid && pattern.test(readFileSync(`/proc/${name}/cmdline`, 'utf8'))
				);
			} catch {
				// It has ended meanwhile.
				return false;
			}
		})
		.map(Number);
}

const DAEMON = /\.pyz\0daemon\0/;
const KERNEL = /ipykernel_launcher/;

function runOf(tab: Tab): Run | null {
	return readRun(tab.runtimeDoc, cellIds(tab.doc)[0]!);
}

test(
	'a million lines through 50 cut connections, 10 killed servers and 2 killed agents: each once, in order',
	{ timeout: 400_000 },
	async () => {
		const chance = random();
		console.log(`SEED=${chance.seed}`);
		const workspace = await seed.workspace(ada, { ...sshd, port: proxy.port }, [TEST_ENVIRONMENT]);
		const notebook = await seed.notebook(ada);
		await signIn(workspace);
		let tab = await connectTab(server, ada, notebook);
		tab.type(
			0,
			`import os, sys, time
for i in range(1, ${LINES + 1}):
    print(i)
    if i % 10_000 == 0:
        sys.stdout.flush()
        while not os.path.exists(os.path.expanduser("~/over")):
            time.sleep(0.4)
            if i < ${LINES}: break`
		);
		const cell = cellIds(tab.doc)[0]!;
		tab.say({ do: 'run', cells: [cell] });
		await until(tab.runtimeDoc, () => (runOf(tab)?.outputs.length ?? 0) > 0);
		const [kernel] = processes(KERNEL);
		const reading = (): boolean => proxy.open > 0;

		const program = [
			...Array.from({ length: CUTS }, () => 'cut'),
			...Array.from({ length: SERVER_KILLS }, () => 'server'),
			...Array.from({ length: AGENT_KILLS }, () => 'agent')
		];
		let done = { cut: 0, server: 0, agent: 0 };
		while (program.length > 0) {
			const what = program.splice(chance.below(program.length), 1)[0] as keyof typeof done;
			// The moment is what is random here; nothing is waited for.
			await pause(50 + chance.below(400));
			if (what === 'cut') {
				// A cut of nothing would not count.
				while (!reading()) await pause(20);
				proxy.cut();
			} else if (what === 'agent') {
				let found = processes(DAEMON);
				while (found.length === 0) {
					await pause(20);
					found = processes(DAEMON);
				}
				for (const pid of found) process.kill(pid, 'SIGKILL');
			} else {
				await server.kill();
				tab.close();
				server = await server.restart();
				await signIn(workspace);
				tab = await connectTab(server, ada, notebook);
				if (readKernel(tab.runtimeDoc).state === 'needs-sign-in') tab.say({ do: 'reconnect' });
			}
			done = { ...done, [what]: done[what] + 1 };
			expect(runOf(tab)?.finishedAt ?? null).toBeNull();
		}
		expect(done).toEqual({ cut: CUTS, server: SERVER_KILLS, agent: AGENT_KILLS });
		expect(processes(KERNEL)).toEqual([kernel]);
		writeFileSync(join(sshd.home, 'over'), '');

		const run = await until(tab.runtimeDoc, () => {
			const now = runOf(tab);
			return now?.finishedAt ? now : null;
		});
		expect(run.state).toBe('done');
		expect(run.outputs.map((output) => output.type)).toEqual(['stream']);
		const stream = run.outputs[0] as Stream;
		expect(stream.tail?.endsWith(`\n${LINES}\n`)).toBe(true);
		const response = await fetch(`${server.origin}/api/notebooks/${notebook}/streams/${stream.id}`, {
			headers: { Authorization: `Bearer ${ada.token}` }
		});
		const lines = (await response.text()).split('\n');
		expect(lines.pop()).toBe('');
		const wrong = lines.findIndex((line, i) => line !== String(i + 1));
		expect(lines.slice(Math.max(0, wrong - 2), wrong + 3).join(' ')).toBe(
			wrong < 0 ? lines.slice(0, 2).join(' ') : 'each line once, in order'
		);
		expect(lines).toHaveLength(LINES);
		tab.close();
	}
);
