import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readPrivateKey } from '#gateway/private-key.ts';

function keygen(...args: string[]): string {
	const folder = mkdtempSync(path.join(tmpdir(), 'key-'));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	execFileSync('ssh-keygen', ['-q', '-f', path.join(folder, 'key'), ...args], { stdio: 'ignore' });
	return readFileSync(path.join(folder, 'key'), 'utf8');
}

test.each([
	['OpenSSH, Ed25519', ['-t', 'ed25519']],
	['OpenSSH, ECDSA', ['-t', 'ecdsa']],
	['OpenSSH, RSA', ['-t', 'rsa', '-b', '2048']],
	['PEM, RSA', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
	['PEM, ECDSA', ['-t', 'ecdsa', '-m', 'PEM']],
	['PKCS 8, RSA', ['-t', 'rsa', '-b', '2048', '-m', 'PKCS8']],
	['PKCS 8, ECDSA', ['-t', 'ecdsa', '-m', 'PKCS8']]
])('%s: with and without a passphrase', (_, args) => {
	expect(readPrivateKey(keygen(...args, '-N', ''))).toHaveProperty('key');
	const locked = keygen(...args, '-N', 'open sesame');
	expect(readPrivateKey(locked, 'open sesame')).toHaveProperty('key');
	expect(readPrivateKey(locked, 'close sesame')).toMatchObject({ problem: { code: 'ssh-passphrase-wrong' } });
	expect(readPrivateKey(locked)).toMatchObject({ problem: { code: 'ssh-passphrase-missing' } });
	expect(readPrivateKey(`  ${locked.replaceAll('\n', '\r\n')}`, 'open sesame')).toHaveProperty('key');
});

test('an Ed25519 key in PKCS 8 signs as the key it is', () => {
	const pair = generateKeyPairSync('ed25519');
	const read = readPrivateKey(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
	if (!('key' in read)) throw new Error('unreadable');
	const signature = read.key.sign(Buffer.from('text')) as unknown as Buffer;
	expect(verify(null, Buffer.from('text'), pair.publicKey, signature)).toBe(true);
});

test.each([
	'',
	'nonsense',
	'-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
	'ssh-ed25519 AAAA ada'
])('%j is not a private key', (text) =>
	expect(readPrivateKey(text, 'secret')).toMatchObject({ problem: { code: 'ssh-key-unreadable' } })
);
