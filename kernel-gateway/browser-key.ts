import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import ssh2, {
	type IdentityCallback,
	type ParsedKey,
	type SignCallback,
	type SigningRequestOptions
} from 'ssh2';
import type { Ask } from '#lib/model/ask.ts';
import type { Problem } from '#lib/model/problem.ts';
import { browserKeyInvalid } from './sign-in-problems.ts';

type Algorithm = Extract<Ask, { kind: 'signature' }>['algorithm'];

/** The public half of a key that lives in a browser; its private half signs there when the person allows it. */
export class BrowserKey {
	readonly algorithm: Algorithm;
	/** `SHA256:…` as OpenSSH prints it. */
	readonly fingerprint: string;
	readonly parsed: ParsedKey;
	#key: KeyObject;

	private constructor(algorithm: Algorithm, parsed: ParsedKey) {
		this.algorithm = algorithm;
		this.parsed = parsed;
		const digest = createHash('sha256').update(parsed.getPublicSSH()).digest('base64');
		this.fingerprint = `SHA256:${digest.replace(/=+$/, '')}`;
		this.#key = createPublicKey(parsed.getPublicPEM());
	}

	/** Reads a key blob (RFC 4253 section 6.6) in base64: Ed25519 or ECDSA on P-256. */
	static read(base64: string): { key: BrowserKey } | { problem: Problem } {
		const blob = Buffer.from(base64, 'base64');
		const type = blob.length > 4 ? blob.toString('latin1', 4, 4 + Math.min(blob.readUInt32BE(0), 64)) : '';
		if (type !== 'ssh-ed25519' && type !== 'ecdsa-sha2-nistp256') return { problem: browserKeyInvalid() };
		try {
			const parsed = ssh2.utils.parseKey(`${type} ${blob.toString('base64')}`) as ParsedKey | Error;
			if (!(parsed instanceof Error)) return { key: new BrowserKey(type, parsed) };
		} catch {
			// a blob of the right type with nonsense in it
		}
		return { problem: browserKeyInvalid() };
	}

	/**
	 * The signature for the wire from what WebCrypto made over `data`; undefined when it is not by this key. Ed25519: the 64
	 * bytes as they are (RFC 8709). ECDSA: r and s as mpint instead of 32 bytes each (RFC 5656 section 3.1.2).
	 */
	signature(data: Buffer, made: Buffer): Buffer | undefined {
		if (made.length !== 64) return undefined;
		if (this.algorithm === 'ssh-ed25519') return verify(null, data, this.#key, made) ? made : undefined;
		const right = verify('sha256', data, { key: this.#key, dsaEncoding: 'ieee-p1363' }, made);
		return right ? Buffer.concat([mpint(made.subarray(0, 32)), mpint(made.subarray(32))]) : undefined;
	}
}

/** A positive number as RFC 4251 section 5 writes it: no leading zeros, but one where the first bit is set. */
function mpint(number: Buffer): Buffer {
	let start = 0;
	while (start < number.length - 1 && number[start] === 0) start++;
	const bytes = number.subarray(start);
	const value = bytes[0]! & 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
	const length = Buffer.alloc(4);
	length.writeUInt32BE(value.length);
	return Buffer.concat([length, value]);
}

/** How ssh2 is told that a signature is made elsewhere, by a promise: an agent that knows one key. */
export class OneKey extends ssh2.BaseAgent<ParsedKey> {
	/** A signature was made, so the server had said that it wants this key. */
	signed = false;
	#key: ParsedKey;
	#sign: (data: Buffer, options: SigningRequestOptions) => Promise<Buffer>;

	constructor(key: ParsedKey, sign: (data: Buffer, options: SigningRequestOptions) => Promise<Buffer>) {
		super();
		this.#key = key;
		this.#sign = sign;
	}

	override getIdentities(done: IdentityCallback<ParsedKey>): void {
		done(null, [this.#key]);
	}

	override sign(
		_key: ParsedKey,
		data: Buffer,
		options: SigningRequestOptions | SignCallback,
		done?: SignCallback
	): void {
		const [asked, answer] = typeof options === 'function' ? [{}, options] : [options, done!];
		this.#sign(data, asked).then(
			(signature) => {
				this.signed = true;
				answer(null, signature);
			},
			(error: Error) => answer(error)
		);
	}
}
