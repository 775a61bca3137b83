import { expect, test } from 'vitest';
import { newId } from '#lib/model/ids.ts';
import { trusting } from '../support/sshd.ts';
import { address, Ear, gateway, ipykernel, password, proxy, pythonFolders, run, sshd } from './harness.ts';

const FAST = { backoffFirst: 5, backoffLongest: 50 };

/** A kernel on a real server, reached through a relay that the test can harm. */
async function onSsh(timing: object = FAST) {
	const server = await sshd({ readable: pythonFolders() });
	const relay = await proxy(server.port);
	const made = gateway({ timing });
	const at = address(server, { port: relay.port });
	expect(await made.connect(at, password(server))).toMatchObject({ state: 'connected' });
	const kernel = newId();
	await made.start(at.id, kernel, await ipykernel(made, at), {});
	const ear = new Ear();
	const subscription = made.subscribe(at.id, kernel, 0, ear);
	return { server, relay, made, at, kernel, ear, subscription };
}

function expectEachOnce(ear: Ear): void {
	expect(ear.heard.map(({ seq }) => seq)).toEqual(ear.heard.map((_, index) => index + 1));
}

test('a kernel on an SSH account computes', async () => {
	const { made, at, kernel, ear } = await onSsh();
	const { id } = run(made, at.id, kernel, '1+1');
	expect((await ear.finished(id)).content).toMatchObject({ status: 'ok' });
	expect(ear.heard.find(({ type }) => type === 'execute_result')).toMatchObject({
		parent: id,
		channel: 'iopub',
		content: { data: { 'text/plain': '2' } },
		buffers: []
	});
	expectEachOnce(ear);
	expect(await made.kernels(at.id)).toEqual([
		{ kernel, state: 'alive', lastSeq: expect.any(Number), job: null }
	]);
	await expect(made.forget(at.id, kernel)).rejects.toMatchObject({
		status: 409,
		problem: { code: 'agent-alive' }
	});
	await made.shutdown(at.id, kernel);
	await ear.until(() => ear.heard.some(({ channel, type }) => channel === 'agent' && type === 'died'));
	await made.forget(at.id, kernel);
	expect(await made.kernels(at.id)).toEqual([]);
	await expect(made.interrupt(at.id, kernel)).rejects.toMatchObject({
		status: 404,
		problem: { code: 'agent-no-kernel' }
	});
});

test('a kernel is interrupted', async () => {
	const { made, at, kernel, ear } = await onSsh();
	const { id } = run(made, at.id, kernel, 'print("on", flush=True)\nimport time\ntime.sleep(1000)');
	await ear.until(() => ear.printed(id) === 'on\n');
	await made.interrupt(at.id, kernel);
	expect((await ear.finished(id)).content).toMatchObject({ status: 'error', ename: 'KeyboardInterrupt' });
});

test('F7: the link is cut four times during a run, and every line comes once and in order', async () => {
	const { relay, made, at, kernel, ear, subscription } = await onSsh();
	const lines = 600;
	const code = `import time\nfor i in range(${lines}):\n    print(i, flush=True)\n    time.sleep(0.005)`;
	const { id, sent } = run(made, at.id, kernel, code);
	await sent;
	for (const cut of [1, 2, 3, 4]) {
		const before = ear.heard.length;
		await ear.until(() => ear.heard.length >= before + 20);
		const { seq } = ear.heard.at(-1)!;
		subscription.acknowledge(seq, seq);
		relay.cut();
		await ear.until(() => ear.links.filter(({ state }) => state === 'lost').length === cut);
		await ear.until(() => ear.links.at(-1)?.state === 'up');
	}
	expect((await ear.finished(id)).content).toMatchObject({ status: 'ok' });
	expect(ear.printed(id)).toBe(Array.from({ length: lines }, (_, index) => `${index}\n`).join(''));
	expectEachOnce(ear);
	expect(ear.links.map(({ state }) => state).filter((state) => state === 'lost')).toHaveLength(4);
});

test('F7: a line that swallows everything is noticed, and what was sent into it runs once', async () => {
	const { relay, made, at, kernel, ear } = await onSsh({ ...FAST, ping: 50, silence: 300 });
	await ear.finished(run(made, at.id, kernel, 'n = 0').id);
	relay.swallow();
	const { id, sent } = run(made, at.id, kernel, 'n += 1\nprint(n)');
	const reading = made.kernels(at.id);
	await expect(reading).rejects.toMatchObject({ status: 503, problem: { code: 'workspace-lost' } });
	await sent;
	await ear.finished(id);
	expect(ear.printed(id)).toBe('1\n');
	await made.send(at.id, kernel, {
		channel: 'shell',
		msgId: id,
		msgType: 'execute_request',
		content: { code: 'n += 1' }
	});
	const last = run(made, at.id, kernel, 'print(n)');
	await ear.finished(last.id);
	expect(ear.printed(last.id)).toBe('1\n');
	expectEachOnce(ear);
});

test('SSH itself notices a dead line when the agent is not asked', async () => {
	const { relay, ear } = await onSsh({ ...FAST, keepalive: 50, ping: 100_000, silence: 100_000 });
	relay.swallow();
	await ear.until(() => ear.links.some(({ state }) => state === 'lost'));
	await ear.until(() => ear.links.at(-1)?.state === 'up');
});

test('what may be repeated waits for the line, and not for ever', async () => {
	const { relay, made, at, kernel, ear } = await onSsh({ ...FAST, resend: 100 });
	relay.refuse(true);
	relay.cut();
	await ear.until(() => ear.links.at(-1)?.state === 'lost');
	await expect(made.interrupt(at.id, kernel)).rejects.toMatchObject({
		status: 503,
		problem: { code: 'workspace-lost' }
	});
	await expect(run(made, at.id, kernel, '1').sent).rejects.toMatchObject({ status: 503 });
	relay.refuse(false);
	await ear.until(() => ear.links.at(-1)?.state === 'up');
	await run(made, at.id, kernel, '1').sent;
});

test('two connects at the same time make one connection', async () => {
	const server = await sshd();
	const made = gateway();
	const at = address(server);
	const both = await Promise.all([
		made.connect(at, password(server)),
		made.connect(at, password(server)),
		made.connect(at)
	]);
	expect(both.map(({ state }) => state)).toEqual(['connected', 'connected', 'connected']);
	await made.kernels(at.id);
	expect(server.logText().match(/Accepted password/g)).toHaveLength(1);
	expect(server.logText().match(/Starting session/g)).toHaveLength(1);
});

test('a connect without a password does not stand in the way of one with it', async () => {
	const server = await sshd();
	const made = gateway();
	const at = address(server);
	const [without, withIt] = await Promise.all([made.connect(at), made.connect(at, password(server))]);
	expect([without.state, withIt.state]).toEqual(['needs-sign-in', 'connected']);
});

test('disconnect forgets who logged in; the kernel lives on and is heard again after the next sign-in', async () => {
	const { server, made, at, kernel, ear } = await onSsh();
	const { id } = run(made, at.id, kernel, 'x = 41');
	await ear.finished(id);
	await made.disconnect(at.id);
	expect(ear.links.at(-1)).toEqual({ state: 'closed', problem: undefined });
	expect(made.isConnected(at.id)).toBe(false);
	await expect(made.kernels(at.id)).rejects.toMatchObject({
		status: 503,
		problem: { code: 'workspace-not-connected' }
	});
	expect(await made.connect(at)).toMatchObject({ state: 'needs-sign-in', methods: ['password', 'key'] });
	const late = new Ear();
	made.subscribe(at.id, kernel, 0, late);
	await late.until(() => late.links.at(-1)?.state === 'closed');
	expect(await made.connect(at, password(server))).toMatchObject({ state: 'connected' });
	const next = run(made, at.id, kernel, 'x + 1');
	await Promise.all([ear.finished(next.id), late.finished(next.id)]);
	expect(
		ear.heard.find(({ type, parent }) => type === 'execute_result' && parent === next.id)?.content.data
	).toEqual({
		'text/plain': '42'
	});
	expectEachOnce(ear);
	expectEachOnce(late);
});

test('a credential that is refused at a reconnect ends the trying', async () => {
	const server = await sshd();
	const relay = await proxy(server.port);
	const made = gateway({ timing: FAST });
	const at = address(server, { port: relay.port });
	expect(await made.connect(at, password(server))).toMatchObject({ state: 'connected' });
	const ear = new Ear();
	made.subscribe(at.id, 'none', 0, ear);
	await ear.until(() => ear.links.at(-1)?.problem?.code === 'agent-no-kernel');
	relay.refuse(true);
	await server.stop();
	const changed = await sshd({ port: server.port });
	relay.refuse(false);
	await ear.until(() => ear.links.at(-1)?.problem?.code === 'ssh-host-key-changed');
	expect(ear.links.at(-1)!.state).toBe('closed');
	expect(await made.connect({ ...at, trust: [trusting(changed)] })).toMatchObject({
		state: 'needs-sign-in'
	});
});

test('five megabytes pass while another kernel is not listened to', async () => {
	const { made, at, kernel, ear } = await onSsh();
	const { id } = run(made, at.id, kernel, 'for i in range(50): print("x" * 100_000)');
	await ear.finished(id);
	expect(ear.printed(id)).toHaveLength(50 * 100_001);
	expectEachOnce(ear);
});
