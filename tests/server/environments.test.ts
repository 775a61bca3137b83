/** Environments, quick starts and GPUs of a real SSH account, over the HTTP interface. */
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { caller, expectProblem, type Call } from '../support/api.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { openPage } from '../support/person-line.ts';
import { pythonFolders, TEST_ENVIRONMENT } from '../support/python.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { startSshd, type Sshd } from '../support/sshd.ts';

let server: ServerProcess;
let seed: Seed;
let sshd: Sshd;
let ada: SeededPerson;
let bob: SeededPerson;
let asAda: Call;
let asBob: Call;
let workspace: string;
let path: string;

/** A file of the account. */
function put(name: string, text: string, mode = 0o644): void {
	const file = join(sshd.home, name);
	const { uid } = statSync(sshd.home);
	const made = mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, text);
	chmodSync(file, mode);
	for (let at = file; at !== sshd.home; at = dirname(at)) if (made || at === file) chownSync(at, uid, uid);
}

async function connect(call: Call, id: string): Promise<void> {
	const credential = { kind: 'password', password: sshd.password };
	const answer = await call('POST', `/api/workspaces/${id}/connect`, { signIn: { hop: 0, credential } });
	expect(answer.body).toMatchObject({ state: 'connected' });
}

function notebookWith(source: string): string {
	const cell = { cell_type: 'code', id: 'a', source, metadata: {}, outputs: [], execution_count: null };
	return JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] });
}

/** Runs code in a new notebook of Ada's on a kernel; its printed text and the notebook. */
async function runWith(
	kernelspec: string,
	code: string,
	more = {}
): Promise<{ text: string; notebook: string }> {
	const notebook = await seed.notebook(ada, notebookWith(code));
	const at = `/api/notebooks/${notebook}`;
	const started = await asAda('POST', `${at}/kernel`, { action: 'start', workspace, kernelspec, ...more });
	expect([started.status, started.body.problem]).toEqual([200, null]);
	return { text: await rerun(notebook), notebook };
}

async function rerun(notebook: string): Promise<string> {
	const at = `/api/notebooks/${notebook}`;
	const { body } = await asAda('POST', `${at}/runs`, { cells: 'all' });
	const run = (await asAda('GET', `${at}/runs/${body.runs[0].id}?wait=60`)).body;
	expect(run.state, JSON.stringify(run.outputs)).toBe('done');
	return run.outputs.map((output: { text?: string }) => output.text ?? '').join('');
}

/** Names an environment, tries it, and answers what came of it. */
async function tried(fields: object) {
	const made = await asAda('POST', `${path}/environments`, fields);
	expect(made.status, JSON.stringify(made.body)).toBe(201);
	const answer = await asAda('POST', `${path}/environments/${made.body.id}/try`);
	expect(answer.status).toBe(200);
	return answer.body;
}

const kernels = async (): Promise<{ name: string; displayName: string }[]> =>
	(await asAda('GET', `${path}/kernelspecs`)).body.specs;

beforeAll(async () => {
	[server, sshd] = await Promise.all([
		startServer(),
		startSshd({ readable: pythonFolders(), shell: '/bin/bash', config: ['PermitUserEnvironment yes'] })
	]);
	put('.ssh/environment', `PATH=${sshd.home}/fakes:/usr/local/bin:/usr/bin:/bin\n`);
	put('.profile', `PATH=${sshd.home}/fakes:$PATH\n`);
	seed = await openSeed(server);
	ada = await seed.person('ada', { displayName: 'Ada' });
	bob = await seed.person('bob', { displayName: 'Bob' });
	asAda = caller(server, ada.token);
	asBob = caller(server, bob.token);
	workspace = await seed.workspace(ada, sshd, []);
	path = `/api/workspaces/${workspace}`;
});
afterAll(async () => {
	await seed?.close();
	await server?.end();
	await sshd?.stop();
});

test('what is no environment is refused, and nobody else sees or touches those of a person', async () => {
	for (const wrong of [
		{ kind: 'venv', name: 'x', folder: 'relative' },
		{ kind: 'venv', name: 'x' },
		{ kind: 'modules', name: 'x', modules: ['-rf'] },
		{ kind: 'container', name: 'x', image: '--writable' },
		{ kind: 'shell', name: 'x', lines: ['a\nb'] },
		{ kind: 'shell', name: ' ', lines: ['a'] },
		{ kind: 'other', name: 'x' }
	])
		expectProblem(await asAda('POST', `${path}/environments`, wrong), 400, 'invalid');
	for (const packages of [['--index-url=http://x'], ['-e .'], ['git+https://x'], ['a;b'], ['./x']])
		expectProblem(await asAda('POST', `${path}/quick-start`, { name: 'x', packages }), 400, 'invalid');

	const made = await asAda('POST', `${path}/environments`, { kind: 'shell', name: 'Mine', lines: ['A=1'] });
	const own = `${path}/environments/${made.body.id}`;
	for (const [method, at, body] of [
		['GET', `${path}/environments`],
		['POST', `${path}/environments`, { kind: 'shell', name: 'x', lines: ['a'] }],
		['PUT', own, { kind: 'shell', name: 'x', lines: ['a'] }],
		['DELETE', own],
		['POST', `${own}/try`],
		['POST', `${path}/quick-start`, { name: 'x' }],
		['GET', `${path}/tasks/x`],
		['DELETE', `${path}/tasks/x`],
		['GET', `${path}/gpus`],
		['POST', `${path}/gpus/release`, { kernel: 'k' }]
	] as const)
		expectProblem(await asBob(method, at, body), 404, 'workspace-unknown');
	expectProblem(await asAda('POST', `${own}/try`), 409, 'workspace-disconnected');
	expect((await asAda('GET', `${path}/environments`)).body).toEqual({ environments: [made.body], tasks: [] });
	expect((await asAda('DELETE', own)).status).toBe(204);
	expectProblem(await asAda('DELETE', own), 404, 'environment-unknown');
});

test('shell lines: tried, offered as a kernel, its process takes interrupts, a change has to be tried anew', async () => {
	await connect(asAda, workspace);
	const broken = await tried({
		kind: 'shell',
		name: 'Analysis',
		lines: ['echo working on it', 'cat /nowhere', 'exit 5']
	});
	expect(broken.tried).toMatchObject({
		ok: false,
		kernels: [],
		problem: { code: 'environment-failed', detail: expect.stringContaining('/nowhere') }
	});
	expect(broken.tried.output).toContain('working on it');
	expect((await kernels()).map(({ name }) => name)).not.toContain('analysis.python3');

	const lines = [`PATH='${TEST_ENVIRONMENT}/bin':$PATH`, 'export ANSATZ_TEST="it is $HOME"'];
	const changed = await asAda('PUT', `${path}/environments/analysis`, {
		kind: 'shell',
		name: 'Analysis',
		lines
	});
	expect(changed.body.tried).toBeNull();
	const good = (await asAda('POST', `${path}/environments/analysis/try`)).body.tried;
	expect(good).toMatchObject({ ok: true, prefix: TEST_ENVIRONMENT, problem: null });
	expect(good.ipykernel).toMatch(/^\d+\./);
	const version = good.python.split('.').slice(0, 2).join('.');
	const inner = good.kernels[0].name;
	expect((await kernels()).find(({ name }) => name === `analysis.${inner}`)?.displayName).toMatch(
		new RegExp(`^Analysis \\(shell\\) · (Python ${version}|Python 3)`)
	);

	const { text, notebook } = await runWith(
		`analysis.${inner}`,
		'import os\nprint(os.environ["ANSATZ_TEST"], os.getpid() == os.getsid(0))'
	);
	expect(text.trim()).toBe(`it is ${sshd.home} True`);
	const endless = await seed.notebook(
		ada,
		notebookWith('import time\nprint("up", flush=True)\ntime.sleep(600)')
	);
	await asAda('POST', `/api/notebooks/${endless}/kernel`, {
		action: 'start',
		workspace,
		kernelspec: `analysis.${inner}`
	});
	const { body } = await asAda('POST', `/api/notebooks/${endless}/runs`, { cells: 'all' });
	const running = `/api/notebooks/${endless}/runs/${body.runs[0].id}`;
	await expect
		.poll(async () => (await asAda('GET', running)).body.outputs.length, { timeout: 30_000 })
		.toBe(1);
	await asAda('POST', `/api/notebooks/${endless}/kernel`, { action: 'interrupt' });
	expect((await asAda('GET', `${running}?wait=60`)).body.outputs.at(-1)).toMatchObject({
		ename: 'KeyboardInterrupt'
	});
	for (const each of [notebook, endless])
		await asAda('POST', `/api/notebooks/${each}/kernel`, { action: 'shutdown' });
});

test('modules of a real module command, with a modulefile of the account', async () => {
	put(
		'modulefiles/science/1.0',
		`#%Module1.0\nsetenv SCIENCE 42\nprepend-path PATH ${TEST_ENVIRONMENT}/bin\nsetenv VIRTUAL_ENV ${TEST_ENVIRONMENT}\n`
	);
	const good = await tried({
		kind: 'modules',
		name: 'Modules',
		modules: ['use ~/modulefiles', 'science/1.0']
	});
	expect(good.tried, good.tried.output).toMatchObject({ ok: true, prefix: TEST_ENVIRONMENT });
	const { text, notebook } = await runWith(
		`modules.${good.tried.kernels[0].name}`,
		'import os; print(os.environ["SCIENCE"], os.environ["LOADEDMODULES"])'
	);
	expect(text.trim()).toBe('42 science/1.0');
	await asAda('POST', `/api/notebooks/${notebook}/kernel`, { action: 'shutdown' });
	const missing = await tried({ kind: 'modules', name: 'Missing', modules: ['nothing/9'] });
	expect(missing.tried).toMatchObject({ ok: false, problem: { detail: 'module nothing/9 did not work.' } });
});

test('a virtual environment without ipykernel gets our own kernel; a container is asked of a fake apptainer', async () => {
	// stands for Apptainer, which this system has no package of: it starts what it is to start, in the same system
	put(
		'fakes/apptainer',
		'#!/bin/sh\nwhile [ "$1" != /bin/sh ]; do shift; done\nIN_CONTAINER=yes exec "$@"\n',
		0o755
	);
	const good = await tried({
		kind: 'container',
		name: 'Box',
		image: '~/images/x.sif',
		lines: ['export LINE=$IN_CONTAINER']
	});
	expect(good.tried, good.tried.output).toMatchObject({ ok: true, ipykernel: null });
	expect(good.tried.kernels[0]).toMatchObject({
		name: 'ansatz-python',
		argv: expect.arrayContaining(['{agent}'])
	});
	const { text, notebook } = await runWith('box.ansatz-python', 'import os; print(os.environ["LINE"])');
	expect(text.trim()).toBe('yes');
	const kernel = (await asAda('GET', `/api/notebooks/${notebook}/kernel`)).body;
	expect(kernel).toMatchObject({
		environment: '~/images/x.sif',
		displayName: expect.stringContaining('Box (container)')
	});
	await asAda('POST', `/api/notebooks/${notebook}/kernel`, { action: 'shutdown' });
});

test('a quick start goes on while the server is killed; why it cannot work is said, and it leaves nothing', async () => {
	put('.config/pip/pip.conf', '[global]\nindex-url = http://127.0.0.1:9/simple\n');
	const { body, status } = await asAda('POST', `${path}/quick-start`, {
		name: 'Größe',
		packages: ['numpy>=1.20']
	});
	expect(status).toBe(202);
	await server.kill();
	server = await server.restart();
	asAda = caller(server, ada.token);
	expect((await asAda('GET', `${path}/environments`)).body.tasks).toEqual([]);
	await connect(asAda, workspace);
	const [listed] = (await asAda('GET', `${path}/environments`)).body.tasks;
	expect(listed).toMatchObject({ task: body.task, kind: 'quick-start', name: 'Größe' });
	const now = async () => (await asAda('GET', `${path}/tasks/${body.task}`)).body;
	await expect.poll(async () => (await now()).state, { timeout: 60_000 }).not.toBe('running');
	expect(await now()).toMatchObject({
		state: 'failed',
		problem: { code: 'quick-start-no-network', remedy: expect.stringContaining('pip.conf') },
		output: expect.stringContaining('127.0.0.1')
	});
	expect(readdirSync(join(sshd.home, '.ansatz'))).toEqual([]);
	expect((await asAda('DELETE', `${path}/tasks/${body.task}`)).status).toBe(204);
	expectProblem(await asAda('GET', `${path}/tasks/${body.task}`), 404, 'agent-no-task');
});

test('the GPU board names people, lets them choose, release and ask', async () => {
	expect((await asAda('GET', `${path}/gpus`)).body.gpus).toEqual([]);
	// stands for nvidia-smi, there being no GPU here: two GPUs, and the processes that a file says
	put(
		'fakes/nvidia-smi',
		`#!/bin/sh\ncase "$*" in\n*query-gpu*) echo '0, GPU-a, NVIDIA A100, 37, 9000, 40960, 61'; ` +
			`echo '1, GPU-b, NVIDIA A100, 0, 500, 40960, 35';;\n*) cat ${sshd.home}/held;;\nesac\n`,
		0o755
	);
	put('held', '');
	const spec =
		'analysis.' + (await kernels()).find(({ name }) => name.startsWith('analysis.'))!.name.split('.')[1];
	const held = `open(os.path.expanduser("~/held"), "a").write(f"GPU-b, {os.getpid()}, 400\\n")`;
	const { text, notebook } = await runWith(
		spec,
		`import os\n${held}\nprint(os.environ["CUDA_VISIBLE_DEVICES"], os.environ["CUDA_DEVICE_ORDER"])`,
		{ gpus: [1] }
	);
	expect(text.trim()).toBe('1 PCI_BUS_ID');
	const view = (await asAda('GET', `/api/notebooks/${notebook}/kernel`)).body;
	expect(view.gpus).toEqual([1]);

	// another person's workspace on the same machine
	const theirs = await seed.workspace(bob, sshd, []);
	asBob = caller(server, bob.token);
	await connect(asBob, theirs);
	const board = (await asBob('GET', `/api/workspaces/${theirs}/gpus`)).body;
	expect(board.gpus.map((gpu: { index: number }) => gpu.index)).toEqual([0, 1]);
	const [holder] = board.gpus[1].processes;
	expect(holder).toMatchObject({
		kernel: view.kernel,
		user: sshd.user,
		memory: 400 * 2 ** 20,
		person: { id: ada.id, name: 'Ada' },
		mine: false,
		notebook: null,
		idleSince: expect.any(Number)
	});
	// who looked a moment ago is shown the same figures again, which were those of no GPU
	const mine = async () => (await asAda('GET', `${path}/gpus`)).body.gpus[1]?.processes[0];
	await expect.poll(mine, { timeout: 10_000 }).toMatchObject({ mine: true, notebook: { id: notebook } });

	expectProblem(
		await asBob('POST', `/api/workspaces/${theirs}/gpus/release`, { kernel: view.kernel }),
		403,
		'gpu-not-yours'
	);
	// nobody reads it while no page of hers is open, and the next question is not held back by this one
	const asked = `/api/workspaces/${theirs}/gpus/ask`;
	expectProblem(await asBob('POST', asked, { kernel: view.kernel }), 409, 'gpu-person-away');
	const line = await openPage(server.port, {
		cookie: `${ada.cookie.name}=${ada.cookie.value}`,
		origin: server.origin
	});
	expect((await asBob('POST', asked, { kernel: view.kernel })).status).toBe(204);
	expect(await line.heard('notice')).toMatchObject({
		notice: { title: 'Bob asks whether you can release a GPU.', href: `/workspaces/${workspace}/gpus` }
	});
	expectProblem(await asBob('POST', asked, { kernel: view.kernel }), 429, 'gpu-asked-already');

	expect((await asAda('POST', `${path}/gpus/release`, { kernel: view.kernel })).status).toBe(204);
	const state = async (): Promise<string> =>
		(await asAda('GET', `/api/notebooks/${notebook}/kernel`)).body.state;
	await expect.poll(state, { timeout: 30_000 }).toMatch(/none|dead/);
	await line.close();
});
