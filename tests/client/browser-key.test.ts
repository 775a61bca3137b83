/** Keys of the browser, against the WebCrypto they use there and OpenSSH's own reading of them. */
import { execFileSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { accountOf, browserName, keyObstacle, makeBrowserKey, signLogin } from '#lib/client/browser-key.ts';
import type { BrowserKey } from '#lib/client/key-shelf.ts';
import { authorizedKeysLine, fromBase64, toBase64, wireStrings } from '#lib/client/ssh-wire.ts';
import type { Ask } from '#lib/model/ask.ts';

const ABOUT = { workspace: 'w', name: 'Cluster', hop: 0, host: 'login.example', port: 22, user: 'ada' };
const SESSION = new Uint8Array(32).fill(7);

afterEach(() => vi.restoreAllMocks());

/** What the browser lacks. */
function without(...names: string[]): void {
	const generate = crypto.subtle.generateKey.bind(crypto.subtle) as (
		...all: unknown[]
	) => Promise<CryptoKeyPair>;
	vi.spyOn(crypto.subtle, 'generateKey').mockImplementation(((how: { name: string }, ...rest: unknown[]) =>
		names.includes(how.name)
			? Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError'))
			: generate(how, ...rest)) as never);
}

/** The data of RFC 4252 section 7, with any part of it replaced. */
function login(key: BrowserKey, change: Record<string, string | Uint8Array> = {}): Uint8Array {
	const part = (name: string, usual: string | Uint8Array): Uint8Array => wireStrings(change[name] ?? usual);
	const byte = (name: string, usual: number): Uint8Array =>
		name in change ? (change[name] as Uint8Array) : Uint8Array.of(usual);
	return Buffer.concat([
		part('session', SESSION),
		byte('message', 50),
		part('user', 'ada'),
		part('service', 'ssh-connection'),
		part('method', 'publickey'),
		byte('signed', 1),
		part('algorithm', key.algorithm),
		part('key', fromBase64(key.publicKey)),
		(change.rest as Uint8Array | undefined) ?? new Uint8Array()
	]);
}

function ask(key: BrowserKey, data: Uint8Array): Extract<Ask, { kind: 'signature' }> {
	return {
		kind: 'signature',
		about: ABOUT,
		key: key.fingerprint,
		algorithm: key.algorithm,
		data: toBase64(data)
	};
}

describe.each<['ssh-ed25519' | 'ecdsa-sha2-nistp256', string[]]>([
	['ssh-ed25519', []],
	['ecdsa-sha2-nistp256', ['Ed25519']]
])('%s', (algorithm, lacking) => {
	test('cannot be exported, reads in OpenSSH with the same fingerprint, and its signature of a login is right', async () => {
		without(...lacking);
		const key = await makeBrowserKey('ada');
		expect(key.algorithm).toBe(algorithm);
		expect(key.privateKey.extractable).toBe(false);
		await expect(crypto.subtle.exportKey('pkcs8', key.privateKey)).rejects.toThrow();

		const line = authorizedKeysLine(key.algorithm, key.publicKey, 'Firefox\non  Linux');
		expect(line).toBe(`${algorithm} ${key.publicKey} Firefox on Linux`);
		const folder = mkdtempSync(join(tmpdir(), 'key-'));
		try {
			writeFileSync(join(folder, 'key.pub'), `${line}\n`);
			const said = execFileSync('ssh-keygen', ['-l', '-f', join(folder, 'key.pub')], { encoding: 'utf8' });
			expect(said).toContain(`${key.fingerprint} Firefox on Linux`);
		} finally {
			rmSync(folder, { recursive: true });
		}

		const data = login(key);
		const signature = fromBase64(await signLogin(key, ask(key, data)));
		expect(signature).toHaveLength(64);
		const blob = Buffer.from(key.publicKey, 'base64');
		const jwk =
			algorithm === 'ssh-ed25519'
				? { kty: 'OKP', crv: 'Ed25519', x: blob.subarray(-32).toString('base64url') }
				: {
						kty: 'EC',
						crv: 'P-256',
						x: blob.subarray(-64, -32).toString('base64url'),
						y: blob.subarray(-32).toString('base64url')
					};
		const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
		const how = { key: publicKey, dsaEncoding: 'ieee-p1363' as const };
		expect(verify(algorithm === 'ssh-ed25519' ? null : 'sha256', data, how, signature)).toBe(true);
	});

	test('signs nothing but a login of the named user with itself', async () => {
		without(...lacking);
		const key = await makeBrowserKey('ada');
		const other = await makeBrowserKey('ada');
		const wrong: [string, Uint8Array][] = [
			['nothing', new Uint8Array()],
			['another user', login(key, { user: 'root' })],
			['a user that begins alike', login(key, { user: 'adalbert' })],
			['another message', login(key, { message: Uint8Array.of(51) })],
			['another service', login(key, { service: 'ssh-userauth' })],
			['another method', login(key, { method: 'publickey-hostbound-v00@openssh.com' })],
			['an unsigned request', login(key, { signed: Uint8Array.of(0) })],
			['another algorithm', login(key, { algorithm: 'ssh-rsa' })],
			['another key', login(key, { key: fromBase64(other.publicKey) })],
			['no session', login(key, { session: '' })],
			['a session that swallows the rest', login(key, { session: new Uint8Array(65) })],
			['more after it', login(key, { rest: Uint8Array.of(0) })],
			['less than it', login(key).subarray(0, -1)],
			['a length beyond the end', Uint8Array.of(255, 255, 255, 255, 50)],
			[
				'an SSHSIG file signature',
				Buffer.concat([Buffer.from('SSHSIG'), wireStrings('git', '', 'sha512', 'x')])
			]
		];
		for (const [what, data] of wrong) {
			await expect(signLogin(key, ask(key, data)), what).rejects.toMatchObject({
				problem: { code: 'not-a-login' }
			});
		}
	});
});

test('a browser that has neither kind, and an address without https, are told apart', async () => {
	without('Ed25519', 'ECDSA');
	await expect(makeBrowserKey('ada')).rejects.toMatchObject({
		problem: { code: 'browser-keys-unsupported' }
	});
	expect(keyObstacle({ isSecureContext: false, crypto: {} as Crypto })?.code).toBe('insecure-context');
	expect(keyObstacle({ isSecureContext: true, crypto: {} as Crypto })?.code).toBe('browser-keys-unsupported');
	expect(keyObstacle()).toBeNull();
});

test.each([
	['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
	[
		'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0',
		'Edge on Windows'
	],
	['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1', 'Safari on iOS'],
	['curl/8', 'Browser']
])('%s is called %s', (agent, name) => expect(browserName(agent)).toBe(name));

test('a permission is for one account on one port', () => {
	expect(accountOf(ABOUT)).toBe('ada@login.example:22');
});
