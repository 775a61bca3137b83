/** Workspaces as the rooms need them: addresses, who may use which, whether kernels can start. */
import { and, asc, desc, eq, sql } from 'drizzle-orm';
import type { RoomUser } from '#collab/caller.ts';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import { users, workspaces } from '#db/schema.ts';
import { setupKernels } from '#lib/model/environment-kernels.ts';
import type { HostTrust, SshHop, WorkspaceAddress } from '#lib/model/workspace.ts';
import { LOCAL_WORKSPACE, readSetups } from './environment-book.ts';
import type { HostKeyBook } from './host-key-book.ts';
import type { LocalEnvironment } from './local-environment.ts';
import { folderFor } from './paper-copy.ts';
import { isPlainId } from './plain-line.ts';

export { LOCAL_WORKSPACE };
export const LOCAL_NAME = 'This machine';

export type WorkspaceRecord = typeof workspaces.$inferSelect;

/** Every account on the way, the workspace itself last. */
export function hopsOf({ jumps, host, port, user }: Pick<WorkspaceRecord, 'jumps' | keyof SshHop>): SshHop[] {
	return [...jumps, { host, port, user }];
}

/** The address of a stored workspace; `trust` one a hop, `privileged` when its owner is an administrator. */
export function addressOf(
	row: WorkspaceRecord,
	trust: HostTrust[],
	privileged: boolean
): WorkspaceAddress & { kind: 'ssh' } {
	const { id, name, host, port, user, jumps, way, environments } = row;
	return { kind: 'ssh', id, name, host, port, user, jumps, way, environments, trust, privileged };
}

/** Whose workspace it is; null for one that was removed and for this machine, which is nobody's. */
export async function workspaceOwner(db: Database, id: string): Promise<string | null> {
	if (!isPlainId(id)) return null;
	const [row] = await db.select({ owner: workspaces.ownerId }).from(workspaces).where(eq(workspaces.id, id));
	return row?.owner ?? null;
}

export function createWorkspaceBook(
	db: Database,
	environment: LocalEnvironment,
	hostKeys: Pick<HostKeyBook, 'trust'>
): WorkspaceDirectory {
	async function owned(user: RoomUser, id: string): Promise<boolean> {
		if (!isPlainId(id)) return false;
		const [row] = await db
			.select({ id: workspaces.id })
			.from(workspaces)
			.where(and(eq(workspaces.id, id), eq(workspaces.ownerId, user.id)));
		return row !== undefined;
	}

	return {
		async address(id) {
			if (id === LOCAL_WORKSPACE) {
				const kernels = setupKernels(await readSetups(db, id));
				return { kind: 'local', id, name: LOCAL_NAME, environments: [environment.folder], kernels };
			}
			const [found] = await db
				.select({ row: workspaces, admin: users.admin })
				.from(workspaces)
				.innerJoin(users, eq(users.id, workspaces.ownerId))
				.where(eq(workspaces.id, id));
			if (!found) return null;
			const { row, admin } = found;
			const known = addressOf(row, await hostKeys.trust(row.ownerId, hopsOf(row)), admin);
			return { ...known, kernels: setupKernels(row.setups) };
		},

		async mayUse(user, id) {
			return id === LOCAL_WORKSPACE ? user.admin : owned(user, id);
		},

		async defaultFor(user) {
			if (user.admin) return LOCAL_WORKSPACE;
			const [row] = await db
				.select({ id: workspaces.id })
				.from(workspaces)
				.where(eq(workspaces.ownerId, user.id))
				.orderBy(desc(sql`coalesce(${workspaces.lastUsedAt}, ${workspaces.createdAt})`), asc(workspaces.id))
				.limit(1);
			return row?.id ?? null;
		},

		launch: ({ spec, workspace, metadata }) =>
			Promise.resolve({ spec, folder: folderFor(metadata, workspace) }),

		async ready(id, progress) {
			if (id === LOCAL_WORKSPACE) await environment.ready(progress);
		}
	};
}
