import type { KernelId, NotebookId, WorkspaceId } from '#lib/model/ids.ts';
import type { JsonObject } from '#lib/model/json.ts';
import type { KernelSpec, WorkspaceAddress } from '#lib/model/workspace.ts';
import type { RoomUser } from './caller.ts';

/** A kernel that is about to be started. */
export interface KernelLaunch {
	user: RoomUser;
	notebook: NotebookId;
	workspace: WorkspaceId;
	kernel: KernelId;
	spec: KernelSpec;
	/** It is to run in a batch job. */
	job: boolean;
	/** The notebook's metadata. */
	metadata: JsonObject;
}

/** What rooms must know of workspaces; the site owns them and hands this in. */
export interface WorkspaceDirectory {
	/** Where a workspace is; null when it was removed. */
	address(id: WorkspaceId): Promise<WorkspaceAddress | null>;
	/** Whether this person may start kernels there: it is theirs. */
	mayUse(user: RoomUser, id: WorkspaceId): Promise<boolean>;
	/** Where this person's kernels go when nothing was chosen; null when they have no workspace. */
	defaultFor(user: RoomUser): Promise<WorkspaceId | null>;
	/**
	 * How it is started: as the spec says, or wrapped, and in which folder (null: the account's home). Asked each time, just
	 * before; rejects with ProblemError where this person may not start it so.
	 */
	launch?(launch: KernelLaunch): Promise<{ spec: KernelSpec; folder: string | null }>;
	/** Resolves when kernels can start there; reports what is still being prepared. Rejects with ProblemError. */
	ready(id: WorkspaceId, progress: (state: { text: string; part: number | null }) => void): Promise<void>;
}
