/** The way by the server's own ssh program: its configuration, keys and certificates, and what it says when it fails. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { newId } from '#lib/model/ids.ts';
import { Checks } from '#gateway/checks.ts';
import { openSystemSsh } from '#gateway/system-ssh.ts';
import type { SystemSsh } from '#gateway/system-ssh-target.ts';
import type { Permit } from '#gateway/permit.ts';
import { TIMING, type Timing } from '#gateway/timing.ts';
import type { Command, Transport } from '#gateway/transport.ts';
import { startKdc } from '../support/kdc.ts';
import { freePort, type Sshd } from '../support/sshd.ts';
import {
	address,
	Ear,
	gateway,
	ipykernel,
	proxy,
	PYTHON,
	pythonFolders,
	run,
	sshd,
	type SshAddress
} from './harness.ts';

/** What an operator has set up for the account of the server: a configuration, known hosts, keys. */
function account(): {
	folder: string;
	write(name: string, text: string): string;
	ssh(...lines: string[]): SystemSsh;
} {
	const folder = mkdtempSync(path.join(tmpdir(), 'account-'));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	const write = (name: string, text: string): string => {
		writeFileSync(path.join(folder, name), text, { mode: 0o600 });
		return path.join(folder, name);
	};
	const common = [
		`UserKnownHostsFile ${folder}/known_hosts`,
		'GlobalKnownHostsFile /dev/null',
		'IdentitiesOnly yes'
	];
	return {
		folder,
		write,
		ssh: (...lines) => ({ config: write('config', [...lines, 'Host *', ...common, ''].join('\n')) })
	};
}

/** The line of known_hosts for a test server, reached at this port. */
function known(server: Sshd, port = server.port): string {
	const key = readFileSync(path.join(server.home, '../../host_key_ed25519.pub'), 'utf8')
		.split(' ')
		.slice(0, 2)
		.join(' ');
	return `[127.0.0.1]:${port} ${key}\n`;
}

function system(host: string, changes: Partial<SshAddress> = {}): SshAddress {
	return {
		...{ kind: 'ssh', id: newId(), name: 'cluster', host, port: 22, user: 'ada', jumps: [], trust: [] },
		...{ way: 'system', privileged: true, environments: [] },
		...changes
	};
}

async function opened(ssh: SystemSsh, at: SshAddress, timing: Partial<Timing> = {}, permit?: Permit) {
	const signal = new AbortController().signal;
	const checks = new Checks();
	const result = await openSystemSsh({
		address: at,
		ssh,
		timing: { ...TIMING, ...timing },
		permit,
		checks,
		signal
	});
	if ('transport' in result) onTestFinished(() => result.transport.close());
	return result;
}

async function open(ssh: SystemSsh, at: SshAddress, timing: Partial<Timing> = {}): Promise<Transport> {
	const result = await opened(ssh, at, timing);
	if ('refused' in result) throw new Error(JSON.stringify(result.refused));
	return result.transport;
}

async function output(command: Command): Promise<string> {
	let text = '';
	for await (const chunk of command.output) text += String(chunk);
	return text;
}

const host = (alias: string, server: Sshd, ...more: string[]): string[] => [
	`Host ${alias}`,
	...['HostName 127.0.0.1', `Port ${server.port}`, ...more].map((line) => `  ${line}`)
];

test('an alias behind a jump host, by keys of the account: a kernel runs, and all goes over one login', async () => {
	const [gate, node] = await Promise.all([
		sshd({ user: 'gate' }),
		sshd({ readable: [...pythonFolders(), PYTHON] })
	]);
	const own = account();
	own.write('known_hosts', known(gate) + known(node));
	const keys = [own.write('gate_key', gate.privateKey), own.write('node_key', node.privateKey)];
	const ssh = own.ssh(
		...host('gate', gate, 'User gate', `IdentityFile ${keys[0]!}`),
		...host('node', node, 'ProxyJump gate', `IdentityFile ${keys[1]!}`)
	);
	const asked: object[] = [];
	const made = gateway({ systemSsh: ssh, permit: (target) => void asked.push(target) });
	const at = system('node');
	expect(await made.connect(at)).toMatchObject({ state: 'connected', user: 'ada' });
	expect(asked).toEqual([
		{ host: '127.0.0.1', port: node.port, ip: undefined, privileged: true },
		{ host: '127.0.0.1', port: gate.port, ip: '127.0.0.1', privileged: true }
	]);
	const kernel = newId();
	await made.start(at.id, kernel, await ipykernel(made, at), {});
	const ear = new Ear();
	made.subscribe(at.id, kernel, 0, ear);
	const { id } = run(made, at.id, kernel, 'print(6 * 7)');
	await ear.finished(id);
	expect(ear.printed(id)).toBe('42\n');
	await made.shutdown(at.id, kernel);
	expect([gate, node].map((server) => server.logText().match(/Accepted publickey/g)?.length)).toEqual([1, 1]);
});

test('ten commands and a connection share one login; bytes come as they are, errors apart', async () => {
	const node = await sshd();
	const own = account();
	own.write('known_hosts', known(node));
	const ssh = own.ssh(...host('node', node, `IdentityFile ${own.write('key', node.privateKey)}`));
	const line = await open(ssh, system('node'));
	const commands = await Promise.all(
		Array.from({ length: 9 }, (_, at) => line.exec(`echo ${at}; echo "it's" >&2; exit ${at}`))
	);
	expect(await Promise.all(commands.map(output))).toEqual(commands.map((_, at) => `${at}\n`));
	expect(await Promise.all(commands.map(({ ended }) => ended))).toEqual(
		commands.map((_, code) => ({ code }))
	);
	expect(commands[3]!.errorText()).toBe("it's\n");
	const echo = await line.exec('cat');
	const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7) % 256));
	echo.input.end(bytes);
	const back: Buffer[] = [];
	for await (const chunk of echo.output) back.push(chunk as Buffer);
	expect(Buffer.concat(back).equals(bytes)).toBe(true);

	const web = createServer((socket) => socket.once('data', (data) => socket.end(`you said ${String(data)}`)));
	await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => void web.close());
	const stream = await line.forward('127.0.0.1', (web.address() as AddressInfo).port);
	stream.write('hello');
	let heard = '';
	for await (const chunk of stream) heard += String(chunk);
	// nobody listens any more: that must not be an error of the process
	stream.write('more');
	expect(heard).toBe('you said hello');
	await expect(line.forward('127.0.0.1', await freePort())).rejects.toMatchObject({
		problem: { code: 'workspace-port-refused' }
	});
	expect(node.logText().match(/Accepted publickey/g)).toHaveLength(1);
	line.close();
	await line.closed;
	await node.logged(/Disconnected from user ada/);
	await expect(line.exec('true')).rejects.toMatchObject({ problem: { code: 'ssh-no-session' } });
});

test('a certificate of the institute’s authority logs in, the key alone does not', async () => {
	const own = account();
	const keygen = (...args: string[]) => execFileSync('ssh-keygen', ['-q', ...args]);
	keygen('-t', 'ed25519', '-N', '', '-f', `${own.folder}/ca`);
	keygen('-t', 'ed25519', '-N', '', '-f', `${own.folder}/key`);
	const node = await sshd({ methods: ['key'], config: [`TrustedUserCAKeys ${own.folder}/ca.pub`] });
	own.write('known_hosts', known(node));
	const ssh = own.ssh(...host('node', node, `IdentityFile ${own.folder}/key`));
	const refused = await opened(ssh, system('node'));
	expect(refused).toMatchObject({
		refused: { state: 'needs-sign-in', methods: [], problem: { code: 'ssh-system-refused' } }
	});
	expect(JSON.stringify(refused)).toContain('It takes: publickey.');
	keygen('-s', `${own.folder}/ca`, '-I', 'ada at home', '-n', 'ada', `${own.folder}/key.pub`);
	const line = await open(ssh, system('node'));
	expect(await output(await line.exec('whoami'))).toBe('ada\n');
	await node.logged(/Accepted certificate ID "ada at home"/);
});

test('a Kerberos ticket logs in; without one it is said what is taken', async () => {
	const kdc = await startKdc(['ada']);
	onTestFinished(() => kdc.stop());
	// the server finds its key table by its environment
	for (const [name, value] of Object.entries(kdc.env)) vi.stubEnv(name, value);
	onTestFinished(() => void vi.unstubAllEnvs());
	const node = await sshd({
		methods: [],
		config: ['GSSAPIAuthentication yes', 'GSSAPIStrictAcceptorCheck no']
	});
	const own = account();
	own.write('known_hosts', known(node).replace('127.0.0.1', 'localhost'));
	const ssh = {
		...own.ssh('Host node', '  HostName localhost', `  Port ${node.port}`, '  GSSAPIAuthentication yes'),
		env: { PATH: process.env.PATH!, ...kdc.env }
	};
	expect(JSON.stringify(await opened(ssh, system('node')))).toContain('gssapi-with-mic. The server offered');
	kdc.ticket('ada');
	const line = await open(ssh, system('node'));
	expect(await output(await line.exec('whoami'))).toBe('ada\n');
	await node.logged(/Accepted gssapi-with-mic for ada/);
	line.close();
	kdc.destroyTicket();
	expect(await opened(ssh, system('node'))).toMatchObject({
		refused: { problem: { code: 'ssh-system-refused' } }
	});
});

test('what cannot be reached or is not known is told in words, and nothing of it asks', async () => {
	const node = await sshd();
	const own = account();
	const closed = await freePort();
	const key = `IdentityFile ${own.write('key', node.privateKey)}`;
	const ssh = own.ssh(
		...host('node', node, key),
		'Host away',
		`  HostName no-such-host.invalid`,
		'Host closed',
		'  HostName 127.0.0.1',
		`  Port ${closed}`
	);
	const problem = async (at: SshAddress, permit?: Permit) => {
		const result = await opened(ssh, at, {}, permit);
		return 'refused' in result && result.refused.state === 'failed' ? result.refused.problem : result;
	};
	expect(await problem(system('node'))).toMatchObject({
		code: 'ssh-host-key-unknown',
		title: 'This server does not know the key of 127.0.0.1.',
		remedy: expect.stringContaining('the people who run this server') as string
	});
	own.write('known_hosts', known(await sshd(), node.port));
	expect(await problem(system('node'))).toMatchObject({
		code: 'ssh-host-key-changed',
		detail: expect.stringContaining(node.fingerprint) as string
	});
	own.write('known_hosts', `@revoked ${known(node)}`);
	expect(await problem(system('node'))).toMatchObject({ code: 'ssh-host-key-revoked' });
	expect(node.logText()).not.toMatch(/for ada|user ada|Accepted publickey/);
	expect(await problem(system('away'))).toMatchObject({ code: 'ssh-host-unknown' });
	expect(await problem(system('closed'))).toMatchObject({ code: 'ssh-port-refused' });
	const denied = { code: 'not-there', title: 'Not there.' };
	own.write('known_hosts', known(node));
	expect(await problem(system('node'), ({ ip }) => (ip === '127.0.0.1' ? denied : undefined))).toEqual(
		denied
	);
	for (const changes of [
		{ host: '-oProxyCommand=touch x' },
		{ host: 'a;b' },
		{ host: '$(id)' },
		{ user: '-x' },
		{ user: 'a b' },
		{ user: '`id`' }
	])
		expect(await problem(system('node', changes))).toMatchObject({ code: 'ssh-address-invalid' });
	expect(await opened({ ...ssh, program: '/nonexistent/ssh' }, system('node'))).toMatchObject({
		refused: { problem: { code: 'ssh-program-missing' } }
	});
	expect(await opened({ config: own.write('bad', 'Nonsense yes\n') }, system('node'))).toMatchObject({
		refused: { problem: { code: 'ssh-configuration' } }
	});
});

test('it is for administrators’ own workspaces, where the operator allows it', async () => {
	const node = await sshd();
	const own = account();
	own.write('known_hosts', known(node));
	const systemSsh = own.ssh(...host('node', node, `IdentityFile ${own.write('key', node.privateKey)}`));
	const refused = { state: 'failed', problem: { code: 'workspace-way-not-offered' } };
	expect(await gateway().connect(system('node'))).toMatchObject(refused);
	expect(await gateway({ systemSsh }).connect(system('node', { privileged: false }))).toMatchObject(refused);
	expect(
		await gateway({ systemSsh }).connect({
			...address(node),
			way: 'system',
			privileged: true,
			host: 'node',
			port: 22
		})
	).toMatchObject({
		state: 'connected'
	});
});

test('a killed master and a half-open line are noticed, and the line comes back', async () => {
	const node = await sshd();
	const relay = await proxy(node.port);
	const own = account();
	own.write('known_hosts', known(node, relay.port));
	const ssh = own.ssh(
		'Host node',
		'  HostName 127.0.0.1',
		`  Port ${relay.port}`,
		`  IdentityFile ${own.write('key', node.privateKey)}`
	);
	const silent = await open(ssh, system('node'), { keepalive: 1000 });
	const waiting = await silent.exec('cat');
	relay.swallow();
	expect(await silent.closed).toMatch(/Timeout, server 127.0.0.1 not responding/);
	expect(await waiting.ended).toEqual({ code: null });

	const killed = await open(ssh, system('node'));
	const running = await killed.exec('cat');
	process.kill(masterOf(own.folder), 'SIGKILL');
	await killed.closed;
	expect(await running.ended).toEqual({ code: null });

	const made = gateway({ systemSsh: ssh });
	const at = system('node');
	await made.connect(at);
	const ear = new Ear();
	made.subscribe(at.id, newId(), 0, ear);
	process.kill(masterOf(own.folder), 'SIGKILL');
	await ear.until(() => ear.links.some(({ state }) => state === 'lost'));
	await ear.until(() => ear.links.at(-1)?.state === 'up');
	await made.disconnect(at.id);
});

/** The process that holds the connection for this configuration. */
function masterOf(folder: string): number {
	const found = readdirSync('/proc').find((pid) => {
		if (!/^\d+$/.test(pid)) return false;
		try {
			const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
			return (
				argv[0]!.endsWith('ssh') && argv.includes(`${folder}/config`) && argv.includes('ControlMaster=yes')
			);
		} catch {
			return false;
		}
	});
	if (!found) throw new Error('there is no master');
	return Number(found);
}
