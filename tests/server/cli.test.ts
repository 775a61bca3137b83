/** The command line and the start and end of the server, as processes: what they print and how they exit. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataFolderHolder, holdDataFolder } from '#lib/server/data-lock.ts';
import { startPostgres } from '#lib/server/embedded-postgres.ts';
import { caller } from '../support/api.ts';
import { freePort, startServer, type ServerProcess } from '../support/server-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PASSWORD = 'correct horse battery';

interface Ended {
	code: number | null;
	out: string;
	err: string;
}

/** Run a script of the checkout to its end. */
function run(script: string, args: string[], env: Record<string, string>, input = ''): Promise<Ended> {
	const { PATH, HOME } = process.env;
	const child = spawn(process.execPath, [script, ...args], {
		cwd: ROOT,
		env: { PATH, HOME, TMPDIR: tmpdir(), ...env } as NodeJS.ProcessEnv
	});
	let [out, err] = ['', ''];
	child.stdout.on('data', (data: Buffer) => (out += data.toString()));
	child.stderr.on('data', (data: Buffer) => (err += data.toString()));
	child.stdin.on('error', () => undefined).end(input);
	return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

const folders: string[] = [];

async function folder(): Promise<string> {
	folders.push(await mkdtemp(join(tmpdir(), 'ansatz-test-')));
	return folders.at(-1)!;
}

async function postmaster(dataDir: string): Promise<number | null> {
	const text = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
	return Number(text.split('\n')[0]) || null;
}

function alive(pid: number): boolean {
	return existsSync(`/proc/${pid}`);
}

/** What went wrong, in one breath: no stack, no more than two lines. */
function expectSentence({ err }: Ended, words: RegExp): void {
	expect(err).toMatch(words);
	expect(err).not.toMatch(/^\s+at /m);
	expect(err.trim().split('\n').length).toBeLessThanOrEqual(2);
}

let server: ServerProcess;
let dataDir: string;
let cli: (args: string[], input?: string) => Promise<Ended>;

beforeAll(async () => {
	server = await startServer();
	({ dataDir } = server);
	cli = (args, input) => run('src/cli.ts', args, { DATA_DIR: dataDir }, input);
});
afterAll(async () => {
	await server?.end();
	for (const path of folders) {
		if (await postmaster(path)) await (await startPostgres(path)).stop();
		await rm(path, { recursive: true, force: true });
	}
});

describe('while the server runs', () => {
	test('a person is added with a password on standard input, and signs in', async () => {
		const added = await cli(
			['user', 'add', 'ada', '--role', 'admin', '--display', 'Ada L.'],
			`${PASSWORD}\n`
		);
		expect(added).toEqual({ code: 0, out: 'ada can sign in now.\n', err: '' });
		const answer = await fetch(`${server.origin}/sign-in`, {
			method: 'POST',
			redirect: 'manual',
			headers: { Origin: server.origin, Accept: 'text/html' },
			body: new URLSearchParams({ name: 'ada', password: PASSWORD })
		});
		expect(answer.status).toBe(303);
	});

	test('a weak password, a taken name and a name that will not do are refused, and nobody is added', async () => {
		const weak = await cli(['user', 'add', 'bob'], 'short\n');
		expect(weak.code).toBe(1);
		expectSentence(weak, /at least 10 characters/);
		const none = await cli(['user', 'add', 'bob'], '');
		expect(none.code).toBe(1);
		const taken = await cli(['user', 'add', 'ADA'], `${PASSWORD}\n`);
		expect(taken.code).toBe(1);
		expectSentence(taken, /“ADA” is taken/);
		const name = await cli(['user', 'add', 'a b'], `${PASSWORD}\n`);
		expect(name.code).toBe(1);
		const { users } = JSON.parse((await cli(['user', 'list', '--json'])).out) as {
			users: { name: string }[];
		};
		expect(users.map((user) => user.name)).toEqual(['ada']);
	});

	test('the people are listed in words and as one JSON object', async () => {
		expect((await cli(['user', 'list'])).out).toBe('ada (administrator)\n');
		const json = await cli(['user', 'list', '--json']);
		expect(JSON.parse(json.out)).toEqual({
			users: [{ id: expect.any(String), name: 'ada', displayName: 'Ada L.', admin: true }]
		});
		expect(json.out.trim().split('\n')).toHaveLength(1);
		expect(json.out).not.toContain('argon2');
	});

	test('a token is alone on the last line, works, and may do what was asked for and no more', async () => {
		const made = await cli(['token', 'create', 'ADA', '--scopes', 'read', '--days', '1']);
		expect(made.code).toBe(0);
		const token = made.out.trimEnd().split('\n').at(-1)!;
		expect(token).toMatch(/^ans_[\w-]{40}$/);
		const as = caller(server, token);
		expect((await as('GET', '/api/notebooks')).status).toBe(200);
		expect((await as('POST', '/api/notebooks', {})).status).toBe(403);
		const json = await cli(['token', 'create', 'ada', '--json']);
		const all = JSON.parse(json.out) as { token: string; scopes: string[] };
		expect(all.scopes).toEqual(['read', 'write', 'run']);
		expect((await caller(server, all.token)('POST', '/api/notebooks', {})).status).toBe(201);
		const unknown = await cli(['token', 'create', 'nobody']);
		expect(unknown.code).toBe(1);
		expectSentence(unknown, /Nobody here is called “nobody”/);
	});

	test('a command, an option or a value it does not know ends with 2 before anything is touched', async () => {
		const untouched = await folder();
		const wrong = [
			['frobnicate'],
			['user', 'add'],
			['user', 'add', 'x', 'y'],
			['user', 'add', 'x', '--role', 'king'],
			['user', 'list', '--colour'],
			['token', 'create', 'ada', '--scopes', 'read,fly'],
			['token', 'create', 'ada', '--days', '0'],
			['token', 'create', 'ada', '--days', '1e12'],
			[]
		];
		const all = await Promise.all(
			wrong.map((args) => run('src/cli.ts', args, { DATA_DIR: join(untouched, 'data') }))
		);
		expect(all.map(({ code }, i) => [wrong[i], code])).toEqual(wrong.map((args) => [args, 2]));
		for (const { out, err } of all) {
			expect(err + out).toContain('npx ansatz');
			expect(err).not.toMatch(/^\s+at /m);
		}
		expect(existsSync(join(untouched, 'data'))).toBe(false);
		const help = await run('src/cli.ts', ['--help'], { DATA_DIR: join(untouched, 'data') });
		expect(help.code).toBe(0);
		expect(help.out).toContain('Exit codes');
	});

	test('the commands leave the server’s database running', async () => {
		expect((await fetch(`${server.origin}/readyz`)).status).toBe(200);
	});
});

describe('without a server', () => {
	test('it makes the database, does its work, and leaves nothing running', async () => {
		const DATA_DIR = join(await folder(), 'new');
		folders.push(DATA_DIR);
		const added = await run('src/cli.ts', ['user', 'add', 'ada', '--role', 'admin'], { DATA_DIR }, PASSWORD);
		expect(added).toEqual({ code: 0, out: 'ada can sign in now.\n', err: '' });
		expect(await postmaster(DATA_DIR)).toBeNull();
		expect((await run('src/cli.ts', ['user', 'list'], { DATA_DIR })).out).toBe('ada (administrator)\n');

		// Four at once share one cluster: each finishes, whoever started it.
		const names = ['b1', 'b2', 'b3', 'b4'];
		const all = await Promise.all(
			names.map((name) => run('src/cli.ts', ['user', 'add', name], { DATA_DIR }, PASSWORD))
		);
		expect(all.map(({ code, err }) => [code, err])).toEqual(names.map(() => [0, '']));
		const { users } = JSON.parse((await run('src/cli.ts', ['user', 'list', '--json'], { DATA_DIR })).out) as {
			users: { name: string }[];
		};
		expect(users.map(({ name }) => name)).toEqual(['ada', ...names]);
	});

	test('a database that is not there is told in one sentence, without the password in its address', async () => {
		const DATABASE_URL = `postgres://ada:canary-secret@127.0.0.1:${await freePort()}/ansatz`;
		const ended = await run('src/cli.ts', ['user', 'list'], { DATA_DIR: await folder(), DATABASE_URL });
		expect(ended.code).toBe(1);
		expectSentence(
			ended,
			/^The database at 127\.0\.0\.1:\d+ cannot be used\. Nothing listens there\. Check DATABASE_URL/
		);
		expect(ended.err).not.toContain('canary');
		const nowhere = await run('src/cli.ts', ['user', 'list'], {
			DATA_DIR: await folder(),
			DATABASE_URL: 'postgres://no-such-host.invalid/ansatz'
		});
		expect(nowhere.code).toBe(1);
		expectSentence(nowhere, /There is no machine of that name/);
	});

	test('a bad environment ends with 2 and names every fault', async () => {
		const ended = await run('src/cli.ts', ['user', 'list'], { PORT: 'x', ORIGIN: 'y' });
		expect(ended.code).toBe(2);
		expect(ended.err).toMatch(/^The configuration cannot be used:\n {2}PORT: .+\n {2}ORIGIN: .+\n$/);
	});
});

describe('the server', () => {
	test('a bad environment ends it with 2 and names every fault at once', async () => {
		const ended = await run('src/server.ts', [], { PORT: '0', ORIGIN: 'notes', LOG_LEVEL: 'loud' });
		expect(ended.code).toBe(2);
		expect(ended.err).toMatch(
			/^The configuration cannot be used:\n {2}PORT: .+\n {2}ORIGIN: .+\n {2}LOG_LEVEL: .+\n$/
		);
	});

	test('a port in use is told in one line, and the data folder is free again', async () => {
		const other = createServer();
		await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
		const { port } = other.address() as AddressInfo;
		const DATA_DIR = await folder();
		const ended = await run('src/server.ts', [], { PORT: String(port), DATA_DIR });
		other.close();
		expect(ended.code).toBe(1);
		expectSentence(
			ended,
			new RegExp(`cannot listen on 127\\.0\\.0\\.1 port ${port}\\. Another program has this port`)
		);
		expect(existsSync(join(DATA_DIR, 'server.lock'))).toBe(false);
	});

	test('a second one on the same data folder says who has it and changes nothing', async () => {
		const ended = await run('src/server.ts', [], { PORT: String(await freePort()), DATA_DIR: dataDir });
		expect(ended.code).toBe(2);
		expectSentence(ended, /is in use by the Ansatz server with process id \d+/);
		expect((await fetch(`${server.origin}/readyz`)).status).toBe(200);
	});

	test('killed outright, the next start takes its database up and has everything', async () => {
		const before = await postmaster(dataDir);
		const token = (await cli(['token', 'create', 'ada'])).out.trimEnd().split('\n').at(-1)!;
		const { id } = (await caller(server, token)('POST', '/api/notebooks', { title: 'Kept' })).body;
		await server.kill();
		expect(alive(before!)).toBe(true);
		server = await server.restart();
		expect(await postmaster(dataDir)).toBe(before);
		expect((await caller(server, token)('GET', `/api/notebooks/${id}`)).body.title).toBe('Kept');
		expect(server.adminLink).toBeNull();
	});

	test('asked to end while a run goes on and a request waits for it, it ends in order: exit 0, database stopped, folder free', async () => {
		const token = (await cli(['token', 'create', 'ada'])).out.trimEnd().split('\n').at(-1)!;
		const as = caller(server, token);
		const { id } = (await as('POST', '/api/notebooks', JSON.stringify(FOREVER))).body;
		const { runs } = (await as('POST', `/api/notebooks/${id}/runs`, { cells: 'all' })).body;
		while ((await as('GET', `/api/notebooks/${id}/runs/${runs[0].id}`)).body.state !== 'running');
		const waiting = as('GET', `/api/notebooks/${id}/runs/${runs[0].id}?wait=60`).catch(() => null);
		const pid = (await postmaster(dataDir))!;
		expect(await server.stop()).toBe(0);
		await waiting;
		expect(alive(pid)).toBe(false);
		expect(await postmaster(dataDir)).toBeNull();
		expect(dataFolderHolder(dataDir)).toBeNull();
		expect(existsSync(join(dataDir, 'server.lock'))).toBe(false);
		expect((await cli(['user', 'list'])).out).toBe('ada (administrator)\n');
	});
});

const FOREVER = {
	nbformat: 4,
	nbformat_minor: 5,
	metadata: {},
	cells: [
		{
			cell_type: 'code',
			id: 'loop',
			metadata: {},
			outputs: [],
			execution_count: null,
			source: 'import time\nwhile True: time.sleep(0.05)'
		}
	]
};

describe('the lock of the data folder', () => {
	test('it is held until it is given back', async () => {
		const path = await folder();
		expect(dataFolderHolder(path)).toBeNull();
		const release = holdDataFolder(path);
		expect(dataFolderHolder(path)).toBe(process.pid);
		expect(() => holdDataFolder(path)).toThrow(`process id ${process.pid}`);
		release();
		expect(dataFolderHolder(path)).toBeNull();
		holdDataFolder(path)();
	});

	test.each([
		['of a process that has ended', '999999 12345\n'],
		['whose number now belongs to another process', `${process.pid} 1\n`],
		['cut off by a crash', ''],
		['that says nothing', 'nonsense\n']
	])('one left behind, %s, keeps nobody out', async (_what, text) => {
		const path = await folder();
		await writeFile(join(path, 'server.lock'), text);
		const release = holdDataFolder(path);
		expect(dataFolderHolder(path)).toBe(process.pid);
		release();
	});

	test('a process that ended but was not yet reaped does not hold it', async () => {
		const path = await folder();
		// The shell becomes `sleep`, which reaps nothing; the child ends only when that has happened.
		const child = '(until grep -q sleep /proc/$$/comm; do :; done)';
		const parent = spawn('sh', ['-c', `${child} & echo $!; exec sleep 60`], {
			stdio: ['ignore', 'pipe', 'ignore']
		});
		const pid = await new Promise<string>((resolve) =>
			parent.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()))
		);
		const stat = (): Promise<string> => readFile(`/proc/${pid}/stat`, 'utf8');
		while (!(await stat()).includes(') Z '));
		const started = (await stat()).split(') ')[1]!.split(' ')[19]!;
		await writeFile(join(path, 'server.lock'), `${pid} ${started}\n`);
		expect(dataFolderHolder(path)).toBeNull();
		parent.kill('SIGKILL');
	});
});
