import { createHmac } from 'node:crypto';

/** The six digits an authenticator shows now, or `steps` half minutes later (RFC 6238, HMAC-SHA-1). */
export function oneTimeCode(secret: Buffer, steps = 0): string {
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
	const digest = createHmac('sha1', secret).update(counter).digest();
	const at = digest.at(-1)! & 15;
	return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
