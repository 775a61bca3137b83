/** Where the operator allows it, administrators reach workspaces by the ssh program of the server; nobody else does. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSeed, type SeededPerson } from '../support/people.ts';
import { startServer } from '../support/server-process.ts';
import { startSshd } from '../support/sshd.ts';

test('an administrator connects to an alias of the server’s configuration; others are not offered it', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'server-ssh-'));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	const sshd = await startSshd();
	onTestFinished(() => sshd.stop());
	writeFileSync(join(folder, 'key'), sshd.privateKey, { mode: 0o600 });
	const key = readFileSync(join(sshd.home, '../../host_key_ed25519.pub'), 'utf8');
	writeFileSync(join(folder, 'known_hosts'), `[127.0.0.1]:${sshd.port} ${key}`);
	const lines = ['Host cluster', 'HostName 127.0.0.1', `Port ${sshd.port}`, `IdentityFile ${folder}/key`];
	writeFileSync(
		join(folder, 'config'),
		[...lines, `UserKnownHostsFile ${folder}/known_hosts`, ''].join('\n')
	);
	// stands for the configuration of the account, which is root's here
	writeFileSync(join(folder, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${folder}/config "$@"\n`, {
		mode: 0o755
	});
	const server = await startServer({ env: { SERVER_SSH: 'system', PATH: `${folder}:${process.env.PATH}` } });
	onTestFinished(() => server.end());
	const seed = await openSeed({ dataDir: server.dataDir });
	onTestFinished(() => seed.close());
	const [ada, bob] = [await seed.person('ada', { admin: true }), await seed.person('bob')];
	const call = async (person: SeededPerson, method: string, path: string, body?: object) => {
		const answer = await fetch(`${server.origin}/api/workspaces${path}`, {
			method,
			headers: { Authorization: `Bearer ${person.token}`, 'Content-Type': 'application/json' },
			...(body ? { body: JSON.stringify(body) } : {})
		});
		return (await answer.json()) as Record<string, unknown>;
	};
	expect(await call(ada, 'GET', '')).toMatchObject({ ways: { system: true, agent: false } });
	expect(await call(bob, 'GET', '')).toMatchObject({ ways: { system: false, agent: false } });
	const fields = { name: 'Cluster', host: 'cluster', user: sshd.user, way: 'system' };
	expect(await call(bob, 'POST', '', fields)).toMatchObject({ status: 403, code: 'way-not-allowed' });
	const { id } = await call(ada, 'POST', '', fields);
	expect(await call(ada, 'POST', `/${String(id)}/connect`, {})).toMatchObject({
		state: 'connected',
		user: sshd.user
	});
	expect(await call(ada, 'GET', '')).toMatchObject({
		workspaces: expect.arrayContaining([expect.objectContaining({ id, state: 'connected' })]) as unknown
	});
	expect(sshd.logText().match(/Accepted publickey/g)).toHaveLength(1);
	await server.stop();
	await sshd.logged(/Disconnected from user/);
}, 60_000);
