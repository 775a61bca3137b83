/** People and notebooks put straight into the database of a running server, where signing in is not what is tested. */
import { eq } from 'drizzle-orm';
import { openDatabase, type Database } from '#db/database.ts';
import { members, users, workspaces } from '#db/schema.ts';
import { newId } from '#lib/model/ids.ts';
import type { Role } from '#lib/model/role.ts';
import { addUser, insertToken } from '#lib/server/account-rows.ts';
import { startPostgres } from '#lib/server/embedded-postgres.ts';
import { createHostKeyBook } from '#lib/server/host-key-book.ts';
import { createNotebook } from '#lib/server/notebook-files.ts';
import { createSessions } from '#lib/server/sessions.ts';

export const PASSWORD = 'a long enough password';

export interface SeededPerson {
	id: string;
	name: string;
	/** For a browser context or a `Cookie` header. */
	cookie: { name: string; value: string };
	/** An API token with all scopes. */
	token: string;
}

export interface Seed {
	person(name: string, options?: { admin?: boolean; displayName?: string }): Promise<SeededPerson>;
	notebook(owner: SeededPerson, ipynb?: string): Promise<string>;
	/** An SSH workspace, its host key accepted. */
	workspace(
		owner: SeededPerson,
		at: { port: number; user: string; fingerprint: string | null },
		environments: string[]
	): Promise<string>;
	member(notebook: string, person: SeededPerson, role: Role): Promise<void>;
	db: Database;
	close(): Promise<void>;
}

/** What is closed to everybody by default, but is where the tests' own machines are. */
export const LOOPBACK = [
	{ host: '127.0.0.1', ports: [] },
	{ host: '::1', ports: [] }
];

/**
 * Open the database below a server's data folder. Of a running server (`origin`) the loopback is opened to everybody's
 * workspaces: that is where the tests' own machines are.
 */
export async function openSeed(at: { dataDir: string; origin?: string }): Promise<Seed> {
	const { db, close } = await openDatabase((await startPostgres(at.dataDir)).address, { maxConnections: 2 });
	const sessions = createSessions(db, { secure: false });
	if (at.origin) await openLoopback(db, at.origin);
	return {
		db,
		close,
		async person(name, { admin = false, displayName = name } = {}) {
			const id = await addUser(db, { name, displayName, password: PASSWORD, admin });
			const { cookie } = await sessions.create(id, { address: '', userAgent: '' });
			const token = await insertToken(
				db,
				{ id },
				{ label: 'test', scopes: ['read', 'write', 'run'], days: null }
			);
			return { id, name, cookie: { name: cookie.name, value: cookie.value }, token };
		},
		async notebook(owner, ipynb) {
			return (await createNotebook(db, owner.id, ipynb === undefined ? undefined : { ipynb })).id;
		},
		async workspace(owner, at, environments) {
			const id = newId();
			const { port, user, fingerprint } = at;
			const host = '127.0.0.1';
			await db
				.insert(workspaces)
				.values({ id, ownerId: owner.id, name: 'Group node', host, port, user, environments });
			const key = { host, port, keyType: '', fingerprint };
			if (fingerprint !== null)
				await createHostKeyBook(db).accept(owner.id, key, { ...key, fingerprint }, false);
			return id;
		},
		async member(notebookId, person, role) {
			await db.insert(members).values({ notebookId, userId: person.id, role });
		}
	};
}

/** As an administrator would, so that the server knows of it when this is through; the administrator is gone then. */
async function openLoopback(db: Database, origin: string): Promise<void> {
	const id = await addUser(db, { name: newId(), displayName: '', password: PASSWORD, admin: true });
	const token = await insertToken(db, { id }, { label: 'test', scopes: ['write'], days: null });
	const answer = await fetch(`${origin}/api/settings`, {
		method: 'PUT',
		headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
		body: JSON.stringify({ reach: LOOPBACK })
	});
	await db.delete(users).where(eq(users.id, id));
	if (!answer.ok) throw new Error(`the list of places was not taken: ${await answer.text()}`);
}
