/** Host keys and browser keys over HTTP: what is taken, what is refused, and that everybody has their own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caller, expectProblem, type Call } from '../support/api.ts';
import { makeTestKey, sshString } from '../support/browser-key.ts';
import { openSeed, type Seed } from '../support/people.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
let seed: Seed;
let [admin, bob, eve]: Call[] = [];
/** Fingerprint and base64 of real host keys. */
let keys: { key: string; fingerprint: string }[];

beforeAll(async () => {
	server = await startServer();
	seed = await openSeed(server);
	admin = caller(server, (await seed.person('ada', { admin: true })).token);
	bob = caller(server, (await seed.person('bob')).token);
	eve = caller(server, (await seed.person('eve')).token);
	const folder = mkdtempSync(join(tmpdir(), 'keys-'));
	keys = [0, 1, 2].map((n) => {
		const file = join(folder, String(n));
		execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
		const fingerprint = execFileSync('ssh-keygen', ['-lf', `${file}.pub`], { encoding: 'utf8' }).split(
			' '
		)[1]!;
		return { key: readFileSync(`${file}.pub`, 'utf8').split(' ')[1]!, fingerprint };
	});
	rmSync(folder, { recursive: true });
});
afterAll(async () => {
	await seed?.close();
	await server?.end();
});

describe('host keys', () => {
	test('known_hosts is imported line by line, once, for the importer alone', async () => {
		const knownHosts = [
			'# mine',
			`node.example.org,10.0.0.1 ssh-ed25519 ${keys[0]!.key} a comment`,
			`@revoked *.example.org ssh-ed25519 ${keys[1]!.key}`,
			`@cert-authority * ssh-ed25519 ${keys[2]!.key}`,
			'broken'
		].join('\n');
		const first = await bob!('POST', '/api/host-keys', { knownHosts });
		expect([first.status, first.body]).toEqual([
			200,
			{
				added: 2,
				known: 0,
				problems: [
					{ line: 4, message: expect.stringContaining('not supported') },
					{ line: 5, message: expect.any(String) }
				]
			}
		]);
		expect((await bob!('POST', '/api/host-keys', { knownHosts })).body).toMatchObject({ added: 0, known: 2 });
		const { own, pinned } = (await bob!('GET', '/api/host-keys')).body;
		expect(pinned).toEqual([]);
		own.sort((one: { revoked: boolean }, other: { revoked: boolean }) => +one.revoked - +other.revoked);
		expect(own).toMatchObject([
			{ pattern: 'node.example.org,10.0.0.1', fingerprint: keys[0]!.fingerprint, revoked: false },
			{ pattern: '*.example.org', fingerprint: keys[1]!.fingerprint, revoked: true }
		]);
		expect(own[0]).toMatchObject({ keyType: 'ssh-ed25519', hashed: false, origin: 'imported' });
		expect((await eve!('GET', '/api/host-keys')).body).toEqual({ own: [], pinned: [] });

		// What a workspace shows comes from it.
		const fields = {
			name: 'n',
			host: '10.0.0.1',
			user: 'b',
			jumps: [{ host: 'node.example.org', user: 'j' }]
		};
		const made = await bob!('POST', '/api/workspaces', fields);
		const known = [{ keyType: 'ssh-ed25519', fingerprint: keys[0]!.fingerprint, origin: 'imported' }];
		expect(made.body.hostKeys).toEqual([known, known]);
		expect(made.body.jumps).toEqual([{ host: 'node.example.org', port: 22, user: 'j' }]);

		for (const [method, body] of [['PATCH', { revoked: true }], ['DELETE']] as [string, object?][]) {
			expectProblem(await eve!(method, `/api/host-keys/${own[0].id}`, body), 404, 'host-key-unknown');
			expectProblem(await admin!(method, `/api/host-keys/${own[0].id}`, body), 404, 'host-key-unknown');
		}
		const revoked = await bob!('PATCH', `/api/host-keys/${own[0].id}`, { revoked: true });
		expect(revoked.body).toMatchObject({ id: own[0].id, revoked: true });
		const listed = (await bob!('GET', '/api/workspaces')).body;
		expect(listed.workspaces[0].hostKeys).toEqual([[], []]);
		expect(listed.ways).toEqual({ system: false, agent: false });
		expect((await bob!('DELETE', `/api/host-keys/${own[0].id}`)).status).toBe(204);
		expect((await bob!('GET', '/api/host-keys')).body.own).toHaveLength(1);
	});

	test('administrators pin for everybody, and nobody else does', async () => {
		const body = { knownHosts: `pinned.example.org ssh-ed25519 ${keys[2]!.key}\n`, pin: true };
		expectProblem(await eve!('POST', '/api/host-keys', body), 403, 'administrators-only');
		expect((await admin!('POST', '/api/host-keys', body)).body).toMatchObject({ added: 1 });
		const [row] = (await eve!('GET', '/api/host-keys')).body.pinned;
		expect(row).toMatchObject({ pattern: 'pinned.example.org', origin: 'pinned' });
		expectProblem(await eve!('DELETE', `/api/host-keys/${row.id}`), 404, 'host-key-unknown');
		const made = await eve!('POST', '/api/workspaces', { name: 'n', host: 'PINNED.example.org', user: 'e' });
		expect(made.body.hostKeys).toEqual([
			[{ keyType: 'ssh-ed25519', fingerprint: keys[2]!.fingerprint, origin: 'pinned' }]
		]);
		// A person cannot accept another one, and nothing is connected to.
		const accept = { hop: 0, keyType: 'ssh-ed25519', fingerprint: keys[0]!.fingerprint, replace: true };
		const path = `/api/workspaces/${made.body.id}/connect`;
		expectProblem(await eve!('POST', path, { accept }), 409, 'host-key-pinned');
		expect((await admin!('DELETE', `/api/host-keys/${row.id}`)).status).toBe(204);
		expect((await eve!('GET', '/api/host-keys')).body.pinned).toEqual([]);
	});

	test('a megabyte is taken, more is not, and neither is what is no text', async () => {
		const line = `n ssh-ed25519 ${keys[0]!.key}\n`;
		const filler = `# ${'x'.repeat(1000)}\n`;
		const fits = line + filler.repeat(Math.floor((1024 * 1024 - line.length) / filler.length));
		expect((await eve!('POST', '/api/host-keys', { knownHosts: fits })).body).toMatchObject({ added: 1 });
		expectProblem(
			await eve!('POST', '/api/host-keys', { knownHosts: fits + filler + filler }),
			400,
			'invalid'
		);
		expectProblem(
			await eve!('POST', '/api/host-keys', { knownHosts: 'x'.repeat(3_000_000) }),
			413,
			'too-large'
		);
		expectProblem(await eve!('POST', '/api/host-keys', { knownHosts: 7 }), 400, 'invalid');
		const many = Array.from({ length: 10_001 }, (_, n) => `h${n} ssh-ed25519 ${keys[0]!.key}`).join('\n');
		expectProblem(await eve!('POST', '/api/host-keys', { knownHosts: many }), 413, 'too-many-host-keys');
	});
});

describe('browser keys', () => {
	test.each(['ssh-ed25519', 'ecdsa-sha2-nistp256'] as const)('a %s key is registered', async (algorithm) => {
		const key = await makeTestKey(algorithm);
		const body = { name: 'Firefox\non Linux', algorithm, publicKey: key.publicKey };
		const made = await bob!('POST', '/api/browser-keys', body);
		expect(made.status).toBe(201);
		expect(made.body).toMatchObject({
			name: 'Firefox on Linux',
			algorithm,
			line: `${algorithm} ${key.publicKey} ansatz Firefox on Linux`,
			lastUsedAt: null
		});
		// The fingerprint is the one OpenSSH shows for the line.
		const shown = execFileSync('ssh-keygen', ['-lf', '-'], { input: made.body.line, encoding: 'utf8' });
		expect(shown.split(' ')[1]).toBe(made.body.fingerprint);
		const again = await bob!('POST', '/api/browser-keys', { ...body, name: 'Laptop' });
		expect(again.body).toMatchObject({ id: made.body.id, name: 'Laptop' });
		const path = `/api/browser-keys/${made.body.id}`;
		expect((await bob!('PATCH', path, { name: 'Desk' })).body.name).toBe('Desk');
		for (const [method, body] of [['PATCH', { name: 'x' }], ['DELETE']] as [string, object?][]) {
			expectProblem(await eve!(method, path, body), 404, 'browser-key-unknown');
		}
		expect((await eve!('GET', '/api/browser-keys')).body.keys).toEqual([]);
		expect((await bob!('DELETE', path)).status).toBe(204);
		expect((await bob!('GET', '/api/browser-keys')).body.keys).toEqual([]);
	});

	test('what is no such key is refused', async () => {
		const ed = Buffer.from((await makeTestKey()).publicKey, 'base64');
		const ec = Buffer.from((await makeTestKey('ecdsa-sha2-nistp256')).publicKey, 'base64');
		const offCurve = Buffer.from(ec);
		offCurve[offCurve.length - 1]! ^= 1;
		const compressed = Buffer.concat([
			...[sshString('ecdsa-sha2-nistp256'), sshString('nistp256')],
			sshString(Buffer.concat([Buffer.from([2]), ec.subarray(-64, -32)]))
		]);
		const wrong: [string, Buffer | string][] = [
			['ssh-ed25519', ed.subarray(0, -1)],
			['ssh-ed25519', Buffer.concat([ed, Buffer.from([0])])],
			['ssh-ed25519', Buffer.concat([ed, sshString('')])],
			['ssh-ed25519', ec],
			['ecdsa-sha2-nistp256', ed],
			['ecdsa-sha2-nistp256', offCurve],
			['ecdsa-sha2-nistp256', compressed],
			['ssh-ed25519', Buffer.concat([sshString('ssh-ed25519'), sshString('x'.repeat(33))])],
			['ssh-ed25519', ''],
			['ssh-ed25519', 'AAAA']
		];
		for (const [algorithm, blob] of wrong) {
			const publicKey = typeof blob === 'string' ? blob : blob.toString('base64');
			const answer = await bob!('POST', '/api/browser-keys', { name: 'x', algorithm, publicKey });
			expect([algorithm, publicKey, answer.status]).toEqual([algorithm, publicKey, 400]);
		}
		const publicKey = ed.toString('base64');
		for (const fields of [
			{ algorithm: 'ssh-rsa', publicKey },
			{ algorithm: 'ssh-ed25519', publicKey: '!' }
		]) {
			expectProblem(await bob!('POST', '/api/browser-keys', { name: 'x', ...fields }), 400, 'invalid');
		}
		expectProblem(
			await bob!('POST', '/api/browser-keys', { name: '', algorithm: 'ssh-ed25519', publicKey }),
			400,
			'invalid'
		);
	});
});

test('ways in the operator does not allow, hops that are not there and keys of others are refused', async () => {
	const fields = { name: 'n', host: 'h.example.org', user: 'b' };
	expectProblem(await bob!('POST', '/api/workspaces', { ...fields, way: 'system' }), 403, 'way-not-allowed');
	const six = Array.from({ length: 6 }, () => ({ host: 'j', user: 'u' }));
	expectProblem(await bob!('POST', '/api/workspaces', { ...fields, jumps: six }), 400, 'invalid');
	for (const jump of [
		{ host: '-oX', user: 'u' },
		{ host: 'j', user: '-l' },
		{ host: 'j', user: 'u', port: 0 }
	]) {
		expectProblem(await bob!('POST', '/api/workspaces', { ...fields, jumps: [jump] }), 400, 'invalid');
	}
	const { id } = (await bob!('POST', '/api/workspaces', fields)).body;
	const connect = (body: object): ReturnType<Call> => bob!('POST', `/api/workspaces/${id}/connect`, body);
	const password = { kind: 'password', password: 'x' };
	expectProblem(await connect({ signIn: { hop: 1, credential: password } }), 400, 'hop-unknown');
	expectProblem(
		await connect({ signIn: { hop: 0, credential: { kind: 'agent' } } }),
		403,
		'agent-not-allowed'
	);
	expectProblem(await connect({ signIn: { hop: 0, credential: { kind: 'other' } } }), 400, 'invalid');
	const evesKey = await makeTestKey();
	const made = await eve!('POST', '/api/browser-keys', { name: 'e', ...evesKey });
	const credential = { kind: 'browser-key', publicKey: evesKey.publicKey };
	expectProblem(await connect({ signIn: { hop: 0, credential } }), 400, 'browser-key-unknown');
	const path = `/api/workspaces/${id}/authorized-keys`;
	expectProblem(await bob!('POST', path, { key: made.body.id }), 404, 'browser-key-unknown');
	const mine = await bob!('POST', '/api/browser-keys', { name: 'b', ...(await makeTestKey()) });
	expectProblem(await bob!('POST', path, { key: mine.body.id }), 409, 'workspace-disconnected');
	expectProblem(await eve!('POST', path, { key: made.body.id }), 404, 'workspace-unknown');
	expect((await bob!('GET', '/api/asks')).body).toEqual({ asks: [] });
	const refused = { answer: { kind: 'refused' } };
	expectProblem(await bob!('POST', `/api/asks/${'A'.repeat(20)}`, refused), 404, 'ask-settled');
	expectProblem(await bob!('POST', '/api/asks/x', { answer: { kind: 'nobody' } }), 400, 'invalid');
});

test('nothing of all this was a fault of the server', () => {
	expect(server.output()).not.toContain('a request failed');
});
