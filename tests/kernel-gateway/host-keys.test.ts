import { expect, test } from 'vitest';
import type { HostTrust } from '#lib/model/workspace.ts';
import { hostKeyAlgorithms, judge } from '#gateway/host-key.ts';
import { trusting } from '../support/sshd.ts';
import { address, gateway, hop, password, shared, sshd, UNKNOWN } from './harness.ts';

const servers = shared({ many: { hostKeys: ['ed25519', 'rsa', 'ecdsa'], password: 'of many keys' } });

const key = (keyType: string, fingerprint: string) => ({ keyType, fingerprint });
const ED = key('ssh-ed25519', 'SHA256:ed');
const RSA = key('ssh-rsa', 'SHA256:rsa');

test.each<[string, Partial<HostTrust>, object, object]>([
	['nothing is known', {}, ED, { is: 'unknown' }],
	['accepted', { accepted: [RSA, ED] }, ED, { is: 'known' }],
	['only the fingerprint was recorded', { accepted: [key('', ' SHA256:ed= ')] }, ED, { is: 'known' }],
	['another was accepted', { accepted: [RSA] }, ED, { is: 'changed', expected: 'SHA256:rsa', pinned: false }],
	[
		'another of its type was accepted',
		{ accepted: [RSA, key('ssh-ed25519', 'SHA256:old')] },
		ED,
		{ is: 'changed', expected: 'SHA256:old', pinned: false }
	],
	[
		'only keys nobody can ask for are known',
		{ accepted: [key('sk-ssh-ed25519@openssh.com', 'SHA256:sk')] },
		ED,
		{ is: 'unknown' }
	],
	['pinned', { pinned: [ED], accepted: [RSA] }, ED, { is: 'known' }],
	[
		'accepted, but another is pinned',
		{ pinned: [RSA], accepted: [ED] },
		ED,
		{ is: 'changed', expected: 'SHA256:rsa', pinned: true }
	],
	[
		'revoked, though pinned and accepted',
		{ pinned: [ED], accepted: [ED], revoked: ['SHA256:ed'] },
		ED,
		{ is: 'revoked' }
	]
])('%s', (_, trust, shown, verdict) => {
	expect(judge({ ...UNKNOWN, ...trust }, shown as typeof ED)).toEqual(verdict);
});

test('the types known for a host are asked for first', () => {
	expect(hostKeyAlgorithms({ ...UNKNOWN, accepted: [RSA] }).slice(0, 4)).toEqual([
		...['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa', 'ssh-ed25519']
	]);
	expect(hostKeyAlgorithms({ ...UNKNOWN, accepted: [RSA], pinned: [ED] })[0]).toBe('ssh-ed25519');
	expect(hostKeyAlgorithms(UNKNOWN)[0]).toBe('ssh-ed25519');
});

test('a host with keys of several types is the one it was, whichever of them was accepted', async () => {
	const { many } = servers;
	const made = gateway();
	for (const accepted of many.hostKeys) {
		const at = address(many, { trust: [{ ...UNKNOWN, accepted: [accepted] }] });
		expect(await made.connect(at, password(many))).toMatchObject({
			...{ state: 'connected', hostKey: accepted.fingerprint }
		});
	}
	expect(await made.connect(address(many, { trust: [UNKNOWN] }))).toMatchObject(many.hostKeys[0]!);
});

test('pinned and revoked keys decide before anything is said about the account', async () => {
	const made = gateway();
	const server = await sshd();
	const { many } = servers;
	const at = address(server);
	const wrong = { ...trusting(server), pinned: trusting(many).accepted };
	expect(await made.connect({ ...at, trust: [wrong] }, password(server))).toEqual({
		...{ state: 'host-key-changed', hop: 0, ...hop(server), fingerprint: server.fingerprint },
		...{ keyType: 'ssh-ed25519', expected: many.fingerprint, pinned: true }
	});
	const revoked = { ...trusting(server), revoked: [server.fingerprint] };
	expect(await made.connect({ ...at, trust: [revoked] }, password(server))).toMatchObject({
		...{ state: 'failed', problem: { code: 'ssh-host-key-revoked' } }
	});
	await server.logged(/(Disconnected|Connection).*\[preauth\][^]*(Disconnected|Connection).*\[preauth\]/);
	expect(server.logText()).not.toMatch(/ada/);
	const pinned = { ...UNKNOWN, pinned: trusting(server).accepted };
	expect(await made.connect({ ...at, trust: [pinned] }, password(server))).toMatchObject({
		state: 'connected'
	});
	// a line that lives is no reason to go on with a key that has been revoked since
	expect(await made.connect({ ...at, trust: [revoked] })).toMatchObject({ state: 'failed' });
	expect(made.isConnected(at.id)).toBe(false);
});
