import net from 'node:net';
import { expect, test } from 'vitest';
import { newId } from '#lib/model/ids.ts';
import { freePort, type Sshd } from '../support/sshd.ts';
import { address, gateway, password, sign, sshd, UNKNOWN } from './harness.ts';
import { Person } from './person.ts';

const hop = ({ host, port, user }: Sshd) => ({ hop: 0, host, port, user });

const AUTHENTICATION = /(password|publickey|keyboard|none|user) .*ada|ada/i;

test('the host key comes first, then the password, then the connection', async () => {
	const server = await sshd();
	const made = gateway();
	const at = address(server);
	const unknown = {
		state: 'host-key-unknown',
		fingerprint: server.fingerprint,
		keyType: 'ssh-ed25519',
		...hop(server)
	};
	expect(await made.connect({ ...at, trust: [UNKNOWN] })).toEqual(unknown);
	expect(await made.connect({ ...at, trust: [UNKNOWN] })).toEqual(unknown);
	await server.logged(/(Disconnected|Connection).*\[preauth\][^]*(Disconnected|Connection).*\[preauth\]/);
	expect(server.logText()).not.toMatch(AUTHENTICATION);
	expect(await made.connect(at)).toEqual({
		state: 'needs-sign-in',
		methods: ['password', 'key'],
		...hop(server)
	});
	expect(made.isConnected(at.id)).toBe(false);
	expect(await made.connect(at, password(server))).toMatchObject({
		state: 'connected',
		user: server.user,
		hostKey: server.fingerprint
	});
	expect(made.isConnected(at.id)).toBe(true);
	expect(await made.connect(at)).toMatchObject({ state: 'connected' });
});

test('T11: a changed host key never sees who wants to log in', async () => {
	const first = await sshd();
	const made = gateway();
	const at = address(first);
	expect(await made.connect(at, password(first))).toMatchObject({ state: 'connected' });
	await made.disconnect(at.id);
	await first.stop();
	const second = await sshd({ port: first.port });
	expect(await made.connect(at, password(first))).toEqual({
		state: 'host-key-changed',
		fingerprint: second.fingerprint,
		keyType: 'ssh-ed25519',
		expected: first.fingerprint,
		...hop(first)
	});
	await second.logged(/(Disconnected|Connection).*\[preauth\]/);
	expect(second.logText()).not.toMatch(AUTHENTICATION);
});

test('a wrong password is said to be wrong, and asked once', async () => {
	const server = await sshd();
	const made = gateway();
	const at = address(server);
	expect(await made.connect(at, password({ password: 'not it' }))).toMatchObject({
		state: 'needs-sign-in',
		methods: ['password', 'key'],
		problem: {
			code: 'ssh-password-refused',
			detail: expect.stringContaining(`ada@127.0.0.1, port ${server.port}`)
		}
	});
	await server.logged(/Disconnected from/);
	expect(server.logText().match(/Failed password/g)).toHaveLength(1);
	expect(await made.connect(at)).toEqual({
		state: 'needs-sign-in',
		methods: ['password', 'key'],
		...hop(server)
	});
});

test('a server that asks for the password in its own words is answered', async () => {
	const server = await sshd({ methods: ['keyboard'] });
	const made = gateway();
	const at = address(server);
	expect(await made.connect(at)).toEqual({ state: 'needs-sign-in', methods: ['password'], ...hop(server) });
	expect(await made.connect(at, password({ password: 'not it' }))).toMatchObject({
		state: 'needs-sign-in',
		problem: { code: 'ssh-password-refused' }
	});
	expect(await made.connect(at, password(server))).toMatchObject({ state: 'connected' });
});

test('a key logs in; a wrong passphrase, a strange key and no key at all are told apart', async () => {
	const server = await sshd({ methods: ['key'] });
	const made = gateway();
	const at = address(server);
	const locked = server.makeKey('-t', 'rsa', '-b', '2048', '-m', 'PKCS8', '-N', 'open sesame');
	const strange = (await sshd()).privateKey;
	const attempt = (privateKey: string, passphrase?: string) => {
		return made.connect(
			at,
			sign({ kind: 'key', privateKey, ...(passphrase === undefined ? {} : { passphrase }) })
		);
	};
	const refused = (code: string) => ({ state: 'needs-sign-in', problem: { code } });
	expect(await attempt(locked, 'close sesame')).toMatchObject(refused('ssh-passphrase-wrong'));
	expect(await attempt('nonsense')).toMatchObject(refused('ssh-key-unreadable'));
	expect(await attempt(strange)).toMatchObject(refused('ssh-key-refused'));
	expect(await made.connect(at, password(server))).toMatchObject(refused('ssh-method-not-offered'));
	expect(await attempt(locked, 'open sesame')).toMatchObject({ state: 'connected' });
	await made.disconnect(at.id);
	expect(await attempt(server.privateKey)).toMatchObject({ state: 'connected' });
});

test('a second factor is named, and the password is not given to its question', async () => {
	const server = await sshd({ config: ['AuthenticationMethods publickey,password'] });
	const made = gateway();
	const key = { kind: 'key', privateKey: server.privateKey } as const;
	expect(await made.connect(address(server), sign(key))).toMatchObject({
		state: 'needs-sign-in',
		problem: { code: 'ssh-second-factor' }
	});
});

test('an unknown host, a refused port and something that is not SSH', async () => {
	const made = gateway({ timing: { connect: 500 } });
	const attempt = (host: string, port: number) => {
		return made.connect({
			kind: 'ssh',
			id: newId(),
			name: '',
			host,
			port,
			user: 'ada',
			jumps: [],
			trust: [UNKNOWN],
			way: 'ssh',
			privileged: false,
			environments: []
		});
	};
	expect(await attempt('no-such-host.invalid', 22)).toMatchObject({ problem: { code: 'ssh-host-unknown' } });
	const port = await freePort();
	expect(await attempt('127.0.0.1', port)).toMatchObject({
		state: 'failed',
		problem: { code: 'ssh-port-refused', title: `127.0.0.1 refuses connections at port ${port}.` }
	});
	for (const greet of [(socket: net.Socket) => socket.end('HTTP/1.1 400\r\n\r\n'), () => {}]) {
		const other = net.createServer((socket) => void greet(socket.on('error', () => {})));
		await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
		expect(await attempt('127.0.0.1', (other.address() as net.AddressInfo).port)).toMatchObject({
			problem: { code: 'ssh-no-banner' }
		});
		other.close();
	}
});

test('T10: an address that is not permitted is not even knocked at, whatever name it hides behind', async () => {
	const server = await sshd();
	const problem = { code: 'ssh-not-permitted', title: 'Not there.' };
	const asked: (string | undefined)[] = [];
	const made = gateway({
		permit: ({ ip }) => (asked.push(ip), /^(127|::1)/.test(ip!) ? problem : undefined)
	});
	for (const host of ['127.0.0.1', 'localhost', '2130706433']) {
		expect(await made.connect(address(server, { host }), password(server))).toEqual({
			state: 'failed',
			problem
		});
	}
	expect(asked).toContain('127.0.0.1');
	expect(server.logText()).not.toContain('Connection from');
	for (const changes of [{ host: ' ' }, { port: 0 }, { port: 70000 }, { user: '' }]) {
		expect(await made.connect(address(server, changes))).toMatchObject({
			problem: { code: 'ssh-address-invalid' }
		});
	}
});

test('no session, no shell, no Python', async () => {
	const made = gateway();
	const closed = await sshd({ config: ['MaxSessions 0'] });
	expect(await made.connect(address(closed), password(closed))).toMatchObject({
		problem: { code: 'ssh-no-session' }
	});
	const shellless = await sshd({ shell: '/usr/sbin/nologin' });
	expect(await made.connect(address(shellless), password(shellless))).toMatchObject({
		problem: { code: 'agent-no-shell', detail: expect.stringContaining('not available') }
	});
	const bare = await sshd({ path: '' });
	const at = address(bare);
	expect(await made.connect(at, password(bare))).toMatchObject({
		state: 'failed',
		problem: { code: 'agent-no-python', title: `There is no Python on ada@127.0.0.1, port ${bare.port}.` }
	});
	expect(made.isConnected(at.id)).toBe(false);
	await bare.logged(/Disconnected from user ada/);
});

test('login scripts may print, within reason', async () => {
	const made = gateway();
	const chatty = await sshd({ noise: 'Welcome!\nANSATZ-BOOT is not ours\nno line end' });
	expect(await made.connect(address(chatty), password(chatty))).toMatchObject({ state: 'connected' });
	const flooding = await sshd({ noise: 'a line of it\n'.repeat(6000) });
	expect(await made.connect(address(flooding), password(flooding))).toMatchObject({
		problem: { code: 'agent-noise' }
	});
});

test('T12: no secret in what is logged or answered', async () => {
	const lines: string[] = [];
	const write = (fields: object, text: string): void => void lines.push(text + JSON.stringify(fields));
	const server = await sshd({ password: 'canary-password' });
	const person = new Person();
	const made = gateway({ log: { debug: write, info: write, warn: write }, ask: person.ask });
	const at = address(server);
	const asking = await sshd({ methods: ['keyboard'] });
	const onCheck = (line: object): void => void lines.push(JSON.stringify(line));
	person.types(['canary-answer']);
	lines.push(
		JSON.stringify(await made.connect(address(asking), { ...sign({ kind: 'interactive' }), onCheck }))
	);
	const locked = server.makeKey('-t', 'ed25519', '-N', 'canary-passphrase');
	lines.push(JSON.stringify(await made.connect(at, password({ password: 'canary-wrong' }))));
	lines.push(
		JSON.stringify(
			await made.connect(at, sign({ kind: 'key', privateKey: locked, passphrase: 'canary-other' }))
		)
	);
	lines.push(JSON.stringify(await made.connect(at, password(server))));
	await made.disconnect(at.id);
	expect(lines.length).toBeGreaterThan(3);
	expect(person.prompts).toHaveLength(1);
	expect(lines.join()).not.toMatch(/canary|PRIVATE KEY/);
	expect(
		JSON.stringify(made) +
			JSON.stringify(await made.kernels(at.id).catch((error: Error) => [error, error.message]))
	).not.toMatch(/canary/);
});
