/**
 * Sessions by lucia, behind these few functions: the package was retired by its author, and this is the one file that
 * knows it. The adapter is ours because the published one stores the bearer token itself; here the database holds its
 * SHA-256, so that a copy of the database opens no session.
 */
import { and, eq, gt, lt } from 'drizzle-orm';
import { Lucia, type Adapter, type DatabaseSession, type DatabaseUser } from 'lucia';
import type { Database } from '#db/database.ts';
import { sessions, users } from '#db/schema.ts';
import { newToken, tokenDigest } from './secret.ts';
import type { SessionCookie, User } from './services.ts';

interface SessionAttributes {
	address: string;
	userAgent: string;
}

declare module 'lucia' {
	interface Register {
		Lucia: Lucia;
		DatabaseSessionAttributes: SessionAttributes;
		DatabaseUserAttributes: { user: User };
	}
}

function adapter(db: Database): Adapter {
	const toSession = (token: string, row: typeof sessions.$inferSelect): DatabaseSession => ({
		id: token,
		userId: row.userId,
		expiresAt: row.expiresAt,
		attributes: { address: row.address, userAgent: row.userAgent }
	});
	return {
		async getSessionAndUser(token) {
			const [row] = await db
				.select({ session: sessions, user: users })
				.from(sessions)
				.innerJoin(users, eq(users.id, sessions.userId))
				.where(eq(sessions.digest, tokenDigest(token)));
			if (!row) return [null, null];
			const { id, name, displayName, admin, guestUntil } = row.user;
			// A guest's session ends with the guest, however long sessions are.
			if (guestUntil !== null && guestUntil <= new Date()) return [null, null];
			const known: User = { id, name, displayName, admin, ...(guestUntil ? { guestUntil } : {}) };
			const user: DatabaseUser = { id, attributes: { user: known } };
			return [toSession(token, row.session), user];
		},
		async getUserSessions(userId) {
			const rows = await db.select().from(sessions).where(eq(sessions.userId, userId));
			return rows.map((row) => toSession(row.digest, row));
		},
		async setSession({ id, userId, expiresAt, attributes }) {
			await db.insert(sessions).values({ digest: tokenDigest(id), userId, expiresAt, ...attributes });
		},
		async updateSessionExpiration(token, expiresAt) {
			await db
				.update(sessions)
				.set({ expiresAt })
				.where(eq(sessions.digest, tokenDigest(token)));
		},
		async deleteSession(token) {
			await db.delete(sessions).where(eq(sessions.digest, tokenDigest(token)));
		},
		async deleteUserSessions(userId) {
			await db.delete(sessions).where(eq(sessions.userId, userId));
		},
		async deleteExpiredSessions() {
			await db.delete(sessions).where(lt(sessions.expiresAt, new Date()));
		}
	};
}

export interface Sessions {
	cookieName: string;
	/** The living session of a token, its user, and a new cookie where it was extended. */
	validate(token: string): Promise<{ user: User; digest: string; cookie: SessionCookie | null } | null>;
	/** A new session; call it at every sign-in, never reuse one that was there before. */
	create(userId: string, attributes: SessionAttributes): Promise<{ cookie: SessionCookie; digest: string }>;
	end(digest: string): Promise<void>;
	endAll(userId: string): Promise<void>;
	/** Whether the person is signed in anywhere. */
	any(userId: string): Promise<boolean>;
	sweep(): Promise<void>;
	/** The cookie that removes the cookie. */
	blank(): SessionCookie;
}

/** `secure`: the site is https, so the cookie gets the `__Host-` prefix and is never sent in clear. */
export function createSessions(db: Database, options: { secure: boolean }): Sessions {
	const lucia = new Lucia(adapter(db), {
		sessionCookie: {
			name: options.secure ? '__Host-ansatz' : 'ansatz',
			attributes: { secure: options.secure, sameSite: 'lax', path: '/' }
		},
		getUserAttributes: ({ user }) => ({ user })
	});
	const toCookie = (cookie: { name: string; value: string; attributes: object }): SessionCookie => ({
		name: cookie.name,
		value: cookie.value,
		attributes: { ...cookie.attributes, path: '/', httpOnly: true, secure: options.secure, sameSite: 'lax' }
	});
	return {
		cookieName: lucia.sessionCookieName,
		async validate(token) {
			const { session, user } = await lucia.validateSession(token);
			if (!session) return null;
			return {
				user: (user as unknown as { user: User }).user,
				digest: tokenDigest(token),
				cookie: session.fresh ? toCookie(lucia.createSessionCookie(token)) : null
			};
		},
		async create(userId, attributes) {
			const token = newToken();
			await lucia.createSession(userId, attributes, { sessionId: token });
			return { cookie: toCookie(lucia.createSessionCookie(token)), digest: tokenDigest(token) };
		},
		async end(digest) {
			await db.delete(sessions).where(eq(sessions.digest, digest));
		},
		endAll: (userId) => lucia.invalidateUserSessions(userId),
		async any(userId) {
			const [row] = await db
				.select({ digest: sessions.digest })
				.from(sessions)
				.where(and(eq(sessions.userId, userId), gt(sessions.expiresAt, new Date())))
				.limit(1);
			return row !== undefined;
		},
		sweep: () => lucia.deleteExpiredSessions(),
		blank: () => toCookie(lucia.createBlankSessionCookie())
	};
}
