import type { KernelEvent } from './kernel-event.ts';
import type { JsonObject } from './json.ts';
import type { KernelId, WorkspaceId } from './ids.ts';
import type { Problem } from './problem.ts';
import type { Credential, KernelSpec, WorkspaceAddress } from './workspace.ts';

/**
 * How to try a connection ended. `host-key-unknown` and `host-key-changed` are said before any credential is used;
 * accepting the shown fingerprint means calling again with it in the address.
 */
export type ConnectResult =
	| { state: 'connected'; host: string; user: string; python: string; hostKey: string | null }
	| { state: 'host-key-unknown'; fingerprint: string; keyType: string }
	| { state: 'host-key-changed'; fingerprint: string; keyType: string; expected: string }
	| { state: 'needs-sign-in'; methods: ('password' | 'key')[]; problem?: Problem }
	| { state: 'failed'; problem: Problem };

/** What a subscriber to a kernel hears. Calls come one at a time, in the order of `seq`. */
export interface KernelListener {
	/** Several events at once where they came together; never empty. */
	events(events: KernelEvent[]): void;
	/** The line to the workspace: `lost` while it is being tried again, `closed` when a sign-in is needed or it was given up. */
	link(state: 'up' | 'lost' | 'closed', problem?: Problem): void;
}

/** One kernel followed from a point of its spool. */
export interface KernelSubscription {
	/** Everything up to `seq` is folded and stored; the spool before `keep` is not needed any more. */
	acknowledge(seq: number, keep: number): void;
	close(): void;
}

/**
 * The port between the rooms of documents and the machines: everything the collaboration server may ask for.
 * It knows no notebook, no Yjs, no user and no SQL. All promises reject with ProblemError only.
 */
export interface KernelGateway {
	/** Connect (or answer from a living connection) with what is at hand. */
	connect(workspace: WorkspaceAddress, credential?: Credential): Promise<ConnectResult>;
	/** Whether a connection lives now. */
	isConnected(workspace: WorkspaceId): boolean;
	/** End the connection and forget the credential. Kernels live on. */
	disconnect(workspace: WorkspaceId): Promise<void>;
	kernelspecs(
		workspace: WorkspaceAddress
	): Promise<{ specs: KernelSpec[]; problems: { path: string; message: string }[] }>;
	/** Start a kernel under an id chosen by the caller; a second call with the same id changes nothing. */
	start(
		workspace: WorkspaceId,
		kernel: KernelId,
		spec: KernelSpec,
		options: { cwd?: string; env?: Record<string, string> }
	): Promise<void>;
	/** Hear the kernel's events after `after`; survives lost links by itself. */
	subscribe(
		workspace: WorkspaceId,
		kernel: KernelId,
		after: number,
		listener: KernelListener
	): KernelSubscription;
	/** Send a message. Idempotent in `msgId`: a repeated call does not run anything twice. */
	send(
		workspace: WorkspaceId,
		kernel: KernelId,
		message: { channel: 'shell' | 'control' | 'stdin'; msgId: string; msgType: string; content: JsonObject }
	): Promise<void>;
	interrupt(workspace: WorkspaceId, kernel: KernelId): Promise<void>;
	shutdown(workspace: WorkspaceId, kernel: KernelId): Promise<void>;
	/** Drop the spool of a kernel that is dead. */
	forget(workspace: WorkspaceId, kernel: KernelId): Promise<void>;
	kernels(
		workspace: WorkspaceId
	): Promise<{ kernel: KernelId; state: 'starting' | 'alive' | 'dead'; lastSeq: number }[]>;
	/** Close every connection; kernels live on. */
	close(): Promise<void>;
}
