/** People: sign-in, passwords, invitations, API tokens. */
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Database } from '#db/database.ts';
import { apiTokens, invitations, users } from '#db/schema.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { checkName, checkPassword, createInvitation, insertToken, insertUser, NAME } from './account-rows.ts';
import { isPlainId, plainLine } from './plain-line.ts';
import { hashPassword, tokenDigest, verifyPassword } from './secret.ts';
import type { Accounts, Caller } from './services.ts';
import type { Sessions } from './sessions.ts';

export interface AccountsOptions {
	db: Database;
	sessions: Sessions;
	origin: string;
	/** Called when sessions end, so that their sockets close. */
	onSessionsEnded(which: { session: string } | { user: string; except: string | null }): void;
	/** Called when a person's last session has ended, or all that were open: what their sign-ins left in memory goes. */
	onSignedOut?(user: string): Promise<void>;
}

export function createAccounts({
	db,
	sessions,
	origin,
	onSessionsEnded,
	onSignedOut
}: AccountsOptions): Accounts {
	// By account and by address: one person's typing errors lock nobody else out, one attacker not every account.
	const perName = new RateLimiterMemory({ points: 5, duration: 15 * 60 });
	const perAddress = new RateLimiterMemory({ points: 50, duration: 15 * 60 });

	const limitKey = (name: string, address: string): string => `${name.trim().toLowerCase()} ${address}`;

	async function limited(name: string, address: string): Promise<void> {
		try {
			await perAddress.consume(address);
			await perName.consume(limitKey(name, address));
		} catch (refused) {
			const seconds = Math.ceil(((refused as { msBeforeNext?: number }).msBeforeNext ?? 60_000) / 1000);
			throw new ProblemError(429, {
				code: 'sign-in-limit',
				title: 'Too many attempts to sign in.',
				detail: 'After five wrong passwords an account rests for a while.',
				remedy: `Try again in ${seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`}.`
			});
		}
	}

	async function open(user: { id: string }, client: { address: string; userAgent: string }) {
		await sessions.sweep();
		return sessions.create(user.id, { address: client.address, userAgent: client.userAgent.slice(0, 200) });
	}

	return {
		cookieName: sessions.cookieName,

		async validate(token) {
			const found = token ? await sessions.validate(token) : null;
			if (!found) return { caller: null, cookie: null };
			return { caller: { user: found.user, sessionId: found.digest, scopes: 'all' }, cookie: found.cookie };
		},

		async validateToken(token) {
			const [row] = await db
				.select({ token: apiTokens, user: users })
				.from(apiTokens)
				.innerJoin(users, eq(users.id, apiTokens.userId))
				.where(eq(apiTokens.digest, tokenDigest(token)));
			if (!row || row.user.guestUntil || (row.token.expiresAt && row.token.expiresAt < new Date()))
				return null;
			await db.update(apiTokens).set({ lastUsedAt: new Date() }).where(eq(apiTokens.id, row.token.id));
			const { id, name, displayName, admin } = row.user;
			return { user: { id, name, displayName, admin }, sessionId: null, scopes: row.token.scopes };
		},

		async signIn(name, password, client) {
			await limited(name, client.address);
			// What cannot be a name is not looked up: PostgreSQL refuses some of it.
			const [row] = NAME.test(name.trim())
				? await db
						.select()
						.from(users)
						.where(eq(sql`lower(${users.name})`, name.trim().toLowerCase()))
				: [];
			// The same work and the same words for an unknown name: nobody learns who has an account.
			const right = await verifyPassword(row?.passwordHash ?? null, password);
			if (!row || !right) {
				throw new ProblemError(401, {
					code: 'sign-in-refused',
					title: 'Name and password do not belong together.',
					remedy: 'Check both, or ask an administrator for a new invitation.'
				});
			}
			// A class behind one address signs in without using up what is there for guesses.
			await perName.delete(limitKey(name, client.address));
			await perAddress.reward(client.address);
			return (await open(row, client)).cookie;
		},

		async signOut(caller) {
			if (caller.sessionId) {
				await sessions.end(caller.sessionId);
				onSessionsEnded({ session: caller.sessionId });
				if (!(await sessions.any(caller.user.id))) await onSignedOut?.(caller.user.id);
			}
			return sessions.blank();
		},

		async changePassword(caller, current, next) {
			const [row] = await db.select().from(users).where(eq(users.id, caller.user.id));
			if (!row || !(await verifyPassword(row.passwordHash, current))) {
				throw new ProblemError(400, {
					code: 'password-wrong',
					title: 'The current password is not right.',
					remedy: 'Nothing was changed. Try again.'
				});
			}
			checkPassword(next);
			const passwordHash = await hashPassword(next);
			await db.update(users).set({ passwordHash }).where(eq(users.id, row.id));
			await sessions.endAll(row.id);
			onSessionsEnded({ user: row.id, except: null });
			await onSignedOut?.(row.id);
			return (await sessions.create(row.id, { address: '', userAgent: '' })).cookie;
		},

		async setDisplayName(caller, displayName) {
			await db
				.update(users)
				.set({ displayName: plainLine(displayName) })
				.where(eq(users.id, caller.user.id));
		},

		async invitation(token) {
			const [row] = await db
				.select({ invitation: invitations, by: users.displayName })
				.from(invitations)
				.leftJoin(users, eq(users.id, invitations.invitedBy))
				.where(eq(invitations.digest, tokenDigest(token)));
			if (!row || row.invitation.expiresAt < new Date()) return null;
			return { admin: row.invitation.admin, invitedBy: row.by, expiresAt: row.invitation.expiresAt };
		},

		async accept(token, account, client) {
			checkName(account.name);
			checkPassword(account.password);
			const passwordHash = await hashPassword(account.password);
			const id = await db.transaction(async (tx) => {
				// Deleting is what claims it: of two at once one finds nothing.
				const [claimed] = await tx
					.delete(invitations)
					.where(eq(invitations.digest, tokenDigest(token)))
					.returning();
				if (!claimed || claimed.expiresAt < new Date()) {
					throw new ProblemError(410, {
						code: 'invitation-gone',
						title: 'This invitation does not work any more.',
						detail: 'It was used, or it is more than a week old.',
						remedy: 'Ask whoever sent it for a new one.'
					});
				}
				return insertUser(tx, { ...account, admin: claimed.admin, passwordHash });
			});
			return (await open({ id }, client)).cookie;
		},

		async invite(caller, { admin }) {
			requireAdmin(caller);
			return { url: await createInvitation(db, origin, { admin, invitedBy: caller.user.id }) };
		},

		async users(caller) {
			requireAdmin(caller);
			return db
				.select({
					id: users.id,
					name: users.name,
					displayName: users.displayName,
					admin: users.admin,
					createdAt: users.createdAt
				})
				.from(users)
				.where(isNull(users.guestUntil))
				.orderBy(asc(users.name));
		},

		createToken: async (caller, options) => ({ token: await insertToken(db, caller.user, options) }),

		async tokens(caller) {
			return db
				.select({
					id: apiTokens.id,
					label: apiTokens.label,
					scopes: apiTokens.scopes,
					createdAt: apiTokens.createdAt,
					lastUsedAt: apiTokens.lastUsedAt
				})
				.from(apiTokens)
				.where(eq(apiTokens.userId, caller.user.id))
				.orderBy(asc(apiTokens.createdAt));
		},

		async revokeToken(caller, id) {
			if (!isPlainId(id)) return;
			await db.delete(apiTokens).where(and(eq(apiTokens.id, id), eq(apiTokens.userId, caller.user.id)));
		}
	};
}

function requireAdmin(caller: Caller): void {
	if (caller.user.admin) return;
	throw new ProblemError(403, {
		code: 'administrators-only',
		title: 'This is for administrators.',
		remedy: 'Ask one of them.'
	});
}
