import type { WorkspaceId } from './ids.ts';

/** One account on the way: a jump host, or the workspace itself. */
export interface SshHop {
	host: string;
	port: number;
	user: string;
}

/** A host key as far as it is known; `keyType` is empty where only the fingerprint was recorded. */
export interface KnownKey {
	/** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, … */
	keyType: string;
	/** `SHA256:` and 43 letters, as OpenSSH prints it. */
	fingerprint: string;
}

/** What is known of who answers at one hop. */
export interface HostTrust {
	/** Keys the owner has accepted or imported. */
	accepted: KnownKey[];
	/** Keys an administrator has pinned for this host: where there are any, no other counts and none may be accepted. */
	pinned: KnownKey[];
	/** Fingerprints that are refused whatever else is known. */
	revoked: string[];
}

/** Where one can log in. `local` is the machine the server runs on. Secrets are never part of it. */
export type WorkspaceAddress =
	| { kind: 'local'; id: WorkspaceId; name: string; environments: string[]; kernels?: KernelSpec[] }
	| {
			kind: 'ssh';
			id: WorkspaceId;
			name: string;
			host: string;
			port: number;
			user: string;
			/** The hosts to go through, in order; the first is the one reached from here. */
			jumps: SshHop[];
			/** One entry a hop, jump hosts first, the workspace itself last. */
			trust: HostTrust[];
			/** `system`: by the `ssh` program of the server with its own configuration, where the operator allows it. */
			way: 'ssh' | 'system';
			/** The owner is an administrator: addresses closed to others by default are open. */
			privileged: boolean;
			/** Virtual environments (venv or conda prefixes) the owner named, to look for kernels in. */
			environments: string[];
			/** Kernels of its named environments (environment-kernels.ts), known without looking. */
			kernels?: KernelSpec[];
	  };

/**
 * What logs in, held in memory only for as long as the connection needs it. `interactive`: answer the machine's own
 * questions as they come (one-time passwords). `browser-key`: a key that never leaves the person's browser, which signs
 * when asked; `publicKey` is the key blob of the SSH protocol (RFC 4253 section 6.6) in base64. `agent`: the SSH agent of
 * the account the server runs as.
 */
export type Credential =
	| { kind: 'password'; password: string }
	| { kind: 'key'; privateKey: string; passphrase?: string }
	| { kind: 'interactive' }
	| { kind: 'browser-key'; publicKey: string }
	| { kind: 'agent' };

export type SignInMethod = Credential['kind'];

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
