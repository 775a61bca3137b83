import { expect, test } from 'vitest';
import { AccountLogins, readLogin } from '#gateway/login.ts';
import { address, Ear, gateway, password, proxy, shared } from './harness.ts';

const servers = shared({ plain: { password: 'canary of the account' } });
const FAST = { backoffFirst: 5, backoffLongest: 50 };

async function connected(timing: object) {
	const { plain: server } = servers;
	const made = gateway({ timing: { ...FAST, ...timing } });
	const relay = await proxy(server.port);
	const at = address(server, { port: relay.port });
	expect(await made.connect(at, password(server))).toMatchObject({ state: 'connected' });
	const ear = new Ear();
	made.subscribe(at.id, 'none', 0, ear);
	await ear.until(() => ear.links.at(-1)?.problem?.code === 'agent-no-kernel');
	return { server, made, relay, at, ear };
}

test('secrets that were forgotten leave the line up, and a broken one down', async () => {
	const { made, relay, at, ear } = await connected({});
	relay.cut();
	await ear.until(() => ear.links.some(({ state }) => state === 'up'));
	made.forgetSecrets(at.id);
	expect(made.isConnected(at.id)).toBe(true);
	expect(await made.kernels(at.id)).toEqual([]);
	relay.cut();
	await ear.until(() => ear.links.at(-1)?.problem?.code === 'workspace-sign-in-again');
	expect(ear.links.at(-1)!.state).toBe('closed');
	expect(await made.connect(at)).toMatchObject({ state: 'needs-sign-in' });
});

test('secrets are forgotten by themselves when nobody has done anything for long', async () => {
	const { server, made, relay, at, ear } = await connected({ secrets: 1 });
	relay.cut();
	await ear.until(() => ear.links.at(-1)?.problem?.code === 'workspace-sign-in-again');
	// and what was given for a try that did not end in a line
	const impatient = gateway({ timing: { secretsUnused: 1 } });
	const there = address(server, { port: relay.port, environments: [] });
	relay.refuse(true);
	expect(await impatient.connect(there, password(server))).toMatchObject({ state: 'failed' });
	await new Promise((resolve) => setTimeout(resolve, 5));
	relay.refuse(false);
	expect(await impatient.connect(there)).toMatchObject({ state: 'needs-sign-in' });
	expect(await made.connect(at)).toMatchObject({ state: 'needs-sign-in' });
});

test('a password is overwritten in memory when it is dropped, replaced or forgotten', () => {
	for (const end of ['drop', 'replace', 'forget', 'wipe', 'ask instead'] as const) {
		const logins = new AccountLogins();
		const read = readLogin({ kind: 'password', password: 'canary' });
		if (!('login' in read) || read.login.kind !== 'password') throw new Error('no password');
		const { login } = read;
		logins.add(login);
		const { bytes } = login.password;
		expect(String(bytes)).toBe('canary');
		expect(JSON.stringify([logins, login])).not.toContain('canary');
		if (end === 'drop') logins.drop(login);
		else if (end === 'replace') logins.add({ ...login, password: login.password });
		else if (end === 'ask instead') logins.add({ kind: 'interactive' });
		else logins[end]();
		expect(bytes.every((byte) => byte === 0)).toBe(true);
	}
});
