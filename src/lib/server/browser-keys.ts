/** The public halves of keys that never leave people's browsers. */
import { and, asc, count, eq } from 'drizzle-orm';
import { createPublicKey } from 'node:crypto';
import type { Database } from '#db/database.ts';
import { browserKeys } from '#db/schema.ts';
import { newId } from '#lib/model/ids.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { fingerprintOf } from './host-key-book.ts';
import { isPlainId, plainLine } from './plain-line.ts';
import type { BrowserKeyAlgorithm, BrowserKeyRow, BrowserKeys } from './services.ts';

type BrowserKeyRecord = typeof browserKeys.$inferSelect;

/** Browsers one person has. */
const MAX_KEYS = 50;

export interface BrowserKeyShelf extends BrowserKeys {
	/** The registered key of this person with this fingerprint or, in base64, this blob. */
	find(user: string, key: { fingerprint: string } | { publicKey: string }): Promise<BrowserKeyRecord | null>;
	/** It has signed in somewhere. */
	used(id: string): Promise<void>;
	/** The line for `authorized_keys`. Throws ProblemError 404. */
	line(user: string, id: string): Promise<string>;
}

export function createBrowserKeys(db: Database): BrowserKeyShelf {
	async function own(user: string, id: string): Promise<BrowserKeyRecord> {
		const [row] = isPlainId(id)
			? await db
					.select()
					.from(browserKeys)
					.where(and(eq(browserKeys.id, id), eq(browserKeys.userId, user)))
			: [];
		if (row) return row;
		throw new ProblemError(404, {
			code: 'browser-key-unknown',
			title: 'There is no such key.',
			detail: 'It was removed, or it is somebody else’s.',
			remedy: 'Load the list again.'
		});
	}

	return {
		async list(caller) {
			const rows = await db
				.select()
				.from(browserKeys)
				.where(eq(browserKeys.userId, caller.user.id))
				.orderBy(asc(browserKeys.createdAt), asc(browserKeys.id));
			return rows.map(toRow);
		},

		async add(caller, { name, algorithm, publicKey }) {
			checkBlob(algorithm, publicKey);
			const fingerprint = fingerprintOf(publicKey);
			const [{ n } = { n: 0 }] = await db
				.select({ n: count() })
				.from(browserKeys)
				.where(eq(browserKeys.userId, caller.user.id));
			if (n >= MAX_KEYS) {
				throw new ProblemError(409, {
					code: 'too-many-keys',
					title: `You have ${MAX_KEYS} keys already.`,
					remedy: 'Remove those of browsers you do not use any more.'
				});
			}
			const row = {
				id: newId(),
				userId: caller.user.id,
				name: plainLine(name),
				algorithm,
				publicKey,
				fingerprint
			};
			// The same browser again (its key is found by its fingerprint) only changes its name.
			const [kept] = await db
				.insert(browserKeys)
				.values(row)
				.onConflictDoUpdate({
					target: [browserKeys.userId, browserKeys.fingerprint],
					set: { name: row.name }
				})
				.returning();
			return toRow(kept!);
		},

		async rename(caller, id, name) {
			await own(caller.user.id, id);
			const [row] = await db
				.update(browserKeys)
				.set({ name: plainLine(name) })
				.where(eq(browserKeys.id, id))
				.returning();
			return toRow(row!);
		},

		async remove(caller, id) {
			await own(caller.user.id, id);
			await db.delete(browserKeys).where(eq(browserKeys.id, id));
		},

		async find(user, key) {
			const fingerprint = 'fingerprint' in key ? key.fingerprint : fingerprintOf(key.publicKey);
			const [row] = await db
				.select()
				.from(browserKeys)
				.where(and(eq(browserKeys.userId, user), eq(browserKeys.fingerprint, fingerprint)));
			return row ?? null;
		},

		async used(id) {
			await db.update(browserKeys).set({ lastUsedAt: new Date() }).where(eq(browserKeys.id, id));
		},

		line: async (user, id) => toRow(await own(user, id)).line
	};
}

/**
 * The blob must be exactly what its algorithm says: `ssh-ed25519` with 32 bytes (RFC 8709 section 4), or
 * `ecdsa-sha2-nistp256` with an uncompressed point on the curve (RFC 5656 section 3.1). It becomes a line of
 * authorized_keys, where nothing else may slip in.
 */
function checkBlob(algorithm: BrowserKeyAlgorithm, publicKey: string): void {
	const blob = Buffer.from(publicKey, 'base64');
	const strings = blob.toString('base64') === publicKey ? stringsOf(blob) : null;
	const valid =
		strings !== null && strings[0]?.toString('latin1') === algorithm
			? algorithm === 'ssh-ed25519'
				? strings.length === 2 && strings[1]!.length === 32
				: strings.length === 3 && strings[1]!.toString('latin1') === 'nistp256' && onCurve(strings[2]!)
			: false;
	if (valid) return;
	throw new ProblemError(400, {
		code: 'public-key-invalid',
		title: 'This is not a public key of that kind.',
		detail: `Expected is the ${algorithm} key blob of the SSH protocol in base64.`,
		remedy: 'Make the key again in this browser.'
	});
}

/** The length-prefixed strings a blob consists of; null when it is none of these. */
function stringsOf(blob: Buffer): Buffer[] | null {
	const strings: Buffer[] = [];
	let at = 0;
	while (at < blob.length) {
		if (at + 4 > blob.length) return null;
		const end = at + 4 + blob.readUInt32BE(at);
		if (end > blob.length) return null;
		strings.push(blob.subarray(at + 4, end));
		at = end;
	}
	return strings;
}

function onCurve(point: Buffer): boolean {
	if (point.length !== 65 || point[0] !== 4) return false;
	const x = point.subarray(1, 33).toString('base64url');
	const y = point.subarray(33).toString('base64url');
	try {
		createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
		return true;
	} catch {
		return false;
	}
}

function toRow({
	id,
	name,
	algorithm,
	publicKey,
	fingerprint,
	createdAt,
	lastUsedAt
}: BrowserKeyRecord): BrowserKeyRow {
	// The comment is for people who read the file later; a name may hold anything but a line break.
	const line = `${algorithm} ${publicKey} ${`ansatz ${name}`.replace(/[^\x20-\x7e]+/g, '-').trim()}`;
	return { id, name, algorithm, fingerprint, line, createdAt, lastUsedAt };
}
