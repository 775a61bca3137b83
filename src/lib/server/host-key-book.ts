/** Host keys somebody vouches for: people for their own workspaces, administrators for everybody's. */
import { and, asc, eq, isNull, or } from 'drizzle-orm';
import { createHash, createHmac } from 'node:crypto';
import type { Database } from '#db/database.ts';
import { hostKeys } from '#db/schema.ts';
import { newId } from '#lib/model/ids.ts';
import {
	isHashed,
	knownHostName,
	matchesHost,
	parseKnownHosts,
	withoutHost
} from '#lib/model/known-hosts.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { HostTrust, KnownKey } from '#lib/model/workspace.ts';
import { isPlainId } from './plain-line.ts';
import type { Caller, HostKeyRow, HostKeys } from './services.ts';

type HostKeyRecord = typeof hostKeys.$inferSelect;
interface Host {
	host: string;
	port: number;
}

/** Keys one owner may have; more is nobody's list of machines, and every connection looks through all of them. */
const MAX_KEYS = 10_000;
/** Rows in one statement: PostgreSQL takes 65 535 parameters. */
const ROWS_AT_ONCE = 1000;

export interface HostKeyBook extends HostKeys {
	/** What holds for each of these hosts when this person goes there. */
	trust(owner: string, hosts: readonly Host[]): Promise<HostTrust[]>;
	/** The keys believed for each of these hosts, with where the belief comes from. */
	believed(owner: string, hosts: readonly Host[]): Promise<(KnownKey & { origin: HostKeyRow['origin'] })[][]>;
	/** The owner has looked at this key and trusts it. `replace`: and none of those trusted before for this host. */
	accept(owner: string, at: Host, key: KnownKey, replace: boolean): Promise<void>;
}

const hmacSha1 = (key: Uint8Array, text: string): Uint8Array => createHmac('sha1', key).update(text).digest();

/** As OpenSSH prints it. */
export function fingerprintOf(key: string): string {
	return `SHA256:${createHash('sha256').update(key, 'base64').digest('base64').replace(/=+$/, '')}`;
}

export function createHostKeyBook(db: Database): HostKeyBook {
	/** Everything that may speak for or against a host when this person goes there. */
	const heard = (owner: string): Promise<HostKeyRecord[]> =>
		db
			.select()
			.from(hostKeys)
			.where(or(eq(hostKeys.ownerId, owner), isNull(hostKeys.ownerId)))
			.orderBy(asc(hostKeys.createdAt), asc(hostKeys.pattern), asc(hostKeys.id));

	const about = (rows: HostKeyRecord[], { host, port }: Host): HostKeyRecord[] =>
		rows.filter(({ pattern }) => matchesHost(pattern, host, port, hmacSha1));

	/** A row the caller may change: their own, or a pinned one for administrators. */
	async function changeable(caller: Caller, id: string): Promise<HostKeyRecord> {
		const [row] = isPlainId(id) ? await db.select().from(hostKeys).where(eq(hostKeys.id, id)) : [];
		if (row && (row.ownerId === caller.user.id || (row.ownerId === null && caller.user.admin))) return row;
		throw new ProblemError(404, {
			code: 'host-key-unknown',
			title: 'There is no such host key.',
			detail: 'It was removed, or it is not yours to change.',
			remedy: 'Load the list again.'
		});
	}

	return {
		async trust(owner, hosts) {
			const rows = hosts.length > 0 ? await heard(owner) : [];
			return hosts.map((host) => {
				const speaking = about(rows, host);
				const vouching = speaking.filter(({ revoked }) => !revoked);
				return {
					accepted: vouching.filter(({ ownerId }) => ownerId !== null).map(toKey),
					pinned: vouching.filter(({ ownerId }) => ownerId === null).map(toKey),
					revoked: [
						...new Set(speaking.flatMap(({ revoked, fingerprint }) => (revoked ? [fingerprint] : [])))
					]
				};
			});
		},

		async believed(owner, hosts) {
			const rows = hosts.length > 0 ? await heard(owner) : [];
			return hosts.map((host) =>
				about(rows, host)
					.filter(({ revoked }) => !revoked)
					.map((row) => ({ ...toKey(row), origin: row.origin }))
			);
		},

		async accept(owner, { host, port }, { keyType, fingerprint }, replace) {
			await db.transaction(async (tx) => {
				const own = await tx
					.select()
					.from(hostKeys)
					.where(and(eq(hostKeys.ownerId, owner), eq(hostKeys.revoked, false)))
					.for('update');
				const before = about(own, { host, port });
				for (const row of replace ? before : []) {
					if (row.fingerprint === fingerprint) continue;
					const left = withoutHost(row.pattern, host, port, hmacSha1);
					if (left === null) await tx.delete(hostKeys).where(eq(hostKeys.id, row.id));
					else await tx.update(hostKeys).set({ pattern: left }).where(eq(hostKeys.id, row.id));
				}
				if (before.some((row) => row.fingerprint === fingerprint)) return;
				await tx.insert(hostKeys).values({
					id: newId(),
					ownerId: owner,
					pattern: knownHostName(host, port),
					keyType,
					fingerprint,
					origin: 'accepted'
				});
			});
		},

		async list(caller) {
			const rows = await heard(caller.user.id);
			return {
				own: rows.filter(({ ownerId }) => ownerId !== null).map(toRow),
				pinned: rows.filter(({ ownerId }) => ownerId === null).map(toRow)
			};
		},

		async add(caller, { knownHosts, pin }) {
			if (pin && !caller.user.admin) {
				throw new ProblemError(403, {
					code: 'administrators-only',
					title: 'Only administrators vouch for host keys for everybody.',
					remedy: 'Import them for yourself, or ask an administrator.'
				});
			}
			const { hosts, problems } = parseKnownHosts(knownHosts);
			const ownerId = pin ? null : caller.user.id;
			const there = await db
				.select()
				.from(hostKeys)
				.where(ownerId === null ? isNull(hostKeys.ownerId) : eq(hostKeys.ownerId, ownerId));
			const identity = (row: Pick<HostKeyRecord, 'pattern' | 'fingerprint' | 'revoked'>): string =>
				JSON.stringify([row.pattern, row.fingerprint, row.revoked]);
			const known = new Set(there.map(identity));
			const fresh: (typeof hostKeys.$inferInsert)[] = [];
			for (const { pattern, keyType, key, revoked } of hosts) {
				const row = { pattern, keyType, key, revoked, fingerprint: fingerprintOf(key) };
				if (known.has(identity(row))) continue;
				known.add(identity(row));
				fresh.push({ ...row, id: newId(), ownerId, origin: pin ? 'pinned' : 'imported' });
			}
			if (there.length + fresh.length > MAX_KEYS) {
				throw new ProblemError(413, {
					code: 'too-many-host-keys',
					title: `There would be more than ${MAX_KEYS} host keys.`,
					detail: `${there.length} are there and ${fresh.length} would come. Nothing was taken.`,
					remedy: 'Import the lines you need, or remove some first.'
				});
			}
			await db.transaction(async (tx) => {
				for (let at = 0; at < fresh.length; at += ROWS_AT_ONCE) {
					await tx.insert(hostKeys).values(fresh.slice(at, at + ROWS_AT_ONCE));
				}
			});
			return { added: fresh.length, known: hosts.length - fresh.length, problems: problems.slice(0, 1000) };
		},

		async remove(caller, id) {
			const row = await changeable(caller, id);
			await db.delete(hostKeys).where(eq(hostKeys.id, row.id));
		},

		async setRevoked(caller, id, revoked) {
			const row = await changeable(caller, id);
			await db.update(hostKeys).set({ revoked }).where(eq(hostKeys.id, row.id));
			return toRow({ ...row, revoked });
		}
	};
}

function toKey({ keyType, fingerprint }: HostKeyRecord): KnownKey {
	return { keyType, fingerprint };
}

function toRow(row: HostKeyRecord): HostKeyRow {
	const { id, pattern, keyType, fingerprint, revoked, origin, createdAt } = row;
	return { id, pattern, hashed: isHashed(pattern), keyType, fingerprint, revoked, origin, createdAt };
}
