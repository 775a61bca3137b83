import type { WorkspaceId } from './ids.ts';

/** Where one can log in. `local` is the machine the server runs on. Secrets are never part of it. */
export type WorkspaceAddress =
	| { kind: 'local'; id: WorkspaceId; name: string; environments: string[] }
	| {
			kind: 'ssh';
			id: WorkspaceId;
			name: string;
			host: string;
			port: number;
			user: string;
			/** `SHA256:…` as OpenSSH prints it, once the owner has accepted it. */
			hostKey: string | null;
			/** Virtual environments (venv or conda prefixes) the owner named, to look for kernels in. */
			environments: string[];
	  };

/** What logs in, held in memory only for as long as the connection needs it. */
export type Credential =
	{ kind: 'password'; password: string } | { kind: 'key'; privateKey: string; passphrase?: string };

/** A kernel that can be started on a workspace (Jupyter's kernelspec plus where it was found). */
export interface KernelSpec {
	name: string;
	displayName: string;
	language: string;
	argv: string[];
	env: Record<string, string>;
	interruptMode: 'signal' | 'message';
	/** The environment folder it belongs to; empty for a system-wide one. */
	environment: string;
}

/** How far a workspace is: what the interface shows beside its name. */
export type WorkspaceState =
	'disconnected' | 'connecting' | 'host-key-unknown' | 'needs-sign-in' | 'connected' | 'failed';
