/** Signing in to workspaces through the HTTP interface and people's lines, with a real server and real sshds. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { caller, expectProblem, type Answer, type Call } from '../support/api.ts';
import { makeTestKey, signNext, type TestKey } from '../support/browser-key.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { openPage, type PageLine } from '../support/person-line.ts';
import { pythonFolders, TEST_ENVIRONMENT } from '../support/python.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { startProxy, startSshd, type Sshd, type SshdOptions } from '../support/sshd.ts';

let server: ServerProcess;
let seed: Seed;
let eve: SeededPerson;
const machines: Sshd[] = [];

beforeAll(async () => {
	server = await startServer({ env: { LOG_LEVEL: 'info' } });
	seed = await openSeed(server);
	eve = await seed.person('eve');
});
afterAll(async () => {
	await seed?.close();
	await server?.end();
	for (const each of machines) await each.stop();
});

async function machine(options: SshdOptions = {}): Promise<Sshd> {
	const made = await startSshd(options);
	machines.push(made);
	return made;
}

/** sshd that looks where OpenSSH looks by default. */
const HOME_KEYS = { config: ['AuthorizedKeysFile .ssh/authorized_keys'] };

function page(person: SeededPerson): Promise<PageLine> {
	const { name, value } = person.cookie;
	return openPage(server.port, { Cookie: `${name}=${value}`, Origin: server.origin });
}

interface Way {
	id: string;
	call: Call;
	connect(body?: object): Promise<Answer>;
	row(): Promise<any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- as it comes over HTTP
}

/** A workspace of a person, nothing of it known yet. */
async function way(person: SeededPerson, to: Sshd, jumps: Sshd[] = [], port = to.port): Promise<Way> {
	const call = caller(server, person.token);
	const hop = ({ host, port, user }: Sshd) => ({ host, port, user });
	const fields = { ...hop(to), port, name: 'Node', jumps: jumps.map(hop), environments: [TEST_ENVIRONMENT] };
	const made = await call('POST', '/api/workspaces', fields);
	expect(made.status).toBe(201);
	const { id } = made.body;
	return {
		id,
		call,
		connect: (body = {}) => call('POST', `/api/workspaces/${id}/connect`, body),
		async row() {
			const { workspaces } = (await call('GET', '/api/workspaces')).body;
			return workspaces.find((row: { id: string }) => row.id === id);
		}
	};
}

const accept = ({ fingerprint, keyType }: Sshd, hop = 0) => ({ accept: { hop, fingerprint, keyType } });
const password = ({ password }: Sshd, hop = 0) => ({
	signIn: { hop, credential: { kind: 'password', password } }
});

async function register(person: SeededPerson, key: TestKey): Promise<string> {
	const body = { name: 'Test', algorithm: key.algorithm, publicKey: key.publicKey };
	return (await caller(server, person.token)('POST', '/api/browser-keys', body)).body.id;
}

/** Let the key in without the server. */
function letIn(to: Sshd, key: TestKey): void {
	const file = join(to.home, '../../authorized_keys');
	writeFileSync(file, `${readFileSync(file, 'utf8')}${key.algorithm} ${key.publicKey}\n`);
}

test('step by step: the key is looked at, then the person signs in; each step is told to their pages alone', async () => {
	const sshd = await machine(HOME_KEYS);
	const ada = await seed.person('ada');
	const [here, elsewhere] = [await page(ada), await page(eve)];
	const node = await way(ada, sshd);
	const hop = { hop: 0, host: sshd.host, port: sshd.port, user: sshd.user };

	const unknown = await node.connect();
	const { fingerprint, keyType } = sshd;
	expect(unknown.body).toMatchObject({ state: 'host-key-unknown', fingerprint, keyType, ...hop });
	expect((await node.row()).hostKeys).toEqual([[]]);
	// A key nobody has shown is not remembered, whatever the client says.
	const other = { ...accept(sshd).accept, fingerprint: `SHA256:${'A'.repeat(43)}` };
	expect((await node.connect({ accept: other })).body.state).toBe('host-key-changed');
	expect((await node.row()).hostKeys).toEqual([[]]);

	const needs = await node.connect(accept(sshd));
	expect(needs.body).toMatchObject({ state: 'needs-sign-in', ...hop });
	expect(await node.row()).toMatchObject({
		hostKeys: [[{ keyType, fingerprint, origin: 'accepted' }]],
		...{ signIns: [null], wanted: false, state: 'needs-sign-in' }
	});
	const wrong = await node.connect({ signIn: { hop: 0, credential: { kind: 'password', password: 'no' } } });
	expect(wrong.body).toMatchObject({ state: 'needs-sign-in', problem: { code: 'ssh-password-refused' } });
	expect((await node.row()).signIns).toEqual([null]);

	const connected = await node.connect(password(sshd));
	expect(connected.body).toMatchObject({ state: 'connected', user: sshd.user, hostKey: fingerprint });
	expect(await node.row()).toMatchObject({
		...{ signIns: [{ kind: 'password' }], wanted: true, state: 'connected' }
	});
	const lines = connected.body.checks as { check: string; state: string }[];
	expect(lines.map(({ check, state }) => `${check} ${state}`).slice(0, 6)).toEqual([
		'reachable ok',
		'host-key ok',
		'sign-in ok',
		'shell ok',
		'python ok',
		'agent ok'
	]);
	await here.heard('workspace', ({ state }) => state === 'connected');
	for (const line of lines) {
		await here.heard('check', (news) => JSON.stringify(news.line) === JSON.stringify(line));
	}
	expect(here.news.every((news) => !('workspace' in news) || news.workspace === node.id)).toBe(true);
	expect(elsewhere.news).toEqual([]);
	const asEve = caller(server, eve.token);
	for (const verb of ['connect', 'disconnect']) {
		expectProblem(await asEve('POST', `/api/workspaces/${node.id}/${verb}`, {}), 404, 'workspace-unknown');
	}

	// The key of a browser is let in once over this connection.
	const key = await makeTestKey();
	const body = { key: await register(ada, key) };
	const path = `/api/workspaces/${node.id}/authorized-keys`;
	expect((await node.call('POST', path, body)).body).toEqual({ added: true });
	expect((await node.call('POST', path, body)).body).toEqual({ added: false });
	const file = readFileSync(join(sshd.home, '.ssh/authorized_keys'), 'utf8');
	expect(file).toBe(`ssh-ed25519 ${key.publicKey} ansatz Test\n`);

	expect((await node.call('POST', `/api/workspaces/${node.id}/disconnect`)).status).toBe(204);
	expect(await node.row()).toMatchObject({ wanted: false, state: 'disconnected' });
	await here.heard('workspace', ({ state }) => state === 'disconnected');
	// And it opens the door, by a signature of the page.
	const [signed, about] = await Promise.all([
		node.connect({ signIn: { hop: 0, credential: { kind: 'browser-key', publicKey: key.publicKey } } }),
		signNext(here, key)
	]);
	expect(signed.body.state).toBe('connected');
	expect(about).toEqual({ workspace: node.id, name: 'Node', ...hop });
	const [stored] = (await node.call('GET', '/api/browser-keys')).body.keys;
	expect(stored.lastUsedAt).not.toBeNull();
	expect((await node.row()).signIns).toEqual([{ kind: 'browser-key', key: stored.fingerprint }]);
	await Promise.all([here.close(), elsewhere.close()]);
});

test('a changed key is replaced only when that is confirmed, and a revoked one never', async () => {
	const ada = await seed.person('ann');
	const before = await machine();
	const node = await way(ada, before);
	await node.connect(accept(before));
	expect((await node.connect(password(before))).body.state).toBe('connected');
	await before.stop();
	machines.splice(machines.indexOf(before), 1);
	const after = await machine({ port: before.port });
	await node.call('POST', `/api/workspaces/${node.id}/disconnect`);
	const changed = { state: 'host-key-changed', fingerprint: after.fingerprint, expected: before.fingerprint };
	expect((await node.connect()).body).toMatchObject(changed);
	expect((await node.connect({ ...accept(after), ...password(after) })).body).toMatchObject(changed);
	const { accept: seen } = accept(after);
	expect((await node.connect({ accept: { ...seen, replace: true } })).body.state).toBe('needs-sign-in');
	expect((await node.row()).hostKeys).toMatchObject([[{ fingerprint: after.fingerprint }]]);
	const [row] = (await node.call('GET', '/api/host-keys')).body.own;
	await node.call('PATCH', `/api/host-keys/${row.id}`, { revoked: true });
	expect((await node.connect(password(after))).body.state).toBe('failed');
	expectProblem(await node.connect(accept(after)), 409, 'host-key-revoked');
	expect(after.logText()).not.toMatch(/password|Accepted/);
});

test('the machine’s own questions are answered by a page, or by a script without one', async () => {
	const sshd = await machine({ methods: ['keyboard'] });
	const ada = await seed.person('amy');
	const node = await way(ada, sshd);
	await node.connect(accept(sshd));
	const interactive = { signIn: { hop: 0, credential: { kind: 'interactive' } } };
	const asEve = caller(server, eve.token);

	const here = await page(ada);
	const first = node.connect(interactive);
	const { id, ask } = await here.nextAsk();
	expect(ask).toMatchObject({ kind: 'prompts', prompts: [{ echo: false }], about: { user: sshd.user } });
	const answer = { answer: { kind: 'prompts', answers: [sshd.password] } };
	expect((await asEve('GET', '/api/asks')).body).toEqual({ asks: [] });
	expectProblem(await asEve('POST', `/api/asks/${id}`, answer), 404, 'ask-settled');
	const unfit = { answer: { kind: 'prompts', answers: [] } };
	expectProblem(await node.call('POST', `/api/asks/${id}`, unfit), 400, 'answer-unfit');
	here.answer(id, { kind: 'prompts', answers: [sshd.password] });
	expect((await first).body.state).toBe('connected');
	expect((await node.row()).signIns).toEqual([{ kind: 'interactive' }]);
	await here.close();
	await node.call('POST', `/api/workspaces/${node.id}/disconnect`);

	const second = node.connect(interactive);
	let asks: { id: string }[] = [];
	while (asks.length === 0) asks = (await node.call('GET', '/api/asks')).body.asks;
	expect((await node.call('POST', `/api/asks/${asks[0]!.id}`, answer)).status).toBe(204);
	expect((await second).body.state).toBe('connected');
	expectProblem(await node.call('POST', `/api/asks/${asks[0]!.id}`, answer), 404, 'ask-settled');
});

test('each hop has its own key and its own way to sign in', async () => {
	const [gate, sshd] = [await machine({ user: 'gate', password: 'gate pass 1' }), await machine()];
	const ada = await seed.person('ali');
	const node = await way(ada, sshd, [gate]);
	expect((await node.connect()).body).toMatchObject({ state: 'host-key-unknown', hop: 0 });
	expect((await node.connect(accept(gate))).body).toMatchObject({ state: 'needs-sign-in', hop: 0 });
	expect((await node.connect(password(gate))).body).toMatchObject({ state: 'host-key-unknown', hop: 1 });
	expect((await node.connect(accept(sshd, 1))).body).toMatchObject({ state: 'needs-sign-in', hop: 1 });
	expect(await node.row()).toMatchObject({
		hostKeys: [[{ fingerprint: gate.fingerprint }], [{ fingerprint: sshd.fingerprint }]],
		signIns: [{ kind: 'password' }, null]
	});
	const done = await node.connect(password(sshd, 1));
	expect(done.body).toMatchObject({ state: 'connected', hostKey: sshd.fingerprint });
	expect((await node.row()).signIns).toEqual([{ kind: 'password' }, { kind: 'password' }]);
	const moved = { host: sshd.host, port: sshd.port, user: sshd.user, name: 'Node', jumps: [] };
	const changed = await node.call('PUT', `/api/workspaces/${node.id}`, moved);
	expect(changed.body).toMatchObject({ state: 'disconnected', signIns: [null], wanted: false });
});

test('signed out, nothing is at hand any more to come back with; signed in, a broken line comes back', async () => {
	const sshd = await machine();
	const proxy = await startProxy(sshd.port);
	try {
		const ada = await seed.person('abe');
		const node = await way(ada, sshd, [], proxy.port);
		await node.connect(accept(sshd));
		await node.connect(password(sshd));
		const here = await page(ada);
		proxy.cut();
		// The page is told both without asking.
		await here.heard('workspace', ({ state }) => state === 'connecting');
		await here.heard('workspace', ({ state }) => state === 'connected');
		expect((await node.row()).state).toBe('connected');
		expect(sshd.logText().match(/Accepted password/g)).toHaveLength(2);
		const { name, value } = ada.cookie;
		const signedOut = await fetch(`${server.origin}/sign-out`, {
			method: 'POST',
			redirect: 'manual',
			headers: {
				...{ Cookie: `${name}=${value}`, Origin: server.origin, Accept: 'text/html' },
				'Content-Type': 'application/x-www-form-urlencoded'
			}
		});
		expect(signedOut.status).toBe(303);
		expect(await here.closed).toBe(4401);
		expect((await node.row()).state).toBe('connected');
		const seen = proxy.connections();
		proxy.cut();
		while ((await node.connect()).body.state !== 'needs-sign-in');
		expect(proxy.connections()).toBeGreaterThan(seen);
		expect(sshd.logText().match(/Accepted password/g)).toHaveLength(2);
	} finally {
		await proxy.stop();
	}
});

test('killed and started again, the server comes back as soon as the browser is there, and the run goes on', async () => {
	const sshd = await machine({ readable: pythonFolders() });
	const ada = await seed.person('ava');
	const key = await makeTestKey();
	letIn(sshd, key);
	await register(ada, key);
	const node = await way(ada, sshd);
	await node.connect(accept(sshd));
	const first = await page(ada);
	const credential = { kind: 'browser-key', publicKey: key.publicKey };
	const [answer] = await Promise.all([
		node.connect({ signIn: { hop: 0, credential } }),
		signNext(first, key)
	]);
	expect(answer.body.state).toBe('connected');
	// Another one, signed in to by a password: it must wait for the person.
	const typedSshd = await machine();
	const typed = await way(ada, typedSshd);
	await typed.connect(accept(typedSshd));
	expect((await typed.connect(password(typedSshd))).body.state).toBe('connected');

	const flag = join(sshd.home, 'flag');
	const code = `import os, time\nprint('before', flush=True)\nwhile not os.path.exists(${JSON.stringify(flag)}): time.sleep(0.05)\nprint('after')`;
	const cell = {
		cell_type: 'code',
		id: 'one',
		source: code,
		metadata: {},
		outputs: [],
		execution_count: null
	};
	const ipynb = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] };
	const notebook = (await node.call('POST', '/api/notebooks', ipynb)).body.id as string;
	const kernel = { action: 'start', workspace: node.id };
	expect((await node.call('POST', `/api/notebooks/${notebook}/kernel`, kernel)).status).toBe(200);
	const queued = await node.call('POST', `/api/notebooks/${notebook}/runs`, { cells: 'all' });
	const run = `/api/notebooks/${notebook}/runs/${queued.body.runs[0].id}`;
	while (!JSON.stringify((await node.call('GET', run)).body.outputs).includes('before'));

	await server.kill();
	server = await server.restart();
	expect(await node.row()).toMatchObject({ wanted: true, state: 'disconnected' });
	writeFileSync(flag, '');
	const back = await page(ada);
	expect(await signNext(back, key)).toMatchObject({ workspace: node.id, user: sshd.user });
	await back.heard('workspace', ({ workspace, state }) => workspace === node.id && state === 'connected');
	const done = (await node.call('GET', `${run}?wait=30`)).body;
	expect([done.state, JSON.stringify(done.outputs)]).toEqual([
		'done',
		expect.stringMatching(/before.*after/)
	]);
	expect((await typed.row()).state).not.toBe('connected');
	expect(typedSshd.logText().match(/Accepted password/g)).toHaveLength(1);

	// Nobody is asked again by another page, nor after the person has ended it.
	const more = await page(ada);
	await node.call('POST', `/api/workspaces/${node.id}/disconnect`);
	await more.heard('workspace', ({ state }) => state === 'disconnected');
	const last = await page(ada);
	last.say({ type: 'answer', id: 'none', answer: { kind: 'refused' } });
	await last.heard('ask-settled');
	expect(await node.row()).toMatchObject({ wanted: false, state: 'disconnected' });
	for (const each of [more, last]) expect(each.news.filter(({ type }) => type === 'ask')).toEqual([]);
	await Promise.all([back, more, last].map((each) => each.close()));
});
