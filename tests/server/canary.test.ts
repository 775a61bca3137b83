/**
 * Secrets through every way in, and then a search for them everywhere something could have been written: the server's
 * output, the database, its files and log, the account on the other side, the command lines and environments of processes.
 */
import { sql } from 'drizzle-orm';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { caller, type Answer, type Call } from '../support/api.ts';
import { makeTestKey, signNext } from '../support/browser-key.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { openPage } from '../support/person-line.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { startProxy, startSshd, type Sshd } from '../support/sshd.ts';

/** Each unlike anything else, so that finding one means that it was written. */
const CANARY = {
	wrongPassword: 'canary-wrong-Ab1xQ7',
	password: 'canary-password-Bc2yR8',
	gatePassword: 'canary-gate-Cd3zS9',
	passphrase: 'canary-passphrase-De4wT0',
	wrongPassphrase: 'canary-passphrase-Ef5vU1',
	prompted: 'canary-prompted-Fg6uV2',
	wrongPrompted: 'canary-prompted-Gh7tW3',
	late: 'canary-late-Hi8sX4',
	malformed: 'canary-malformed-Ij9rY5',
	unfit: 'canary-unfit-Jk0qZ6'
};
/** Put somewhere on purpose, each place by its own. */
const CONTROL = {
	output: 'control-output-1a',
	row: 'control-row-2b',
	file: 'control-file-3c',
	home: 'control-home-4d'
};

let server: ServerProcess;
let seed: Seed;
let ada: SeededPerson;
let [node, gate, asking]: Sshd[] = [];

beforeAll(async () => {
	[node, gate, asking] = await Promise.all([
		startSshd({ password: CANARY.password }),
		startSshd({ user: 'gate', password: CANARY.gatePassword }),
		startSshd({ user: 'asked', password: CANARY.prompted, methods: ['keyboard'] })
	]);
	server = await startServer({ env: { LOG_LEVEL: 'debug' } });
	seed = await openSeed(server);
	ada = await seed.person('ada', { admin: true });
});
afterAll(async () => {
	await seed?.close();
	await server?.end();
	for (const each of [node, gate, asking]) await each?.stop();
});

test('no secret that signs in anywhere is written anywhere', async () => {
	const call = caller(server, ada.token);
	const headers = { Cookie: `${ada.cookie.name}=${ada.cookie.value}`, Origin: server.origin };
	const page = await openPage(server.port, headers);
	const key = node!.makeKey('-t', 'ed25519', '-N', CANARY.passphrase);
	const inTheMiddle = key.split('\n').slice(2, 4).join('');
	expect(inTheMiddle.length).toBeGreaterThan(60);

	const direct = await way(call, node!);
	await direct({ accept: trusted(node!, 0) });
	await direct(typed(0, { kind: 'password', password: CANARY.wrongPassword }));
	expect((await direct(typed(0, { kind: 'password', password: CANARY.password }))).body.state).toBe(
		'connected'
	);
	await call('POST', `${direct.path}/disconnect`);
	await direct(typed(0, { kind: 'key', privateKey: key, passphrase: CANARY.wrongPassphrase }));
	await direct(typed(0, { kind: 'key', privateKey: CANARY.malformed, passphrase: CANARY.passphrase }));
	const keyed = typed(0, { kind: 'key', privateKey: key, passphrase: CANARY.passphrase });
	expect((await direct(keyed)).body.state).toBe('connected');
	// Bodies that are refused before anybody looks at what is in them.
	await call('POST', `${direct.path}/connect`, `{"signIn": {"hop": 0, "credential": "${CANARY.malformed}"`);
	await direct(typed(0, { kind: 'password', password: [CANARY.malformed] }));
	await direct(typed(0, { kind: CANARY.malformed }));
	await direct(typed(7, { kind: 'password', password: CANARY.malformed }));

	const jumping = await way(call, node!, gate!);
	await jumping({ accept: trusted(gate!, 0) });
	await jumping(typed(0, { kind: 'password', password: CANARY.gatePassword }));
	expect((await jumping(typed(1, { kind: 'password', password: CANARY.password }))).body.state).toBe(
		'connected'
	);

	// The machine's own questions, answered wrong, unfit, right, and again when there is nothing to answer any more.
	const asked = await way(call, asking!);
	await asked({ accept: trusted(asking!, 0) });
	const wrong = asked(typed(0, { kind: 'interactive' }));
	page.answer((await page.nextAsk()).id, { kind: 'prompts', answers: [CANARY.wrongPrompted] });
	expect((await wrong).body.state).toBe('needs-sign-in');
	const right = asked(typed(0, { kind: 'interactive' }));
	const { id } = await page.nextAsk();
	await call('POST', `/api/asks/${id}`, {
		answer: { kind: 'prompts', answers: [CANARY.unfit, CANARY.unfit] }
	});
	await call('POST', `/api/asks/${id}`, { answer: { kind: CANARY.unfit, answers: CANARY.unfit } });
	page.answer(id, { kind: 'prompts', answers: [CANARY.prompted] });
	expect((await right).body.state).toBe('connected');
	await call('POST', `/api/asks/${id}`, { answer: { kind: 'prompts', answers: [CANARY.late] } });
	page.answer(id, { kind: 'prompts', answers: [CANARY.late] });
	await page.heard('ask-settled', (news) => news.id === id);
	const broken = await openPage(server.port, headers);
	broken.sayRaw(`{"type":"answer","id":"x","answer":{"kind":"prompts","answers":"${CANARY.malformed}"}}`);
	await broken.closed;

	// A line that breaks is signed in to again with what is at hand, and is then searched while it lives.
	const proxy = await startProxy(node!.port);
	const breaking = await way(call, node!, undefined, proxy.port);
	await breaking({ accept: trusted(node!, 0) });
	await breaking(typed(0, { kind: 'password', password: CANARY.password }));
	const browserKey = await makeTestKey();
	const registered = await call('POST', '/api/browser-keys', { name: 'Browser', ...pick(browserKey) });
	expect((await call('POST', `${breaking.path}/authorized-keys`, { key: registered.body.id })).body).toEqual({
		added: true
	});
	const before = proxy.connections();
	proxy.cut();
	let now = '';
	while (proxy.connections() === before || now !== 'connected') now = await state(call, breaking.id);

	// After a kill, from the browser's key alone.
	const file = join(node!.home, '../../authorized_keys');
	writeFileSync(file, `${readFileSync(file, 'utf8')}${browserKey.algorithm} ${browserKey.publicKey}\n`);
	await call('POST', `${breaking.path}/disconnect`);
	const signing = breaking(typed(0, { kind: 'browser-key', publicKey: browserKey.publicKey }));
	await signNext(page, browserKey);
	expect((await signing).body.state).toBe('connected');

	writeFileSync(join(server.dataDir, 'control'), CONTROL.file);
	writeFileSync(join(node!.home, 'control'), CONTROL.home);
	await call('POST', '/api/notebooks', notebookCalled(CONTROL.row));
	const outputs = server.output();
	await search(`${outputs}${CONTROL.output}`, [inTheMiddle]);

	await server.kill();
	const first = server;
	server = await server.restart();
	const back = await openPage(server.port, headers);
	await signNext(back, browserKey);
	await back.heard('workspace', (news) => news.workspace === breaking.id && news.state === 'connected');
	await search(`${first.output()}${server.output()}${CONTROL.output}`, [inTheMiddle]);
	await back.close();
	await proxy.stop();
});

/** Every place is looked at for every secret; each place proves that it is by a word that is there. */
async function search(output: string, more: string[]): Promise<void> {
	await seed.db.execute(sql`checkpoint`);
	const machines = [node!, gate!, asking!];
	const rows = await tables();
	const running = processes();
	const logs = machines.map((each) => each.logText()).join('\n');
	// Below a machine's folder: not the files in which its accounts are set up.
	const accounts = machines.flatMap(({ home }) =>
		['home', 'run', 'tmp'].map((name) => join(dirname(dirname(home)), name))
	);
	const places: [string, string[], (words: string[]) => string[]][] = [
		['the server’s output', [CONTROL.output], wordsIn(output)],
		['the tables', [CONTROL.row], wordsIn(rows)],
		['the data folder', [CONTROL.file, CONTROL.row], (words) => wordsBelow(words, [server.dataDir])],
		['the accounts and their agents', [CONTROL.home], (words) => wordsBelow(words, accounts)],
		['the machines’ logs', [node!.user], wordsIn(logs)],
		['command lines and environments', [server.dataDir], wordsIn(running)]
	];
	const secrets = [...Object.values(CANARY), ...more].flatMap((secret) => [
		secret,
		Buffer.from(secret).toString('hex'),
		Buffer.from(secret).toString('base64').replace(/=+$/, '')
	]);
	for (const [place, controls, find] of places) {
		expect([place, find([...secrets, ...controls]).sort()]).toEqual([place, controls.sort()]);
	}
}

const wordsIn =
	(text: string) =>
	(words: string[]): string[] =>
		words.filter((word) => text.includes(word));

/** Every row of every table as text; binary columns come as hex. */
async function tables(): Promise<string> {
	const names = await seed.db.execute<{ name: string }>(
		sql`select format('%I.%I', table_schema, table_name) as name from information_schema.tables
			where table_schema not in ('pg_catalog', 'information_schema')`
	);
	expect(names.length).toBeGreaterThan(15);
	let dump = '';
	for (const { name } of names) {
		const rows = await seed.db.execute<{ row: string }>(sql.raw(`select t::text as row from ${name} t`));
		dump += rows.map(({ row }) => `${name} ${row}\n`).join('');
	}
	return dump;
}

/** What ps shows of every process but this one: its arguments and its environment. */
function processes(): string {
	const own = new Set([String(process.pid), readlinkSync('/proc/self')]);
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name) && !own.has(name))
		.map((name) => {
			try {
				return `${readFileSync(`/proc/${name}/cmdline`, 'utf8')}\n${readFileSync(`/proc/${name}/environ`, 'utf8')}`;
			} catch {
				// It has ended meanwhile.
				return '';
			}
		})
		.join('\n');
}

/** Which of the words are in a file below these folders, the write-ahead log included. They are told by standard input. */
function wordsBelow(words: string[], folders: string[]): string[] {
	const options = ['-raohF', '-D', 'skip', '-f', '-', '--'];
	const found = spawnSync('grep', [...options, ...folders], { input: words.join('\n'), encoding: 'utf8' });
	// 1: nowhere; 2: something was removed while it was read.
	if (![0, 1, 2].includes(found.status ?? -1))
		throw new Error(`grep ended with ${found.status}: ${found.stderr}`);
	return [...new Set(found.stdout.split('\n').filter(Boolean))];
}

const typed = (hop: number, credential: object): object => ({ signIn: { hop, credential } });
const trusted = ({ fingerprint, keyType }: Sshd, hop: number): object => ({ hop, fingerprint, keyType });
const pick = ({ algorithm, publicKey }: { algorithm: string; publicKey: string }): object => ({
	algorithm,
	publicKey
});

interface Way {
	(body: object): Promise<Answer>;
	id: string;
	path: string;
}

async function way(call: Call, to: Sshd, jump?: Sshd, port = to.port): Promise<Way> {
	const jumps = jump ? [{ host: jump.host, port: jump.port, user: jump.user }] : [];
	const fields = { name: 'Node', host: to.host, port, user: to.user, jumps };
	const { id } = (await call('POST', '/api/workspaces', fields)).body;
	const path = `/api/workspaces/${id}`;
	return Object.assign((body: object) => call('POST', `${path}/connect`, body), { id, path });
}

async function state(call: Call, id: string): Promise<string> {
	const { workspaces } = (await call('GET', '/api/workspaces')).body;
	return workspaces.find((row: { id: string }) => row.id === id).state;
}

function notebookCalled(title: string): object {
	return { nbformat: 4, nbformat_minor: 5, metadata: { title }, cells: [] };
}
