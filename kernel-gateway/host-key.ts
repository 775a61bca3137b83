import { createHash } from 'node:crypto';

/** What a server proved to be, as OpenSSH prints it. */
export interface HostKey {
	/** `SHA256:` and 43 letters. */
	fingerprint: string;
	/** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, … */
	keyType: string;
}

/** Reads the key blob of the SSH key exchange: the fingerprint is over the whole blob, its first string is the type. */
export function readHostKey(blob: Buffer): HostKey {
	const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
	const digest = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
	return { fingerprint: `SHA256:${digest}`, keyType: blob.toString('latin1', 4, 4 + Math.min(length, 64)) };
}

/** Whether a key is the accepted one. Spaces around it and padding, which people paste along, do not matter. */
export function isSameKey(fingerprint: string, accepted: string): boolean {
	return fingerprint === accepted.trim().replace(/=+$/, '');
}
