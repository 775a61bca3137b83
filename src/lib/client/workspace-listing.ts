import type { KnownKey, SignInMethod, SshHop, WorkspaceState } from '#lib/model/workspace.ts';

/** How one got in at a hop the last time; `key` is the fingerprint of a browser's key. */
export type LastSignIn = { kind: SignInMethod; key?: string } | null;

/** A workspace as `GET /api/workspaces` lists it. The server's own type is out of reach of the browser half. */
export interface WorkspaceListing {
	id: string;
	kind: 'local' | 'ssh';
	name: string;
	host: string;
	port: number;
	user: string;
	jumps: SshHop[];
	way: 'ssh' | 'system';
	environments: string[];
	/** The keys known of every hop, jump hosts first. */
	hostKeys: (KnownKey & { origin: 'accepted' | 'pinned' | 'imported' })[][];
	state: WorkspaceState;
	preparing: { text: string; part: number | null } | null;
	signIns: LastSignIn[];
	/** It is connected, or will be again by itself. */
	wanted: boolean;
}

/** Which ways in the operator allows besides our own client. */
export interface WaysIn {
	/** The server's own `ssh`. */
	system: boolean;
	/** The SSH agent of the account the server runs as. */
	agent: boolean;
}

/** `user@host`, with the port where it is not 22. */
export function hopText({ user, host, port }: SshHop): string {
	const name = host.includes(':') && port !== 22 ? `[${host}]` : host;
	return `${user}@${name}${port === 22 ? '' : `:${port}`}`;
}

/** All hops on the way, the workspace itself last. */
export function hopsOf(workspace: Pick<WorkspaceListing, 'jumps' | 'host' | 'port' | 'user'>): SshHop[] {
	const { jumps, host, port, user } = workspace;
	return [...jumps, { host, port, user }];
}

export const SIGN_IN_WORDS: Record<SignInMethod, string> = {
	password: 'password',
	key: 'private key',
	interactive: 'the machine’s questions',
	'browser-key': 'key of a browser',
	agent: 'SSH agent of the server'
};
