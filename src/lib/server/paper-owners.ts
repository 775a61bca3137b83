/** Whose card it is: who published it first, and the owners of its notebook. */
import { eq } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { members } from '#db/schema.ts';
import { can } from '#lib/model/role.ts';
import type { PaperRow } from './paper-rows.ts';

/** Their user ids, each once. */
export async function ownersOf(
	db: Database,
	{ ownerId, notebookId }: Pick<PaperRow, 'ownerId' | 'notebookId'>
): Promise<string[]> {
	if (notebookId === null) return [ownerId];
	const rows = await db
		.select({ user: members.userId, role: members.role })
		.from(members)
		.where(eq(members.notebookId, notebookId));
	const may = rows.filter(({ role }) => can(role, 'publish'));
	return [...new Set([ownerId, ...may.map(({ user }) => user)])];
}
