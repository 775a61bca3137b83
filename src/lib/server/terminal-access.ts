/** Who may see a terminal, and who may type: read from the database at every asking. */
import { and, eq } from 'drizzle-orm';
import { roleOf } from '#collab/access.ts';
import type { RoomUser } from '#collab/caller.ts';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import { terminalShares, users } from '#db/schema.ts';
import { can } from '#lib/model/role.ts';
import { isPlainId } from './plain-line.ts';

export interface TerminalAccess {
	/** May type. */
	write: boolean;
	/** Whose account it is. */
	owner: { id: string; name: string };
}

/** Which terminal, and by which notebook it is shown to who asks; null for an owner's own door. */
export interface TerminalPlace {
	workspace: string;
	terminal: string;
	notebook: string | null;
}

/**
 * The owner of the workspace may do all. By a notebook: those who may run there, as long as the terminal is shown in it
 * and who showed it may still use the workspace. null for everybody else.
 */
export async function terminalAccess(
	db: Database,
	directory: WorkspaceDirectory,
	user: RoomUser,
	{ workspace, terminal, notebook }: TerminalPlace
): Promise<TerminalAccess | null> {
	if (![workspace, terminal, notebook ?? 'none'].every(isPlainId)) return null;
	if (notebook === null) {
		if (!(await directory.mayUse(user, workspace))) return null;
		return { write: true, owner: { id: user.id, name: user.name } };
	}
	if (!can(await roleOf(db, notebook, user.id), 'run')) return null;
	const [row] = await db
		.select({ write: terminalShares.write, id: users.id, name: users.displayName, admin: users.admin })
		.from(terminalShares)
		.innerJoin(users, eq(users.id, terminalShares.ownerId))
		.where(
			and(
				eq(terminalShares.notebookId, notebook),
				eq(terminalShares.workspaceId, workspace),
				eq(terminalShares.terminal, terminal)
			)
		);
	if (!row || !(await directory.mayUse(row, workspace))) return null;
	return { write: row.write || row.id === user.id, owner: { id: row.id, name: row.name } };
}
