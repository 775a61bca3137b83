import type { WorkspaceState } from '#lib/model/workspace.ts';

/** A workspace as `GET /api/workspaces` lists it. The server's own type is out of reach of the browser half. */
export interface WorkspaceListing {
	id: string;
	kind: 'local' | 'ssh';
	name: string;
	host: string;
	port: number;
	user: string;
	hostKey: string | null;
	environments: string[];
	state: WorkspaceState;
	preparing: { text: string; part: number | null } | null;
}
