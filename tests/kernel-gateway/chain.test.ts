import { once } from 'node:events';
import net from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { TIMING } from '#gateway/timing.ts';
import { startSshd, trusting } from '../support/sshd.ts';
import { checkList, Ear, gateway, hop, password, proxy, shared, through, UNKNOWN } from './harness.ts';

const servers = shared({
	gate: { user: 'gatekeeper', password: 'of the gate 1' },
	node: { user: 'ada', password: 'of the node 2' }
});

/** What a server logs of somebody who wants to log in. */
const userauth = (user: string) => new RegExp(`(password|publickey|keyboard|none|user|for) .*${user}`, 'i');

test('through a jump host with a password of its own: asked once a hop, each key accepted by itself', async () => {
	const { gate, node } = servers;
	const made = gateway();
	const relay = await proxy(node.port);
	const at = { ...through(gate, node), port: relay.port };
	const checks = checkList();
	expect(await made.connect({ ...at, trust: [UNKNOWN, UNKNOWN] })).toMatchObject({
		...{ state: 'host-key-unknown', hop: 0, ...hop(gate), fingerprint: gate.fingerprint }
	});
	expect(await made.connect({ ...at, trust: [trusting(gate), UNKNOWN] })).toMatchObject({
		...{ state: 'needs-sign-in', hop: 0, ...hop(gate) }
	});
	expect(await made.connect({ ...at, trust: [trusting(gate), UNKNOWN] }, password(gate))).toMatchObject({
		...{ state: 'host-key-unknown', hop: 1, port: relay.port, fingerprint: node.fingerprint }
	});
	expect(await made.connect(at)).toMatchObject({ state: 'needs-sign-in', hop: 1, user: node.user });
	expect(await made.connect(at, password({ password: 'no' }, 1))).toMatchObject({
		...{ state: 'needs-sign-in', hop: 1, problem: { code: 'ssh-password-refused' } }
	});
	const result = await made.connect(at, { ...password(node, 1), onCheck: checks.onCheck });
	expect(result).toMatchObject({ state: 'connected', user: 'ada', hostKey: node.fingerprint });
	const hops = [0, 1].flatMap((at) => [`reachable ${at} ok`, `host-key ${at} ok`, `sign-in ${at} ok`]);
	expect(checks.states()).toEqual([...hops, 'shell ok', 'python ok', 'agent ok']);
	expect(await made.connect(at)).toMatchObject({ state: 'connected' });
	expect(gate.logText().match(/Failed password/g)).toBeNull();
	expect(node.logText()).not.toMatch(/gatekeeper/);

	// the line is lost behind the jump host's back: it comes again by itself, at both hops
	const ear = new Ear();
	made.subscribe(at.id, 'none', 0, ear);
	await ear.until(() => ear.links.at(-1)?.problem?.code === 'agent-no-kernel');
	const logins = gate.logText().match(/Accepted password/g)!.length;
	relay.cut();
	await ear.until(() => ear.links.some(({ state }) => state === 'lost'));
	await ear.until(() => ear.links.filter(({ state }) => state === 'up').length > 0);
	expect(gate.logText().match(/Accepted password/g)!.length).toBeGreaterThan(logins);
	await made.disconnect(at.id);
	expect(await made.connect(at)).toMatchObject({ state: 'needs-sign-in', hop: 0 });
});

test('T11: a changed key at a jump host stops everything; one behind it stops what is meant for that host', async () => {
	const { gate, node } = servers;
	const strange = await startSshd({ user: 'gatekeeper', password: gate.password });
	const other = await startSshd({ user: 'ada', password: node.password });
	onTestFinished(async () => {
		await Promise.all([strange.stop(), other.stop()]);
	});
	const made = gateway();
	const at = through(strange, node);
	const checks = checkList();
	expect(
		await made.connect(
			{ ...at, trust: [trusting(gate), trusting(node)] },
			{ ...password(gate), onCheck: checks.onCheck }
		)
	).toMatchObject({
		...{ state: 'host-key-changed', hop: 0, fingerprint: strange.fingerprint, expected: gate.fingerprint }
	});
	expect(checks.states()).toEqual(['reachable 0 ok', 'host-key 0 failed']);
	await strange.logged(/(Disconnected|Connection).*\[preauth\]/);
	expect(strange.logText()).not.toMatch(userauth('gatekeeper'));
	// what was given for a host that answers with another key is gone
	expect(await made.connect(at)).toMatchObject({ state: 'needs-sign-in', hop: 0 });

	const behind = { ...through(gate, other), trust: [trusting(gate), trusting(node)] };
	expect(await made.connect(behind, password(gate))).toMatchObject({ state: 'host-key-changed', hop: 1 });
	expect(await made.connect(behind, password(node, 1))).toMatchObject({ state: 'needs-sign-in', hop: 0 });
	await made.connect({ ...behind, id: 'again' }, password(gate));
	await other.logged(/(Disconnected|Connection).*\[preauth\]/);
	expect(other.logText()).not.toMatch(userauth('ada'));
});

test('the rules for addresses are asked for every hop before anything is connected', async () => {
	const { gate, node } = servers;
	const asked: (string | undefined)[] = [];
	const problem = { code: 'not-there', title: 'Not there.' };
	const made = gateway({
		permit({ host, port, ip, privileged }) {
			asked.push(`${host} ${ip} ${privileged}`);
			return port === node.port ? problem : undefined;
		}
	});
	const at = { ...through(gate, node), privileged: true };
	const before = gate.logText().length;
	expect(await made.connect(at, password(gate))).toEqual({ state: 'failed', problem });
	expect(await made.connect({ ...at, host: 'node.invalid' }, password(gate))).toMatchObject({ problem });
	expect(asked).toEqual(['127.0.0.1 undefined true', 'node.invalid undefined true']);
	expect(gate.logText().slice(before)).not.toContain('Connection from');
});

test('a jump host that leads no further says why', async () => {
	const { gate, node } = servers;
	const closed = await startSshd({ user: 'porter', config: ['AllowTcpForwarding no'] });
	onTestFinished(() => closed.stop());
	const made = gateway();
	expect(await made.connect(through(closed, node), password(closed))).toMatchObject({
		problem: { code: 'ssh-hop-unreachable', detail: expect.stringContaining('not allowed') }
	});
	const nowhere = { ...through(gate, node), port: 1 };
	expect(await made.connect(nowhere, password(gate))).toMatchObject({
		problem: { code: 'ssh-hop-unreachable', detail: expect.stringContaining('refused') }
	});
});

test('a port of the workspace is reached through the hops, and ends with the line', async () => {
	const { gate, node } = servers;
	const service = net.createServer((socket) => socket.pipe(socket));
	await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
	onTestFinished(() => void service.close());
	const { port } = service.address() as net.AddressInfo;
	const made = gateway();
	const at = through(gate, node);
	await expect(made.dial(at.id, port)).rejects.toMatchObject({ status: 503 });
	await made.connect(at, password(gate));
	expect(await made.connect(at, password(node, 1))).toMatchObject({ state: 'connected' });
	const wire = await made.dial(at.id, port);
	wire.write('there and back');
	expect(String((await once(wire, 'data'))[0])).toBe('there and back');
	await expect(made.dial(at.id, 1)).rejects.toMatchObject({ problem: { code: 'workspace-port-refused' } });
	// One that listens on IPv6 alone.
	const other = net.createServer((socket) => socket.end('by IPv6'));
	await new Promise<void>((resolve) => other.listen({ host: '::1', port: 0, ipv6Only: true }, resolve));
	onTestFinished(() => void other.close());
	const third = await made.dial(at.id, (other.address() as net.AddressInfo).port);
	expect(String((await once(third, 'data'))[0])).toBe('by IPv6');
	const ended = once(wire, 'close');
	await made.disconnect(at.id);
	await ended;
});

test('F: a line that is half open is noticed at either end of a chain, with the usual times in 45 s', async () => {
	// a sign of life is asked for every `keepalive`, and the fourth that is due ends the line
	expect(4 * TIMING.keepalive).toBeLessThanOrEqual(45_000);
	// a line falls silent just after a sign of life: it ends at the first look later than `silence`
	expect(TIMING.silence + TIMING.ping).toBeLessThanOrEqual(45_000);
	const { gate, node } = servers;
	const relays = [await proxy(gate.port), await proxy(node.port)];
	const base = through(gate, node);
	const at = { ...base, port: relays[1]!.port, jumps: [{ ...base.jumps[0]!, port: relays[0]!.port }] };
	const made = gateway({
		timing: { keepalive: 100, ping: 100_000, silence: 100_000, backoffFirst: 5, backoffLongest: 50 }
	});
	await made.connect(at, password(gate));
	expect(await made.connect(at, password(node, 1))).toMatchObject({ state: 'connected' });
	const ear = new Ear();
	made.subscribe(at.id, 'none', 0, ear);
	for (const [index, relay] of relays.entries()) {
		relay.swallow();
		await ear.until(() => ear.links.filter(({ state }) => state === 'lost').length > index);
		await ear.until(() => ear.links.filter(({ state }) => state === 'up').length > index);
	}
});
