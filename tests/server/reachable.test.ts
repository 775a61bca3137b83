/** Where servers may be reached: the table of addresses, the list, names that answer twice, and the real thing. */
import dns from 'node:dns';
import { createSocket, type Socket } from 'node:dgram';
import net, { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createGateway } from '#gateway/gateway.ts';
import { newId } from '#lib/model/ids.ts';
import { ipText, readHost, readIp } from '#lib/model/ip-address.ts';
import { judge, reachLine, reachWords, readReachLine, type ReachEntry } from '#lib/model/reach.ts';
import { createReachable } from '#lib/server/reachable.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { startSshd, type Sshd } from '../support/sshd.ts';

/** A list as an administrator types it. */
function list(...lines: string[]): ReachEntry[] {
	return lines.map((line) => {
		const read = readReachLine(line);
		if ('fault' in read) throw new Error(`${line}: ${read.fault}`);
		return read.entry;
	});
}

interface At {
	host?: string;
	port?: number;
	privileged?: boolean;
}

const verdict = (ip: string | undefined, entries: ReachEntry[] = [], at: At = {}) =>
	judge(entries, { host: at.host ?? ip ?? '', port: at.port ?? 22, ip, privileged: at.privileged ?? false });
const open = (ip: string | undefined, entries: ReachEntry[] = [], at: At = {}): boolean =>
	verdict(ip, entries, at).allowed;

describe('without a list', () => {
	test.each([
		['loopback', ['127.0.0.1', '127.0.0.2', '127.1.2.3', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1']],
		['loopback', ['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:7f00:0001']],
		[
			'link-local',
			['169.254.0.1', '169.254.255.254', '::ffff:169.254.1.1', 'fe80::1', 'fe80::1%eth0', 'febf::9']
		],
		['own credentials', ['169.254.169.254', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', 'fd00:ec2::254']],
		['own credentials', ['169.254.170.2', '100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd20:ce::254']],
		['stands for no machine', ['0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0']],
		['multicast', ['224.0.0.1', '239.255.255.250', 'ff02::1', 'ff05::2', '::ffff:224.0.0.1']],
		['broadcast', ['255.255.255.255', '::ffff:255.255.255.255']],
		['another way to write or reach 127.0.0.1', ['::127.0.0.1', '::7f00:1', '64:ff9b::127.0.0.1']],
		[
			'another way to write or reach 127.0.0.1',
			['64:ff9b::7f00:1', '64:ff9b:1::7f00:1', '64:ff9b:1:7f00:0:100::']
		],
		['another way to write or reach 127.0.0.1', ['2002:7f00:1::', '2002:7f00:1::1', '::ffff:0:127.0.0.1']],
		[
			'another way to write or reach 127.0.0.1',
			['2001:0:7f00:1::', '2001:0:808:808::80ff:fffe', 'fc00::5efe:127.0.0.1']
		],
		[
			'another way to write or reach 169.254.169.254',
			['::169.254.169.254', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::']
		],
		[
			'another way to write or reach 169.254.169.254',
			['2001:0:808:808:3:4:5601:5601', 'fe00::200:5efe:a9fe:a9fe']
		]
	])('closed, because %s: %j', (why, addresses) => {
		for (const ip of addresses) {
			expect([ip, verdict(ip)]).toEqual([
				ip,
				{ allowed: false, code: 'address-closed', by: expect.stringContaining(why) as string }
			]);
		}
	});

	test.each([
		['10.1.2.3', '172.16.0.1', '192.168.0.7', '100.64.0.1', '137.226.1.1', '126.255.255.255', '128.0.0.1'],
		[
			'169.253.255.255',
			'169.255.0.1',
			'223.255.255.255',
			'1.0.0.1',
			'8.8.8.8',
			'::ffff:10.0.0.1',
			'::10.0.0.1'
		],
		[
			'2001:db8::1',
			'2a00:1450::1',
			'fd00::1',
			'fe00::1',
			'64:ff9b::8.8.8.8',
			'2002:808:808::1',
			'fd00:ec2::1'
		]
	])('open: %s, %s, %s, %s, %s, %s, %s', (...addresses) => {
		for (const ip of addresses)
			expect([ip, verdict(ip)]).toEqual([ip, expect.objectContaining({ allowed: true })]);
	});

	test('loopback is open for an administrator’s own, and nothing else that is closed', () => {
		for (const ip of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
			expect([ip, open(ip, [], { privileged: true })]).toEqual([ip, true]);
		for (const ip of [
			'169.254.169.254',
			'fe80::1',
			'0.0.0.0',
			'::',
			'64:ff9b::7f00:1',
			'2002:7f00:1::',
			'224.0.0.1'
		])
			expect([ip, open(ip, [], { privileged: true })]).toEqual([ip, false]);
	});

	test('a later hop’s loopback is not ours; metadata stays closed by its address', () => {
		expect(open(undefined, [], { host: 'localhost' })).toBe(true);
		expect(open(undefined, [], { host: '127.0.0.1' })).toBe(true);
		expect(open(undefined, [], { host: '169.254.169.254' })).toBe(false);
		expect(open(undefined, [], { host: '0xa9fea9fe' })).toBe(false);
	});

	test('what is no address is not open', () => {
		for (const ip of ['', 'localhost', '1.2.3.4.5', ':::', '12345::', '::ffff:1.2.3.256'])
			expect(open(ip)).toBe(false);
	});
});

describe('texts that are numbers in other forms', () => {
	const LOOPBACK = [
		'127.0.0.1',
		'2130706433',
		'0x7f000001',
		'0x7f.1',
		'0177.0.0.1',
		'0177.1',
		'127.1',
		'127.0.1'
	];
	const SPELT = [
		'0x7f.0x0.0x0.0x1',
		'017700000001',
		'127.0.0.1.',
		'127.0.0.01',
		'１２７.0.0.1',
		'127。0。0。1',
		'[::ffff:7f00:1]'
	];
	test.each([...LOOPBACK, ...SPELT])('%s is 127.0.0.1', (text) => {
		const host = readHost(text);
		expect(host?.kind === 'ip' && ipText(host.ip)).toBe('127.0.0.1');
		expect(open(undefined, list('*.example', '*node'), { host: text })).toBe(false);
	});

	test('brackets and zones are dropped, names become ASCII, and what a resolver would not take is nothing', () => {
		expect(ipText(readIp('FE80:0::0001%eth0')!)).toBe('fe80::1');
		expect(readHost('Näherung.Example.ORG.')).toEqual({ kind: 'name', name: 'xn--nherung-5wa.example.org' });
		for (const text of [
			'',
			' ',
			'a b',
			'a/b',
			'a%2eb',
			'a@b',
			'a?b',
			'a#b',
			'*.a',
			'256.256.256.256',
			'0x100000000',
			'1::2::3'
		])
			expect([text, readHost(text)]).toEqual([text, null]);
	});
});

describe('a list', () => {
	test('only what it lists: names as they are typed, addresses as they are resolved, ports', () => {
		const entries = list(
			'Node1.Example.org.',
			'*.hpc.example.org 22',
			'gpu*.example.net 2200-2299,22',
			'10.1.0.0/16',
			'2001:db8::/32'
		);
		const at = (host: string, ip: string, port = 22): boolean => open(ip, entries, { host, port });
		expect(at('NODE1.example.ORG.', '137.226.1.1', 4000)).toBe(true);
		expect(at('node2.example.org', '137.226.1.1')).toBe(false);
		expect(at('xnode1.example.org', '137.226.1.1')).toBe(false);
		expect(at('node1.example.org.evil.test', '137.226.1.1')).toBe(false);
		expect(at('login.hpc.example.org', '137.226.1.1')).toBe(true);
		expect(at('a.b.hpc.example.org', '137.226.1.1')).toBe(true);
		expect(at('login.hpc.example.org', '137.226.1.1', 23)).toBe(false);
		expect(at('hpc.example.org', '137.226.1.1')).toBe(false);
		expect(at('loginXhpc.example.org', '137.226.1.1')).toBe(false);
		expect([at('gpu7.example.net', '1.1.1.1', 2250), at('gpu7.example.net', '1.1.1.1', 2300)]).toEqual([
			true,
			false
		]);
		expect(at('gpu.x.example.net', '1.1.1.1')).toBe(false);
		expect([at('10.1.2.3', '10.1.2.3'), at('10.2.2.3', '10.2.2.3'), at('any.name', '10.1.2.3')]).toEqual([
			true,
			false,
			true
		]);
		expect([at('x', '::ffff:10.1.2.3'), at('x', '::10.1.2.3'), at('x', '64:ff9b::a01:203')]).toEqual([
			true,
			false,
			false
		]);
		expect([at('x', '2001:db8:9::1'), at('x', '2001:db9::1')]).toEqual([true, false]);
		expect(verdict('8.8.8.8', entries, { host: 'dns.example' })).toMatchObject({
			code: 'address-not-listed'
		});
	});

	test('a listed name that leads to a closed address is closed, and so are wide networks', () => {
		for (const ip of [
			'127.0.0.1',
			'169.254.169.254',
			'::1',
			'::ffff:127.0.0.1',
			'64:ff9b::7f00:1',
			'0.0.0.0'
		]) {
			for (const entry of [
				'node.example.org',
				'*.org',
				'*',
				'0.0.0.0/0',
				'::/0',
				'126.0.0.0/7',
				'128.0.0.0/1'
			])
				expect([ip, entry, open(ip, list(entry), { host: 'node.example.org' })]).toEqual([ip, entry, false]);
		}
		expect(open('169.254.169.254', list('169.254.0.0/16'))).toBe(false);
		expect(open('169.254.1.1', list('169.254.0.0/16'))).toBe(true);
		expect(open('169.254.169.254', list('169.254.169.254'))).toBe(true);
		expect([open('127.0.0.1', list('127.0.0.1 2222')), open('127.0.0.1', list('127.0.0.1 22'))]).toEqual([
			false,
			true
		]);
		expect(open('::ffff:127.0.0.1', list('127.0.0.0/8'))).toBe(true);
		expect(open('64:ff9b::7f00:1', list('64:ff9b::7f00:1'))).toBe(true);
	});

	test('an administrator’s own reach loopback beside it; a later hop is judged by its text', () => {
		const entries = list('*.example.org', '10.0.0.0/8');
		expect(open('127.0.0.1', entries, { privileged: true })).toBe(true);
		expect(open('137.226.1.1', entries, { host: 'x.net', privileged: true })).toBe(false);
		expect(open('169.254.169.254', entries, { privileged: true })).toBe(false);
		expect(open(undefined, entries, { host: 'node.example.org' })).toBe(true);
		expect([
			open(undefined, entries, { host: '10.9.9.9' }),
			open(undefined, entries, { host: '127.0.0.1' })
		]).toEqual([true, false]);
		expect(open(undefined, entries, { host: 'elsewhere.net' })).toBe(false);
		expect(open('9.9.9.9', list('* 22'), { host: '9.9.9.9' })).toBe(true);
	});

	test('lines are read forgivingly, kept in one spelling, and told what is wrong with them', () => {
		const kept = (line: string) => reachLine(list(line)[0]!);
		expect(kept('  Bücher.example  22,2200-2299 ')).toBe('xn--bcher-kva.example 22,2200-2299');
		expect([kept('10.1.2.3/8 any'), kept('0x7f.1'), kept('[2001:DB8:0::1] 22')]).toEqual([
			'10.0.0.0/8',
			'127.0.0.1',
			'2001:db8::1 22'
		]);
		expect([kept('::ffff:10.0.0.0/104'), kept('127.1/32')]).toEqual(['10.0.0.0/8', '127.0.0.1']);
		for (const line of [
			'a b c',
			'https://a.org',
			'ada@node',
			'node:22',
			'10.0.0.0/33',
			'::/129',
			'10.0.0.0/',
			'node 0',
			'node 70000'
		])
			expect([line, readReachLine(line)]).toEqual([line, { fault: expect.any(String) as string }]);
		for (const line of [
			'node 22-',
			'node 30-20',
			'node 22,',
			'**.a',
			'*.1',
			'a_/b',
			'1.2.3.4/1/2',
			'node ssh'
		])
			expect([line, readReachLine(line)]).toEqual([line, { fault: expect.any(String) as string }]);
		expect(reachWords(list('127.0.0.1 22')[0]!)).toMatch(
			/^the address 127.0.0.1, port 22; this opens loopback to everybody$/
		);
		expect(reachWords(list('0.0.0.0/0')[0]!)).toBe('the addresses 0.0.0.0/0, any port');
	});
});

describe('names', () => {
	/** A DNS server on loopback: each question for a name takes the next of its answers; the last one stays. */
	async function nameServer(zone: Record<string, string[][]>): Promise<{ asked: string[] }> {
		const asked: string[] = [];
		const server: Socket = createSocket('udp4');
		server.on('message', (query, from) => {
			const labels: string[] = [];
			let at = 12;
			for (; query[at] !== 0; at += query[at]! + 1)
				labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
			const question = query.subarray(12, at + 5);
			const name = labels.join('.').toLowerCase();
			asked.push(name);
			const answers = (zone[name]!.length > 1 ? zone[name]!.shift() : zone[name]![0])!;
			const records = answers.map((ip) =>
				Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...ip.split('.').map(Number)])
			);
			const head = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, answers.length, 0, 0, 0, 0]);
			server.send(Buffer.concat([head, question, ...records]), from.port, from.address);
		});
		await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
		const resolver = new dns.Resolver();
		resolver.setServers([`127.0.0.1:${server.address().port}`]);
		const real = dns.lookup;
		const lookup = (name: string, ...rest: unknown[]): void => {
			if (!(name in zone)) return Reflect.apply(real, dns, [name, ...rest]);
			const done = rest.at(-1) as (error: Error | null, found?: unknown) => void;
			resolver.resolve4(name, (error, found) =>
				done(
					error,
					found?.map((address) => ({ address, family: 4 }))
				)
			);
		};
		const spy = vi.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
		onTestFinished(() => {
			spy.mockRestore();
			server.close();
		});
		return { asked };
	}

	/** What a machine on this address hears of a try to connect to `host` there. */
	async function knock(
		host: string,
		entries: ReachEntry[],
		listen: string
	): Promise<{ heard: number; code: string | undefined }> {
		let heard = 0;
		const machine = net.createServer(
			(socket) => (
				heard++,
				socket
					.on('error', () => {})
					.resume()
					.end('no SSH\r\n')
			)
		);
		await new Promise<void>((resolve) => machine.listen(0, listen, resolve));
		const { port } = machine.address() as AddressInfo;
		const rows = { from: () => ({ where: async () => [{ name: 'reach', value: entries }] }) };
		const reachable = createReachable({ db: { select: () => rows } as never, databaseUrl: null });
		await reachable.refresh();
		const gateway = createGateway({
			agentFolder: 'agent',
			permit: reachable.permit
		});
		const result = await gateway.connect({
			...{ kind: 'ssh', id: newId(), name: '', host, port, user: 'ada' },
			...{ jumps: [], trust: [], way: 'ssh', privileged: false, environments: [] }
		});
		await gateway.close();
		await new Promise((resolve) => machine.close(resolve));
		return { heard, code: result.state === 'failed' ? result.problem.code : result.state };
	}

	test('a name of an address in it, and one of several answers that is closed', async () => {
		const { asked } = await nameServer({
			'127.0.0.1.nip.example': [['127.0.0.1']],
			'mixed.example': [['127.0.0.2', '10.255.255.1']],
			'listed.example': [['127.0.0.2']]
		});
		expect(await knock('127.0.0.1.nip.example', [], '127.0.0.1')).toEqual({
			heard: 0,
			code: 'address-closed'
		});
		expect(await knock('127.0.0.1.nip.example', list('*.nip.example'), '127.0.0.1')).toEqual({
			heard: 0,
			code: 'address-closed'
		});
		expect(await knock('mixed.example', [], '127.0.0.2')).toEqual({ heard: 0, code: 'address-closed' });
		expect(await knock('mixed.example', list('127.0.0.2'), '127.0.0.2')).toEqual({
			heard: 0,
			code: 'address-not-listed'
		});
		expect(await knock('listed.example', list('127.0.0.2'), '127.0.0.2')).toEqual({
			heard: 1,
			code: 'ssh-no-banner'
		});
		expect(asked).toHaveLength(5);
	});

	test('DNS rebinding: a name that answers otherwise the second time is asked once, and the checked address is used', async () => {
		const { asked } = await nameServer({ 'rebind.example': [['127.0.0.2'], ['127.0.0.3']] });
		// the list opens the first address only; a second look-up would go to the other
		expect(await knock('rebind.example', list('127.0.0.2'), '0.0.0.0')).toEqual({
			heard: 1,
			code: 'ssh-no-banner'
		});
		expect(asked).toEqual(['rebind.example']);
		expect(await knock('rebind.example', list('127.0.0.2'), '0.0.0.0')).toEqual({
			heard: 0,
			code: 'address-closed'
		});
	});
});

test('the database of the server is closed at its port, by address and by name, to administrators too', async () => {
	const rows = {
		from: () => ({ where: async () => [{ name: 'reach', value: list('127.0.0.1', 'localhost') }] })
	};
	const databaseUrl = 'postgres://ansatz:canary-secret@localhost:5499/ansatz';
	const { permit, refresh, tryOut } = createReachable({ db: { select: () => rows } as never, databaseUrl });
	const target = { host: '127.0.0.1', port: 5499, ip: '127.0.0.1', privileged: true };
	expect(permit(target)?.code).toBe('address-not-listed');
	await refresh();
	const refused = permit(target)!;
	expect(refused.detail).toBe('The database of this server answers there.');
	expect(JSON.stringify(refused)).not.toContain('canary');
	expect(permit({ ...target, ip: '::ffff:127.0.0.1' })?.code).toBe('address-closed');
	expect(permit({ ...target, host: 'LOCALHOST.', ip: undefined })?.code).toBe('address-closed');
	expect(permit({ ...target, port: 22 })).toBeUndefined();
	expect(await tryOut('no-such-host.invalid', 22)).toMatchObject({
		everybody: false,
		problem: { code: 'ssh-host-unknown' }
	});
});

test('a list in the database that cannot be read closes everything', async () => {
	for (const value of [
		null,
		'node',
		[{ host: 'node' }],
		[{ host: 'https://x', ports: [] }],
		[{ host: 'node', ports: [[0, 1]] }]
	]) {
		const rows = { from: () => ({ where: async () => [{ name: 'reach', value }] }) };
		const { permit, refresh } = createReachable({ db: { select: () => rows } as never, databaseUrl: null });
		await refresh();
		expect(permit({ host: '8.8.8.8', port: 22, ip: '8.8.8.8', privileged: true })?.code).toBe(
			'address-not-listed'
		);
	}
});

describe('a running server', () => {
	let server: ServerProcess;
	let seed: Seed;
	let sshd: Sshd;
	let admin: SeededPerson;
	let bob: SeededPerson;
	beforeAll(async () => {
		[server, sshd] = await Promise.all([startServer(), startSshd()]);
		// a fresh installation: nothing is opened for the tests
		seed = await openSeed({ dataDir: server.dataDir });
		admin = await seed.person('ada', { admin: true });
		bob = await seed.person('bob');
	}, 60_000);
	afterAll(async () => {
		await seed?.close();
		await server?.end();
		await sshd?.stop();
	});

	async function call(
		person: SeededPerson,
		method: string,
		path: string,
		body?: unknown
	): Promise<Record<string, unknown>> {
		const answer = await fetch(server.origin + path, {
			method,
			headers: { Authorization: `Bearer ${person.token}`, 'Content-Type': 'application/json' },
			...(body === undefined ? {} : { body: JSON.stringify(body) })
		});
		return { status: answer.status, ...((await answer.json()) as object) };
	}

	test('nobody but administrators gets to its loopback, until they list it', async () => {
		const connect = async (host: string) => {
			const fields = { name: 'node', host, port: sshd.port, user: sshd.user };
			const { id } = await call(bob, 'POST', '/api/workspaces', fields);
			return call(bob, 'POST', `/api/workspaces/${String(id)}/connect`, {});
		};
		for (const host of [
			'127.0.0.1',
			'localhost',
			'2130706433',
			'0x7f.1',
			'[::ffff:127.0.0.1]',
			'127.0.0.1%lo'
		])
			expect([host, await connect(host)]).toEqual([
				host,
				expect.not.objectContaining({ state: 'host-key-unknown' })
			]);
		expect(await connect('127.0.0.1')).toMatchObject({
			state: 'failed',
			problem: {
				code: 'address-closed',
				title: `This server does not connect to 127.0.0.1, port ${sshd.port}.`,
				detail: '127.0.0.1 is a loopback address: the server itself.',
				remedy: expect.stringContaining('Administrators') as string
			}
		});
		expect(sshd.logText()).not.toContain('Connection from');

		const trial = { host: 'localhost', port: sshd.port };
		expect(await call(bob, 'POST', '/api/settings/reach-test', trial)).toMatchObject({ status: 403 });
		expect(await call(admin, 'POST', '/api/settings/reach-test', trial)).toMatchObject({
			everybody: false,
			administrators: true
		});
		const reach = [{ host: '127.0.0.1', ports: [[sshd.port, sshd.port]] }];
		expect(
			await call(admin, 'POST', '/api/settings/reach-test', { host: '127.1', port: sshd.port, reach })
		).toMatchObject({
			everybody: true,
			addresses: [{ ip: '127.0.0.1', rule: `listed as 127.0.0.1 ${sshd.port}` }],
			problem: null
		});
		for (const wrong of [
			[{ host: 'node:22' }],
			[{ host: 'node', ports: [[0, 1]] }],
			[{ host: 'node', ports: [22] }],
			'node'
		])
			expect(await call(admin, 'PUT', '/api/settings', { reach: wrong })).toMatchObject({ status: 400 });
		expect(await call(bob, 'PUT', '/api/settings', { reach })).toMatchObject({ status: 403 });
		expect(await call(admin, 'PUT', '/api/settings', { reach })).toMatchObject({ status: 200, reach });
		expect(await connect('127.0.0.1')).toMatchObject({
			state: 'host-key-unknown',
			fingerprint: sshd.fingerprint
		});
		expect(await connect('2130706433')).toMatchObject({ state: 'host-key-unknown' });
		await sshd.logged(/Connection from 127.0.0.1/);

		await server.stop();
		server = await server.restart();
		expect(await connect('127.0.0.1')).toMatchObject({ state: 'host-key-unknown' });
		expect(await call(admin, 'PUT', '/api/settings', { reach: [] })).toMatchObject({ reach: [] });
		expect(await connect('127.0.0.1')).toMatchObject({ problem: { code: 'address-closed' } });
	}, 60_000);
});
