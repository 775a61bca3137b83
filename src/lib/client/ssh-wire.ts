/** The few pieces of the SSH wire that a browser needs: key blobs, their texts, and what a login asks to have signed. */

export type KeyAlgorithm = 'ssh-ed25519' | 'ecdsa-sha2-nistp256';

const SSH_MSG_USERAUTH_REQUEST = 50;
const utf8 = new TextEncoder();

/** Strings of the wire one after the other (RFC 4251 section 5: a length of four bytes, then the bytes). */
export function wireStrings(...parts: (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
	const pieces = parts.map((part) => (typeof part === 'string' ? utf8.encode(part) : part));
	const out = new Uint8Array(pieces.reduce((sum, piece) => sum + 4 + piece.length, 0));
	let at = 0;
	for (const piece of pieces) {
		new DataView(out.buffer).setUint32(at, piece.length);
		out.set(piece, at + 4);
		at += 4 + piece.length;
	}
	return out;
}

/**
 * The public key blob (RFC 8709 section 4, RFC 5656 section 3.1) of a key as WebCrypto exports it `raw`: 32 bytes for
 * Ed25519, the uncompressed point of 65 bytes for P-256.
 */
export function publicBlob(algorithm: KeyAlgorithm, raw: Uint8Array): Uint8Array<ArrayBuffer> {
	return algorithm === 'ssh-ed25519' ? wireStrings(algorithm, raw) : wireStrings(algorithm, 'nistp256', raw);
}

/** The fingerprint of a key blob as OpenSSH prints it. */
export async function fingerprintOf(blob: Uint8Array<ArrayBuffer>): Promise<string> {
	const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', blob));
	return `SHA256:${toBase64(digest).replace(/=+$/, '')}`;
}

/** One line for `authorized_keys` (sshd(8)). The comment loses what could end the line. */
export function authorizedKeysLine(algorithm: KeyAlgorithm, publicKey: string, comment: string): string {
	return `${algorithm} ${publicKey} ${comment.replaceAll(/\s+/g, ' ').trim()}`.trim();
}

/**
 * Why `data` is not a login (RFC 4252 section 7: what a public key signs) of that user with that key; null when it is.
 * A key of the browser signs nothing else: neither for another account, nor a file, a commit or a certificate.
 */
export function loginFault(
	data: Uint8Array,
	expected: { user: string; algorithm: KeyAlgorithm; publicKey: Uint8Array }
): string | null {
	let at = 0;
	const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
	const byte = (): number => (at < data.length ? data[at++]! : -1);
	const string = (): Uint8Array | null => {
		if (at + 4 > data.length) return null;
		const length = view.getUint32(at);
		if (length > data.length - at - 4) return null;
		at += 4 + length;
		return data.subarray(at - length, at);
	};
	const is = (part: Uint8Array | null, wanted: string | Uint8Array): boolean => {
		const bytes = typeof wanted === 'string' ? utf8.encode(wanted) : wanted;
		return part !== null && part.length === bytes.length && part.every((value, n) => value === bytes[n]);
	};
	const session = string();
	// The hash of the key exchange: SHA-1 to SHA-512.
	if (session === null || session.length < 20 || session.length > 64) return 'it names no session';
	if (byte() !== SSH_MSG_USERAUTH_REQUEST) return 'it is no login';
	if (!is(string(), expected.user)) return 'it is for another user';
	if (!is(string(), 'ssh-connection')) return 'it is for another service';
	if (!is(string(), 'publickey')) return 'it is for another method';
	if (byte() !== 1) return 'it is no signed request';
	if (!is(string(), expected.algorithm)) return 'it is for another algorithm';
	if (!is(string(), expected.publicKey)) return 'it is for another key';
	return at === data.length ? null : 'something follows it';
}

export function toBase64(bytes: Uint8Array): string {
	let text = '';
	for (const byte of bytes) text += String.fromCharCode(byte);
	return btoa(text);
}

/** Throws on what is no base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
	return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
