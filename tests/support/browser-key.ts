/** A key as a browser makes and uses it, with Node's WebCrypto, and a page that signs with it. */
import type { PageLine } from './person-line.ts';

export interface TestKey {
	algorithm: 'ssh-ed25519' | 'ecdsa-sha2-nistp256';
	/** The key blob of the SSH protocol (RFC 4253 section 6.6) in base64. */
	publicKey: string;
	sign(data: string): Promise<string>;
}

/** An SSH string: its length, then its bytes (RFC 4251 section 5). */
export function sshString(bytes: Uint8Array | string): Buffer {
	const body = Buffer.from(bytes as string);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(body.length);
	return Buffer.concat([length, body]);
}

export async function makeTestKey(algorithm: TestKey['algorithm'] = 'ssh-ed25519'): Promise<TestKey> {
	const ed = algorithm === 'ssh-ed25519';
	const kind = ed ? { name: 'Ed25519' } : { name: 'ECDSA', namedCurve: 'P-256' };
	const pair = (await crypto.subtle.generateKey(kind, false, ['sign', 'verify'])) as CryptoKeyPair;
	const raw = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
	const parts = ed
		? [sshString(algorithm), sshString(raw)]
		: [sshString(algorithm), sshString('nistp256'), sshString(raw)];
	const how = ed ? { name: 'Ed25519' } : { name: 'ECDSA', hash: 'SHA-256' };
	return {
		algorithm,
		publicKey: Buffer.concat(parts).toString('base64'),
		async sign(data) {
			const bytes = Buffer.from(data, 'base64');
			return Buffer.from(await crypto.subtle.sign(how, pair.privateKey, bytes)).toString('base64');
		}
	};
}

/** Sign the next thing this page is asked to; resolves with what it was about. */
export async function signNext(page: PageLine, key: TestKey): Promise<unknown> {
	const { id, ask } = await page.nextAsk();
	if (ask.kind !== 'signature') throw new Error(`asked for ${ask.kind}`);
	page.answer(id, { kind: 'signature', signature: await key.sign(ask.data) });
	return ask.about;
}
