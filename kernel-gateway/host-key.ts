import { createHash } from 'node:crypto';
import type { HostTrust, KnownKey } from '#lib/model/workspace.ts';

/** Reads the key blob of the SSH key exchange: the fingerprint is over the whole blob, its first string is the type. */
export function readHostKey(blob: Buffer): KnownKey {
	const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
	const digest = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
	return { fingerprint: `SHA256:${digest}`, keyType: blob.toString('latin1', 4, 4 + Math.min(length, 64)) };
}

/** Whether a key is the accepted one. Spaces around it and padding, which people paste along, do not matter. */
export function isSameKey(fingerprint: string, accepted: string): boolean {
	return fingerprint === accepted.trim().replace(/=+$/, '');
}

/** What a shown key means. `expected` is the known key it is not, of its own type where there is one. */
export type Verdict =
	| { is: 'known' }
	| { is: 'unknown' }
	| { is: 'revoked' }
	| { is: 'changed'; expected: string; pinned: boolean };

/** Revoked before all, then only what is pinned, then what was accepted. */
export function judge({ accepted, pinned, revoked }: HostTrust, { fingerprint, keyType }: KnownKey): Verdict {
	const among = (keys: string[]): boolean => keys.some((key) => isSameKey(fingerprint, key));
	if (among(revoked)) return { is: 'revoked' };
	const known = pinned.length ? pinned : accepted;
	if (among(known.map((key) => key.fingerprint))) return { is: 'known' };
	const comparable = known.filter((key) => key.keyType === '' || ALGORITHMS.has(key.keyType));
	if (!pinned.length && !comparable.length) return { is: 'unknown' };
	const same = known.find((key) => key.keyType === keyType) ?? known[0]!;
	return { is: 'changed', expected: same.fingerprint, pinned: pinned.length > 0 };
}

/** Types of keys and the signatures a server can prove them with (RFC 8332 for RSA), in the order asked for without knowledge. */
const ALGORITHMS = new Map([
	['ssh-ed25519', ['ssh-ed25519']],
	['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
	['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
	['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
	['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa']]
]);

/**
 * The order in which key types are asked for: those known for the host first, so that a host with keys of several types
 * shows the one that was accepted.
 */
export function hostKeyAlgorithms({ accepted, pinned }: HostTrust): string[] {
	const known = new Set((pinned.length ? pinned : accepted).map(({ keyType }) => keyType));
	const types = [...ALGORITHMS.keys()];
	const order = [...types.filter((type) => known.has(type)), ...types.filter((type) => !known.has(type))];
	return order.flatMap((type) => ALGORITHMS.get(type)!);
}
