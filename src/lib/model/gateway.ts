import type { Duplex } from 'node:stream';
import type { CheckLine } from './check-list.ts';
import type { Survey } from './check-list.ts';
import type { Gpu } from './gpu.ts';
import type { KernelEvent } from './kernel-event.ts';
import type { JobAct, JobEntry, JobStatus, Offer, Resources, SchedulerName } from './job.ts';
import type { JsonObject } from './json.ts';
import type { KernelId, WorkspaceId } from './ids.ts';
import type { Problem } from './problem.ts';
import type { KernelUsage } from './room-news.ts';
import type { SweepStart, SweepStatus } from './sweep.ts';
import type { TaskStart, TaskStatus } from './task.ts';
import type { WorkspaceFiles } from './workspace-files.ts';
import type { TerminalPort } from './terminal-port.ts';
import type { Credential, KernelSpec, SignInMethod, WorkspaceAddress } from './workspace.ts';

/**
 * How to try a connection ended. `host-key-unknown` and `host-key-changed` are said before any credential is used for
 * that hop; accepting the shown fingerprint means calling again with it in the address. `hostKey` is the workspace's own,
 * as it was verified; null where there is none (this machine).
 */
export type ConnectResult =
	| { state: 'connected'; host: string; user: string; python: string; hostKey: string | null }
	| ({ state: 'host-key-unknown'; fingerprint: string; keyType: string } & AtHop)
	| ({
			state: 'host-key-changed';
			fingerprint: string;
			keyType: string;
			expected: string;
			/** An administrator has pinned the key: a person cannot accept another one. */
			pinned?: boolean;
	  } & AtHop)
	| ({ state: 'needs-sign-in'; methods: SignInMethod[]; problem?: Problem } & AtHop)
	| { state: 'failed'; problem: Problem };

/** Which hop an answer is about: 0 is the first jump host, or the workspace itself when there is none. */
export interface AtHop {
	hop: number;
	host: string;
	port: number;
	user: string;
}

/** What a person brings along to a try. */
export interface SignIn {
	/** For the hop it is about; what logged in at the others is remembered for the length of the try and of the line. */
	hop: number;
	credential: Credential;
}

export interface ConnectOptions {
	signIn?: SignIn;
	/** Hears the lines of the check list as they happen, `doing` first; never after the result. */
	onCheck?: (line: CheckLine) => void;
}

/** A message to a kernel, as in the Jupyter messaging protocol. */
export interface KernelMessage {
	channel: 'shell' | 'control' | 'stdin';
	msgId: string;
	msgType: string;
	content: JsonObject;
	metadata?: JsonObject;
	buffers?: readonly Uint8Array[];
	/** By the kernel's subshell where it has one, so that it does not wait for what runs (comm messages). */
	aside?: boolean;
}

export interface KernelQuestion {
	channel?: 'shell' | 'control';
	msgType: string;
	content: JsonObject;
	/** How long to wait; 10 without it. */
	seconds?: number;
}

/** The reply, and for an execute request what it sent to iopub (streams, displays, results, errors). */
export interface KernelAnswer {
	type: string;
	content: JsonObject;
	outputs: { type: string; content: JsonObject }[];
}

/** A program of the account that waits for connections. `pid` is null where it may not be known. */
export interface ListeningPort {
	port: number;
	/** Where it listens: `127.0.0.1`, `0.0.0.0`, `::1`, `::`. */
	address: string;
	pid: number | null;
	command: string;
}

/** What a subscriber to a kernel hears. Calls come one at a time, in the order of `seq`. */
export interface KernelListener {
	/** Several events at once where they came together; never empty. */
	events(events: KernelEvent[]): void;
	/**
	 * The line to the workspace: `lost` while it is being tried again, or, with a problem, while it waits for a person to be
	 * there; `closed` when a sign-in is needed or it was given up.
	 */
	link(state: 'up' | 'lost' | 'closed', problem?: Problem): void;
	/** How the batch job of the kernel is, at first and at every change; never for a kernel that runs in none. */
	job?(status: JobStatus): void;
}

/** How a kernel is started. */
export interface KernelStart {
	cwd?: string;
	env?: Record<string, string>;
	/** In a batch job with these resources; on the login node without. */
	resources?: Resources;
}

/** One kernel followed from a point of its spool. */
export interface KernelSubscription {
	/** Everything up to `seq` is folded and stored; the spool before `keep` is not needed any more. */
	acknowledge(seq: number, keep: number): void;
	/** While `on`, no more comes than what is on its way (about 1 MiB): the listener has enough to do. */
	hold(on: boolean): void;
	close(): void;
}

/**
 * The port between the rooms of documents and the machines: everything the collaboration server may ask for.
 * It knows no notebook, no Yjs, no user and no SQL. All promises reject with ProblemError only.
 */
export interface KernelGateway {
	/** Connect (or answer from a living connection) with what is at hand. */
	connect(workspace: WorkspaceAddress, options?: ConnectOptions): Promise<ConnectResult>;
	/** Whether a connection lives now. */
	isConnected(workspace: WorkspaceId): boolean;
	/** End the connection and forget the credential. Kernels live on. */
	disconnect(workspace: WorkspaceId): Promise<void>;
	/** A person is there again: a line that is being tried again, or that waits for somebody, is tried at once. */
	wake(workspace: WorkspaceId): void;
	/** Wipe what logs in from memory. A living line stays up; when it breaks, a sign-in is needed. */
	forgetSecrets(workspace: WorkspaceId): void;
	/** Put a line into the account's `~/.ssh/authorized_keys`, once; false: it was there. Rejects with ProblemError. */
	authorizeKey(workspace: WorkspaceId, line: string): Promise<boolean>;
	/**
	 * A connection to a port of the workspace's own loopback address; with `kernel`, of that of the node its batch job runs
	 * on. Ends with the line or the job. Rejects with ProblemError: 410 `job-over` when the kernel is in no job any more.
	 */
	dial(workspace: WorkspaceId, port: number, kernel?: KernelId | null): Promise<Duplex>;
	/** The TCP ports programs of the account listen on, where loopback reaches them; with `kernel`, those of programs in its job. */
	listening(workspace: WorkspaceId, kernel?: KernelId | null): Promise<ListeningPort[]>;
	kernelspecs(
		workspace: WorkspaceAddress
	): Promise<{ specs: KernelSpec[]; problems: { path: string; message: string }[] }>;
	/** What the machine has: disk, GPUs, batch system, kernels. Takes up to about 6 seconds; needs a living connection. */
	survey(workspace: WorkspaceId): Promise<Survey>;
	/** Start a kernel under an id chosen by the caller; a second call with the same id changes nothing. */
	start(workspace: WorkspaceId, kernel: KernelId, spec: KernelSpec, options: KernelStart): Promise<void>;
	/** Hear the kernel's events after `after`; survives lost links by itself. */
	subscribe(
		workspace: WorkspaceId,
		kernel: KernelId,
		after: number,
		listener: KernelListener
	): KernelSubscription;
	/** Send a message. Idempotent in `msgId`: a repeated call does not run anything twice. */
	send(workspace: WorkspaceId, kernel: KernelId, message: KernelMessage): Promise<void>;
	/**
	 * Ask the kernel something that concerns only the asker (completion, inspection, a silent look at the variables): the
	 * answer is not an event and is kept nowhere. Goes by the kernel's subshell where it has one; else 503 `agent-busy`
	 * while something runs. 504 `agent-timeout` without an answer in `seconds`.
	 */
	ask(workspace: WorkspaceId, kernel: KernelId, question: KernelQuestion): Promise<KernelAnswer>;
	/** What the kernel uses now; null where that cannot be known. */
	usage(workspace: WorkspaceId, kernel: KernelId): Promise<KernelUsage | null>;
	interrupt(workspace: WorkspaceId, kernel: KernelId): Promise<void>;
	/**
	 * Ask it to end, then insist; `died` follows as an event. `restart` tells the kernel that it will be started again; `now`:
	 * it is not asked, and all it has started goes with it.
	 */
	shutdown(
		workspace: WorkspaceId,
		kernel: KernelId,
		options?: { restart?: boolean; now?: boolean }
	): Promise<void>;
	/** Drop the spool of a kernel that is dead. */
	forget(workspace: WorkspaceId, kernel: KernelId): Promise<void>;
	/** `job` is null for a kernel on the login node. */
	kernels(workspace: WorkspaceId): Promise<
		{
			kernel: KernelId;
			state: 'starting' | 'alive' | 'dead';
			lastSeq: number;
			job: JobStatus | null;
		}[]
	>;
	/** Start work that outlives the line and the agent; a second call while it runs changes nothing. */
	startTask(workspace: WorkspaceId, task: string, work: TaskStart): Promise<void>;
	/** All tasks of the account, the oldest first, without what they print. */
	tasks(workspace: WorkspaceId): Promise<TaskStatus[]>;
	/** 404 `agent-no-task` where there is none. */
	task(workspace: WorkspaceId, task: string): Promise<TaskStatus>;
	cancelTask(workspace: WorkspaceId, task: string): Promise<void>;
	/** Drop one that has ended. */
	forgetTask(workspace: WorkspaceId, task: string): Promise<void>;
	/** The GPUs of the machine; none where nvidia-smi says nothing. */
	gpus(workspace: WorkspaceId): Promise<Gpu[]>;
	/** The batch systems of the workspace and what is free there now; none where there are none. */
	offers(workspace: WorkspaceId): Promise<Offer[]>;
	/** All batch jobs of the account. `queries`: how often the schedulers were asked so far, for all of them together. */
	jobs(workspace: WorkspaceId): Promise<{ jobs: JobEntry[]; queries: number }>;
	/** 409 `agent-job` where the scheduler refuses, in its words. */
	jobAct(workspace: WorkspaceId, scheduler: SchedulerName, id: string, act: JobAct): Promise<void>;
	/** So many minutes more for the batch job of a kernel. 409 `agent-job` where the scheduler refuses, in its words. */
	extend(workspace: WorkspaceId, kernel: KernelId, minutes: number): Promise<void>;
	/** The end of the log of a job. */
	jobLog(workspace: WorkspaceId, scheduler: SchedulerName, id: string): Promise<string>;
	/** Give the jobs of a sweep to the scheduler, in the background; a second call for the same folder changes nothing. */
	startSweep(workspace: WorkspaceId, spec: KernelSpec, sweep: SweepStart): Promise<void>;
	/** 404 `agent-no-sweep` where the folder has none. */
	sweep(workspace: WorkspaceId, folder: string): Promise<SweepStatus>;
	/** Remove the jobs of a sweep that are not over yet. */
	stopSweep(workspace: WorkspaceId, folder: string): Promise<void>;
	/** The machines behind the living connections; `boot` is the same for all accounts of one machine until it is started anew. */
	machines(): { workspace: WorkspaceId; host: string; user: string; boot: string }[];
	/** The files of a workspace; its calls refuse with 503 while there is no connection. */
	files(workspace: WorkspaceId): WorkspaceFiles;
	/** The terminals of a workspace; they need a living connection. */
	terminals(workspace: WorkspaceId): TerminalPort;
	/** Close every connection; kernels live on. */
	close(): Promise<void>;
}
