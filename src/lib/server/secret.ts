/** Random tokens and their digests, and passwords as argon2id. */
import { argon2, createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** 240 random bits as 40 characters safe in a URL: what links, tokens and cookies carry. */
export function newToken(): string {
	return randomBytes(30).toString('base64url');
}

/** What is stored of a token: whoever reads the database cannot use it. */
export function tokenDigest(token: string): string {
	return createHash('sha256').update(token).digest('hex');
}

/** OWASP's least for argon2id: 19 MiB, two passes, one lane; about 50 ms, off the event loop. */
const PARAMETERS = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const;

const argon2Async = promisify(argon2);

/** Hash a password, in PHC form. */
export async function hashPassword(password: string): Promise<string> {
	const nonce = randomBytes(16);
	const tag = await derive(password, nonce);
	const { memory, passes, parallelism } = PARAMETERS;
	return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(nonce)}$${unpadded(tag)}`;
}

/** Whether a password belongs to a hash. Takes as long for a hash that is none: pass `null` for an unknown name. */
export async function verifyPassword(hash: string | null, password: string): Promise<boolean> {
	const parts = hash?.split('$') ?? [];
	const nonce = Buffer.from(parts[4] ?? 'AAAAAAAAAAAAAAAAAAAAAA', 'base64');
	const expected = Buffer.from(parts[5] ?? '', 'base64');
	const tag = await derive(password, nonce);
	return expected.byteLength === tag.byteLength && timingSafeEqual(expected, tag) && hash !== null;
}

async function derive(password: string, nonce: Buffer): Promise<Buffer> {
	// The same letters typed on two keyboards may be composed differently.
	const message = Buffer.from(password.normalize('NFKC'));
	return (await argon2Async('argon2id', { message, nonce, ...PARAMETERS })) as Buffer;
}

function unpadded(bytes: Buffer): string {
	return bytes.toString('base64').replace(/=+$/, '');
}
