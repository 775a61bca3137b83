/** Running the example of a paper on a machine of one's own: data, folder, environment, and where the copy is from. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { differenceWords } from '#lib/model/paper/environment-difference.ts';
import { caller, expectProblem, type Call } from '../support/api.ts';
import { publishExample, until } from '../support/paper-run.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { pythonFolders, TEST_ENVIRONMENT } from '../support/python.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { startSshd, type Sshd } from '../support/sshd.ts';

const LARGE = Buffer.alloc(3_000_000, 'measured ');
const FILES = { 'numbers/a.csv': Buffer.from('1,2,3\n'), 'events.bin': LARGE };
const CELLS = {
	read: `import os
print(open("numbers/a.csv").read().strip(), os.path.getsize("events.bin"))
print(os.path.basename(os.getcwd()))`
};
const ENVIRONMENT = {
	kernelspec: { name: 'python3', title: 'Python 3' },
	language: 'python',
	languageVersion: '3.7.4',
	packages: { ipykernel: '0.0.1', 'no-such-thing': '2.0' }
};

let server: ServerProcess;
let seed: Seed;
let sshd: Sshd;
let bob: SeededPerson;
let asBob: Call;
let workspace: string;
let slug: string;

beforeAll(async () => {
	server = await startServer();
	seed = await openSeed(server);
	sshd = await startSshd({ readable: pythonFolders() });
	const ada = await seed.person('ada', { displayName: 'Ada' });
	bob = await seed.person('bob');
	asBob = caller(server, bob.token);
	workspace = await seed.workspace(bob, sshd, [TEST_ENVIRONMENT]);
	const example = { cells: CELLS, files: FILES, environment: ENVIRONMENT };
	slug = await publishExample(server, seed, ada, 'An example with data', example);
}, 120_000);
afterAll(async () => {
	await sshd?.stop();
	await seed?.close();
	await server?.end();
});

const begin = (where: unknown = workspace, number = 1) =>
	asBob('POST', `/api/papers/${slug}/versions/${number}/runs`, { workspace: where });

async function connect(): Promise<void> {
	const credential = { kind: 'password', password: sshd.password };
	const path = `/api/workspaces/${workspace}/connect`;
	const answer = await asBob('POST', path, { signIn: { hop: 0, credential } });
	expect(answer.body).toMatchObject({ state: 'connected' });
}

/** Starts it and waits until the kernel has told what it is. */
async function started() {
	const answer = await begin();
	expect([answer.status, answer.body.state, answer.body.total]).toEqual([202, 'writing', LARGE.length + 6]);
	let state = answer.body;
	await until('the example is ready', 60, async () => {
		state = (await asBob('GET', `/api/papers/runs/${state.id}`)).body;
		return state.state === 'ready' || state.state === 'failed';
	});
	expect(state).toMatchObject({ state: 'ready', problem: null, done: LARGE.length + 6 });
	return state as { id: string; notebook: string; folder: string; difference: string };
}

async function run(notebook: string): Promise<string> {
	const at = `/api/notebooks/${notebook}/runs`;
	const { body } = await asBob('POST', at, { cells: ['read'] });
	const ended = (await asBob('GET', `${at}/${body.runs[0].id}?wait=60`)).body;
	return (ended.outputs as { text?: string }[])
		.map((output) => output.text ?? JSON.stringify(output))
		.join('');
}

test('wants a machine that is the caller’s own and connected', async () => {
	expectProblem(await begin(), 409, 'workspace-disconnected');
	expectProblem(await begin('local'), 404, 'workspace-unknown');
	expectProblem(await begin('nosuch'), 404, 'workspace-unknown');
	expectProblem(await begin(3), 400, 'invalid');
	await connect();
	expectProblem(await begin(workspace, 9), 404, 'version-unknown');
	const nobody = caller(server, null);
	const path = `/api/papers/${slug}/versions/1/runs`;
	expectProblem(await nobody('POST', path, { workspace }, { Origin: server.origin }), 401, 'sign-in');
});

test('makes a copy that says where it is from, writes the data, and its kernel starts beside them', async () => {
	await connect();
	const { id, notebook, folder, difference } = await started();
	expect(folder).toBe(join(sshd.home, 'ansatz-papers', `${slug}-v1`));
	for (const [path, bytes] of Object.entries(FILES))
		expect(readFileSync(join(folder, path)).equals(bytes), path).toBe(true);
	expect(await run(notebook)).toBe(`1,2,3 ${LARGE.length}\n${slug}-v1\n`);

	// What differs from what it was made with, in the notebook's head.
	expect(difference).toMatch(/^Different here: it was made with Python 3\.7\.4, and this is 3\.\d+\.\d+; /);
	expect(difference).toMatch(/`no-such-thing` is missing; `ipykernel` is \d[\d.]+ \(made with 0\.0\.1\)\.$/);
	const file = await asBob('GET', `/api/notebooks/${notebook}?format=ipynb`);
	const head = [file.body].map((body) => (typeof body === 'string' ? JSON.parse(body) : body))[0].cells[0];
	expect([head.source].flat().join('')).toContain(`\n\n*${difference}*`);
	expect([head.source].flat().join('')).toMatch(/^\*A copy of v1 of \[An example with data\]/);

	const { notebooks } = (await asBob('GET', '/api/notebooks')).body;
	expect(notebooks.find((one: { id: string }) => one.id === notebook)).toMatchObject({
		role: 'owner',
		origin: { slug, number: 1, title: 'An example with data' }
	});
	const carol = caller(server, (await seed.person('carol')).token);
	expectProblem(await carol('GET', `/api/papers/runs/${id}`), 404, 'paper-run-unknown');
	expectProblem(await carol('GET', `/api/notebooks/${notebook}`), 404, 'notebook-unknown');
}, 90_000);

test('again makes another copy in another folder; one whose folder is gone starts at home', async () => {
	await connect();
	const { notebook, folder } = await started();
	expect(folder).toBe(join(sshd.home, 'ansatz-papers', `${slug}-v1-2`));
	const kernel = `/api/notebooks/${notebook}/kernel`;
	await asBob('POST', kernel, { action: 'restart' });
	expect(await run(notebook)).toContain(`${slug}-v1-2`);
	await asBob('POST', kernel, { action: 'shutdown' });
	rmSync(folder, { recursive: true });
	expect(existsSync(folder)).toBe(false);
	const restarted = await asBob('POST', kernel, { action: 'start', workspace });
	expect([restarted.status, restarted.body.problem ?? null]).toEqual([200, null]);
	expect(await run(notebook)).toContain('FileNotFoundError');
}, 120_000);

test('a copy alone says where it is from as well', async () => {
	const { body } = await asBob('POST', `/api/papers/${slug}/versions/1/copies`);
	const notebook = (await asBob('GET', `/api/notebooks/${body.id}`)).body;
	expect(notebook.origin).toEqual({ slug, number: 1, title: 'An example with data' });
});

test('what is the same is not said', () => {
	const here = {
		kernelspec: { name: 'python3', title: 'Python 3' },
		language: 'python',
		languageVersion: '3.11.9',
		packages: { numpy: '2.1.0' }
	};
	const made = { ...ENVIRONMENT, languageVersion: '3.11.2', packages: { numpy: '2.1.0' } };
	expect(differenceWords(made, here)).toBeNull();
	expect(
		differenceWords({ ...made, kernelspec: null, languageVersion: null, packages: {} }, here)
	).toBeNull();
	const other = { ...made, kernelspec: { name: 'lab`x', title: 'Lab' } };
	expect(differenceWords(other, here)).toBe(
		'Different here: there is no kernel called `labx`, so `python3` was taken.'
	);
});
