import type { WorkspaceId } from '#lib/model/ids.ts';
import type { WorkspaceAddress } from '#lib/model/workspace.ts';
import type { RoomUser } from './caller.ts';

/** What rooms must know of workspaces; the site owns them and hands this in. */
export interface WorkspaceDirectory {
	/** Where a workspace is; null when it was removed. */
	address(id: WorkspaceId): Promise<WorkspaceAddress | null>;
	/** Whether this person may start kernels there: it is theirs. */
	mayUse(user: RoomUser, id: WorkspaceId): Promise<boolean>;
	/** Where this person's kernels go when nothing was chosen; null when they have no workspace. */
	defaultFor(user: RoomUser): Promise<WorkspaceId | null>;
	/** Resolves when kernels can start there; reports what is still being prepared. Rejects with ProblemError. */
	ready(id: WorkspaceId, progress: (state: { text: string; part: number | null }) => void): Promise<void>;
}
