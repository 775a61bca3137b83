import { and, eq } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { documents, members } from '#db/schema.ts';
import type { Role } from '#lib/model/role.ts';

/** The role of a person in a notebook, or null. Read anew every time: roles change while sockets are open. */
export async function roleOf(db: Database, notebookId: string, userId: string): Promise<Role | null> {
	const [row] = await db
		.select({ role: members.role })
		.from(members)
		.where(and(eq(members.notebookId, notebookId), eq(members.userId, userId)));
	return row?.role ?? null;
}

/** The genesis id of a live document, or null where there is none of that name. */
export async function genesisOf(db: Database, name: string): Promise<string | null> {
	const [row] = await db
		.select({ genesis: documents.genesis })
		.from(documents)
		.where(eq(documents.name, name));
	return row?.genesis ?? null;
}
