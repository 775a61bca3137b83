import { spawn } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BrowserKey } from '#gateway/browser-key.ts';
import { oneTimeCode } from '../support/one-time-code.ts';
import { address, Ear, gateway, proxy, shared, sign } from './harness.ts';
import { Person } from './person.ts';

const servers = shared({
	plain: { methods: ['key', 'password'] },
	code: {
		methods: ['keyboard', 'key'],
		pam: ['auth required CODE'],
		config: ['AuthenticationMethods publickey,keyboard-interactive']
	}
});

const TYPES = ['ssh-ed25519', 'ecdsa-sha2-nistp256'] as const;

test.each(TYPES)('%s: a key that never leaves the browser signs when the person allows it', async (type) => {
	const { plain: server } = servers;
	const person = new Person();
	const made = gateway({ ask: person.ask, timing: { backoffFirst: 5, backoffLongest: 50 } });
	const relay = await proxy(server.port);
	const at = address(server, { port: relay.port });
	const { blob, line } = await person.makeKey(type);
	const browser = sign({ kind: 'browser-key', publicKey: blob });
	expect(await made.connect(at, browser)).toMatchObject({ problem: { code: 'ssh-key-refused' } });
	expect(person.asked).toEqual([]);

	server.authorize(line);
	person.signs();
	expect(await made.connect(at, browser)).toMatchObject({ state: 'connected' });
	expect(person.asked).toMatchObject([
		{ kind: 'signature', about: { name: 'test', host: '127.0.0.1', user: 'ada' }, algorithm: type }
	]);
	expect(await server.logged(/Accepted publickey.*(ED25519|ECDSA) (SHA256:\S+)/)).toBeTruthy();
	expect(server.logText()).toContain((person.asked[0] as { key: string }).key);

	const ear = new Ear();
	made.subscribe(at.id, 'none', 0, ear);
	await ear.until(() => ear.links.at(-1)?.problem?.code === 'agent-no-kernel');
	relay.cut();
	await ear.until(() => ear.links.at(-1)?.problem?.code === 'ssh-nobody-there');
	expect(ear.links.at(-1)!.state).toBe('lost');
	// nothing of it is secret: the line waits for the browser although secrets were forgotten
	made.forgetSecrets(at.id);
	person.signs();
	made.wake(at.id);
	await ear.until(() => ear.links.at(-1)?.state === 'up');
	await made.disconnect(at.id);

	person.answers.push(() => ({ kind: 'refused' }));
	expect(await made.connect(at, browser)).toMatchObject({
		state: 'needs-sign-in',
		problem: { code: 'ssh-refused-by-person' }
	});
	person.answers.push(() => ({ kind: 'signature', signature: Buffer.alloc(64, 1).toString('base64') }));
	expect(await made.connect(at, browser)).toMatchObject({ problem: { code: 'ssh-signature-wrong' } });
});

test('signatures of ECDSA keep the form of the protocol, whatever their numbers begin with', async () => {
	const person = new Person();
	const { blob } = await person.makeKey('ecdsa-sha2-nistp256');
	const read = BrowserKey.read(blob);
	if (!('key' in read)) throw new Error('unreadable');
	const lengths = new Set<number>();
	// numbers of 31, 32 and 33 bytes: half of them have their first bit set, one in 512 is shorter
	for (let at = 0; at < 20_000 && lengths.size < 3; at++) {
		const data = Buffer.from(`data ${at}`);
		person.signs();
		const about = { ...{ workspace: 'w', name: '', hop: 0, host: '', port: 22 }, user: '' };
		const answer = await person.ask(
			{
				...{ kind: 'signature', about, key: '', algorithm: 'ecdsa-sha2-nistp256' },
				data: data.toString('base64')
			},
			new AbortController().signal
		);
		if (answer.kind !== 'signature') throw new Error(answer.kind);
		const made = Buffer.from(answer.signature, 'base64');
		const wire = read.key.signature(data, made)!;
		const first = wire.readUInt32BE(0);
		const r = wire.subarray(4, 4 + first);
		const s = wire.subarray(8 + first);
		expect(wire.readUInt32BE(4 + first)).toBe(s.length);
		expect(BigInt(`0x${r.toString('hex')}${'0'.repeat(64)}`) + BigInt(`0x${s.toString('hex')}`)).toBe(
			BigInt(`0x${made.toString('hex')}`)
		);
		for (const number of [r, s]) {
			expect(number[0]! & 0x80).toBe(0);
			if (number[0] === 0) expect(number[1]! & 0x80).toBe(0x80);
			lengths.add(number.length);
		}
	}
	expect([...lengths].sort()).toEqual([31, 32, 33]);
	expect(read.key.signature(Buffer.from('other'), Buffer.alloc(64, 7))).toBeUndefined();
	for (const nonsense of ['', 'AAAA', Buffer.from('ssh-rsa AAAA').toString('base64'), blob.slice(0, 40)]) {
		expect(BrowserKey.read(nonsense)).toMatchObject({ problem: { code: 'ssh-browser-key-invalid' } });
	}
});

/** A real ssh-agent that holds these keys. */
async function agent(...keys: string[]): Promise<string> {
	const folder = mkdtempSync(path.join(tmpdir(), 'agent-'));
	const socket = path.join(folder, 'socket');
	const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
	onTestFinished(async () => {
		child.kill();
		await once(child, 'close');
		rmSync(folder, { recursive: true });
	});
	await once(child.stdout, 'data');
	for (const [index, key] of keys.entries()) {
		const file = path.join(folder, `key${index}`);
		writeFileSync(file, key, { mode: 0o600 });
		execFileSync('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
	}
	return socket;
}

test('the keys of an SSH agent log in where it may be used', async () => {
	const { plain, code } = servers;
	const strange = code.privateKey;
	const made = gateway({ agentSocket: await agent(strange, plain.makeKey('-t', 'rsa', '-N', '')) });
	const at = address(plain, { privileged: true });
	expect(await made.connect(at)).toMatchObject({ methods: ['password', 'key', 'agent'] });
	expect(await made.connect(at, sign({ kind: 'agent' }))).toMatchObject({ state: 'connected' });

	// it logs in as the server: for administrators' own workspaces only
	const other = { ...address(plain), id: 'other' };
	expect(await made.connect(other)).toMatchObject({ methods: ['password', 'key'] });
	expect(await made.connect(other, sign({ kind: 'agent' }))).toMatchObject({
		problem: { code: 'ssh-agent-unavailable' }
	});

	for (const [keys, reason] of [
		[[], 'holds no key'],
		[[strange], '1 of its keys']
	] as const) {
		const other = gateway({ agentSocket: await agent(...keys) });
		expect(await other.connect(at, sign({ kind: 'agent' }))).toMatchObject({
			problem: { code: 'ssh-agent-refused', detail: expect.stringContaining(reason) }
		});
	}
	for (const nowhere of [gateway({ agentSocket: '/nonexistent/socket' }), gateway()]) {
		expect(await nowhere.connect(at, sign({ kind: 'agent' }))).toMatchObject({
			problem: { code: 'ssh-agent-unavailable' }
		});
	}
});

test('keys that sign elsewhere may be one of several proofs', async () => {
	const { plain, code } = servers;
	const person = new Person();
	const socket = await agent(plain.privateKey, code.makeKey('-t', 'ecdsa', '-N', ''));
	const made = gateway({ ask: person.ask, agentSocket: socket });
	const { blob, line } = await person.makeKey('ecdsa-sha2-nistp256');
	code.authorize(line);
	person.types(() => [oneTimeCode(code.codeSecret)]);
	expect(await made.connect(address(code, { privileged: true }), sign({ kind: 'agent' }))).toMatchObject({
		state: 'connected'
	});
	person.signs();
	person.types(() => [oneTimeCode(code.codeSecret)]);
	expect(await made.connect(address(code), sign({ kind: 'browser-key', publicKey: blob }))).toMatchObject({
		state: 'connected'
	});
	expect(person.asked.map(({ kind }) => kind)).toEqual(['prompts', 'signature', 'prompts']);
});
