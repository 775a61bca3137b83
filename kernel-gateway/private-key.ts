import { createPrivateKey, type KeyObject } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';
import type { Problem } from '#lib/model/problem.ts';
import { keyUnreadable, passphraseMissing, passphraseWrong } from './sign-in-problems.ts';

const OWN_FORMAT = /BEGIN OPENSSH PRIVATE KEY|^PuTTY-User-Key-File/m;

/**
 * A private key ready to sign: OpenSSH's own format, PuTTY's, and through OpenSSL everything it reads as PEM (PKCS 1,
 * SEC 1, PKCS 8, encrypted or not). Answers a Problem when the passphrase is missing or wrong or the text is no key.
 */
export function readPrivateKey(text: string, passphrase?: string): { key: ParsedKey } | { problem: Problem } {
	// pasted text has lost its last line end, or has those of another system
	const lines = text.trim().replace(/\r\n?/g, '\n') + '\n';
	const parsed = OWN_FORMAT.test(lines) ? parse(lines, passphrase) : fromPem(lines, passphrase);
	if (!(parsed instanceof Error)) return { key: parsed };
	if (/no passphrase given|Passphrase required|interrupted or cancelled/i.test(parsed.message)) {
		return { problem: passphraseMissing() };
	}
	if (/bad passphrase|bad decrypt|integrity check failed|BAD_DECRYPT/i.test(parsed.message)) {
		return { problem: passphrase ? passphraseWrong() : passphraseMissing() };
	}
	return { problem: keyUnreadable() };
}

function fromPem(text: string, passphrase?: string): ParsedKey | Error {
	let key: KeyObject;
	try {
		key = createPrivateKey({ key: text, format: 'pem', ...(passphrase ? { passphrase } : {}) });
	} catch (error) {
		const { code = '', message } = error as NodeJS.ErrnoException;
		return new Error(code === 'ERR_MISSING_PASSPHRASE' ? 'Passphrase required' : `${message} ${code}`);
	}
	const type = key.asymmetricKeyType;
	if (type === 'rsa') return parse(key.export({ type: 'pkcs1', format: 'pem' }).toString());
	if (type === 'ec') return parse(key.export({ type: 'sec1', format: 'pem' }).toString());
	if (type === 'ed25519') return parse(openSshEd25519(key));
	return new Error(`keys of type ${type} cannot be used`);
}

function parse(text: string, passphrase?: string): ParsedKey | Error {
	const found: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(text, passphrase);
	const key = Array.isArray(found) ? found[0]! : found;
	if (key instanceof Error) return key;
	return key.isPrivateKey() ? key : new Error('a public key');
}

/** ssh2 reads Ed25519 keys in OpenSSH's format only, which OpenSSL does not write (PROTOCOL.key of OpenSSH). */
function openSshEd25519(key: KeyObject): string {
	const { d, x } = key.export({ format: 'jwk' });
	const [secret, open] = [Buffer.from(d!, 'base64url'), Buffer.from(x!, 'base64url')];
	const string = (value: Buffer | string): Buffer => {
		const bytes = Buffer.from(value as string);
		const size = Buffer.alloc(4);
		size.writeUInt32BE(bytes.length);
		return Buffer.concat([size, bytes]);
	};
	const one = Buffer.from([0, 0, 0, 1]);
	const type = string('ssh-ed25519');
	const check = Buffer.alloc(8);
	const inner = Buffer.concat([check, type, string(open), string(Buffer.concat([secret, open])), string('')]);
	const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, index) => index + 1));
	const blob = Buffer.concat([
		Buffer.from('openssh-key-v1\0'),
		string('none'),
		string('none'),
		string(''),
		one,
		string(Buffer.concat([type, string(open)])),
		string(Buffer.concat([inner, padding]))
	]);
	const body = blob.toString('base64').replace(/.{70}/g, '$&\n');
	return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
