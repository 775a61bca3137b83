/**
 * What the routes may call: the server half of the site as interfaces. `src/services.ts` composes the real ones and
 * hooks.server.ts hands them to every request as `locals.services`. All methods that refuse throw ProblemError with the
 * HTTP status; routes guard, call, return.
 */
import type { CommandResult, RoomCommand } from '#lib/model/room-command.ts';
import type { ConnectResult, ListeningPort } from '#lib/model/gateway.ts';
import type { KernelJob } from '#lib/model/job.ts';
import type { JsonObject } from '#lib/model/json.ts';
import type { KernelId, NotebookId, UserId, WorkspaceId } from '#lib/model/ids.ts';
import type { PreferenceChange, Preferences as EverywherePreferences } from '#lib/model/preference.ts';
import type { JobWay } from '#lib/model/job.ts';
import type { SitePreset } from '#lib/model/job-preset.ts';
import type { ReachEntry } from '#lib/model/reach.ts';
import type { Role } from '#lib/model/role.ts';
import type { Run } from '#lib/model/run.ts';
import type { KernelView } from '#lib/model/runtime-doc.ts';
import type { ReachTrial } from './reachable.ts';
import type { Environments } from './environments.ts';
import type { Batch } from './batch.ts';
import type { GpuBoard } from './gpu-board.ts';
import type { StreamLines } from './streams.ts';
import type { Ask, AskAnswer } from '#lib/model/ask.ts';
import type { CheckLine } from '#lib/model/check-list.ts';
import type { SignIn } from '#lib/model/gateway.ts';
import type { KnownHostsProblem } from '#lib/model/known-hosts.ts';
import type { KernelSpec, KnownKey, SignInMethod, SshHop, WorkspaceState } from '#lib/model/workspace.ts';
import type { BoundNotebooks } from './bound-notebooks.ts';
import type { Guests } from './guests.ts';
import type { PaperRuns } from './paper-runs.ts';
import type { PaperFiles } from './paper-files.ts';
import type { PaperGit } from './paper-git.ts';
import type { PaperChecks } from './paper-checks.ts';
import type { PaperCounts } from './paper-counts.ts';
import type { PaperSuggestions } from './paper-suggestions.ts';
import type { Papers } from './papers.ts';
import type { PaperModeration } from './paper-moderation.ts';
import type { Collections } from './collections.ts';
import type { WorkspaceFileService } from './workspace-files.ts';
import type { Sweeps } from './sweeps.ts';
import type { Terminals } from './terminals.ts';
import type { Versions } from './versions.ts';

export interface User {
	id: UserId;
	/** What one signs in with: 2–40 letters, digits, `.`, `-`, `_`; compared without case. */
	name: string;
	displayName: string;
	admin: boolean;
	/** A guest (guests.ts): an account that ends then. */
	guestUntil?: Date;
}

/** Who is asking: a browser session, or a token with its scopes. */
export interface Caller {
	user: User;
	sessionId: string | null;
	scopes: readonly string[] | 'all';
}

export interface SessionCookie {
	name: string;
	value: string;
	attributes: {
		path: string;
		httpOnly: boolean;
		secure: boolean;
		sameSite: 'lax';
		maxAge?: number;
		expires?: Date;
	};
}

export interface Invitation {
	/** What the link makes: an administrator or a user. */
	admin: boolean;
	invitedBy: string | null;
	expiresAt: Date;
}

export interface Accounts {
	/** The session of a cookie header's token, and a fresh cookie when it was extended. */
	validate(token: string | undefined): Promise<{ caller: Caller | null; cookie: SessionCookie | null }>;
	/** The caller of an `Authorization: Bearer …` token. */
	validateToken(token: string): Promise<Caller | null>;
	cookieName: string;
	/** Refuses with 401 `sign-in-refused` (one sentence for unknown name and wrong password) or 429 `sign-in-limit`. */
	signIn(
		name: string,
		password: string,
		client: { address: string; userAgent: string }
	): Promise<SessionCookie>;
	/** Ends the session; its sockets close within a second. */
	signOut(caller: Caller): Promise<SessionCookie>;
	/** Ends every other session of the user too; returns the cookie of a new one. */
	changePassword(caller: Caller, current: string, next: string): Promise<SessionCookie>;
	setDisplayName(caller: Caller, displayName: string): Promise<void>;
	/** What an invitation link is for; null when it is unknown, used or too old. */
	invitation(token: string): Promise<Invitation | null>;
	/** Make the account the link stands for and sign in. Refuses with 400 (name taken, weak password) or 410. */
	accept(
		token: string,
		account: { name: string; displayName: string; password: string },
		client: { address: string; userAgent: string }
	): Promise<SessionCookie>;
	/** Administrators only. Returns the link; it works once, for a week. */
	invite(caller: Caller, options: { admin: boolean }): Promise<{ url: string }>;
	users(caller: Caller): Promise<(User & { createdAt: Date })[]>;
	createToken(
		caller: Caller,
		options: { label: string; scopes: string[]; days: number | null }
	): Promise<{ token: string }>;
	tokens(
		caller: Caller
	): Promise<{ id: string; label: string; scopes: string[]; createdAt: Date; lastUsedAt: Date | null }[]>;
	revokeToken(caller: Caller, id: string): Promise<void>;
}

export interface NotebookRow {
	id: NotebookId;
	title: string;
	role: Role;
	owner: string;
	createdAt: Date;
	updatedAt: Date;
	cells: number;
	/** The version of a paper it was made from; null for others. */
	origin: { slug: string; number: number; title: string } | null;
}

export interface Member {
	user: UserId;
	name: string;
	displayName: string;
	role: Role;
}

export interface ShareLink {
	id: string;
	role: Role;
	createdAt: Date;
	/** Only in the answer to its making: the server keeps a digest. */
	url?: string;
}

export interface Notebooks {
	/** An empty notebook (one empty code cell), or one made from the text of an .ipynb file. */
	create(
		caller: Caller,
		from?: { ipynb: string; title?: string }
	): Promise<{ id: NotebookId; warnings: string[] }>;
	list(
		caller: Caller,
		page?: { after?: string; limit?: number }
	): Promise<{ notebooks: NotebookRow[]; next: string | null }>;
	/** The caller's view of one; 404 when there is none or the caller has no role in it. */
	get(caller: Caller, id: NotebookId): Promise<NotebookRow & { genesis: string; idle: IdleRule }>;
	/** Owners: after how many minutes its unused kernel is shut down (null: as the administrator has set, 0: never). */
	update(caller: Caller, id: NotebookId, change: { idleMinutes?: number | null }): Promise<void>;
	/** The document as people see it now, outputs included. */
	export(
		caller: Caller,
		id: NotebookId,
		format: 'ipynb' | 'py' | 'md' | 'html'
	): Promise<{ text: string; mime: string; filename: string }>;
	delete(caller: Caller, id: NotebookId): Promise<void>;
	members(caller: Caller, id: NotebookId): Promise<{ members: Member[]; links: ShareLink[] }>;
	/** Give a person a role by sign-in name, or change it. The last owner stays. */
	setMember(caller: Caller, id: NotebookId, name: string, role: Role): Promise<void>;
	removeMember(caller: Caller, id: NotebookId, user: UserId): Promise<void>;
	createLink(caller: Caller, id: NotebookId, role: Role): Promise<ShareLink & { url: string }>;
	revokeLink(caller: Caller, id: NotebookId, link: string): Promise<void>;
	/** Open a share link: the caller gets its role unless theirs is stronger. 404 when it is unknown or revoked. */
	acceptLink(caller: Caller, token: string): Promise<{ id: NotebookId; role: Role }>;
	/** A blob the notebook's outputs refer to. 404 otherwise. */
	blob(caller: Caller, id: NotebookId, hash: string): Promise<{ bytes: Uint8Array; mime: string }>;
	/** The whole of a long text output, also while its cell runs. 404 when it is not shown any more. */
	stream(caller: Caller, id: NotebookId, stream: string): Promise<ReadableStream<Uint8Array>>;
	/** Some lines of it. */
	streamLines(
		caller: Caller,
		id: NotebookId,
		stream: string,
		from: number,
		count: number
	): Promise<StreamLines>;
}

/** When an unused kernel is shut down. Times in minutes. */
export interface IdleRule {
	/** The owner's choice; null: none, 0: never. */
	own: number | null;
	/** What holds without a choice; null: never. */
	default: number | null;
	/** The longest an owner may choose; null: any, and never. */
	maximum: number | null;
	/** What comes of it; null: never. */
	minutes: number | null;
}

export interface SiteSettings {
	/** Shut an unused kernel down after so many minutes, where the owner of its notebook has not chosen; null: never. */
	idleMinutes: number | null;
	/** The longest an owner may choose; null: any, and never. */
	idleMinutesMax: number | null;
	/** A batch job whose kernel nobody has asked for so many minutes ends by itself; null: a day. */
	jobLeaseMinutes: number | null;
	/** How a login node comes to the nodes of its jobs; null: as it finds out itself. A machine's own word has precedence. */
	jobWay: JobWay | null;
	/** What everybody is offered to ask a batch system for, by a name. */
	jobPresets: SitePreset[];
	/** Where workspaces may be; empty: everywhere but at addresses that are closed by default. */
	reach: ReachEntry[];
	/** New public cards are for their owners and administrators until one of these has let them through. */
	paperModeration: boolean;
}

/** Administrators only. */
export interface Settings {
	read(caller: Caller): Promise<SiteSettings>;
	write(caller: Caller, change: Partial<SiteSettings>): Promise<SiteSettings>;
	/** Whether a workspace may be there, by the list that holds or by another one. Looks the name up, connects to nothing. */
	tryReach(caller: Caller, host: string, port: number, list?: ReachEntry[]): Promise<ReachTrial>;
}

export interface NoticeSettings {
	/** Where mail goes to. */
	email: string | null;
	/** Tell me of the end of runs that took at least so many seconds; null: never. */
	notifyAfterS: number | null;
	notifyByMail: boolean;
}

/** How a person is told of the end of their long runs. */
export interface Notices {
	/** `mail`: whether the server can send any. */
	read(caller: Caller): Promise<NoticeSettings & { mail: boolean }>;
	write(caller: Caller, settings: NoticeSettings): Promise<NoticeSettings & { mail: boolean }>;
}

/** What a person has arranged (model/preference.ts). Everybody has their own; scopes are not checked against rights. */
export interface Preferences {
	read(caller: Caller, scope: string): Promise<object>;
	everywhere(caller: Caller): Promise<EverywherePreferences>;
	/** What is named is set, null takes it away; answers the scope as it is then. */
	write(caller: Caller, change: PreferenceChange): Promise<object>;
}

export interface WorkspaceRow {
	id: WorkspaceId;
	kind: 'local' | 'ssh';
	name: string;
	host: string;
	port: number;
	user: string;
	/** The hosts to go through; the first is the one reached from here. */
	jumps: SshHop[];
	way: 'ssh' | 'system';
	environments: string[];
	/** The keys believed, one list a hop, jump hosts first. */
	hostKeys: (KnownKey & { origin: HostKeyRow['origin'] })[][];
	state: WorkspaceState;
	/** For `local`: how far the first Python environment is; null when it is ready. */
	preparing: { text: string; part: number | null } | null;
	/** How the owner signed in last, one a hop: never what with. `key`: the fingerprint of a browser's key. */
	signIns: ({ kind: SignInMethod; key?: string } | null)[];
	/** Connected, or would be had the server not ended. */
	wanted: boolean;
}

export interface WorkspaceFields {
	name: string;
	host: string;
	port: number;
	user: string;
	environments: string[];
	/** Without it: none. */
	jumps?: SshHop[];
	/** Without it: our own. */
	way?: 'ssh' | 'system';
}

/** Ways in that the operator allows besides our own. */
export interface Ways {
	/** The `ssh` program of the server with its configuration. */
	system: boolean;
	/** The SSH agent of the account the server runs as. */
	agent: boolean;
}

export interface ConnectRequest {
	/** The key the person has just seen and trusts; a changed one counts only with `replace`. */
	accept?: KnownKey & { hop: number; replace?: boolean };
	signIn?: SignIn;
}

export interface Workspaces {
	/** What is open to this person: both log in as the account of the server, so they are for administrators. */
	ways(caller: Caller): Ways;
	/** The caller's own; "This machine" first, for those who may use it. */
	list(caller: Caller): Promise<WorkspaceRow[]>;
	add(caller: Caller, fields: WorkspaceFields): Promise<WorkspaceRow>;
	update(caller: Caller, id: WorkspaceId, fields: WorkspaceFields): Promise<WorkspaceRow>;
	remove(caller: Caller, id: WorkspaceId): Promise<void>;
	/** Try to connect; the check list comes with the answer, and line by line to the person's pages. */
	connect(
		caller: Caller,
		id: WorkspaceId,
		options: ConnectRequest
	): Promise<ConnectResult & { checks: CheckLine[] }>;
	/** Put the line of one of the caller's browser keys into the account's authorized_keys; false: it was there. */
	authorizeKey(caller: Caller, id: WorkspaceId, key: string): Promise<{ added: boolean }>;
	disconnect(caller: Caller, id: WorkspaceId): Promise<void>;
	/** Needs a living connection; 409 `workspace-disconnected` otherwise. */
	kernelspecs(
		caller: Caller,
		id: WorkspaceId
	): Promise<{ specs: KernelSpec[]; problems: { path: string; message: string }[] }>;
}

/** Questions of machines to a person, for those who have no page open. */
export interface Asks {
	list(caller: Caller): { id: string; ask: Ask }[];
	/** 404 when it was answered or taken back, 400 when the answer does not fit. */
	answer(caller: Caller, id: string, answer: Exclude<AskAnswer, { kind: 'nobody' }>): void;
}

export type BrowserKeyAlgorithm = 'ssh-ed25519' | 'ecdsa-sha2-nistp256';

export interface BrowserKeyRow {
	id: string;
	name: string;
	algorithm: BrowserKeyAlgorithm;
	/** `SHA256:…` */
	fingerprint: string;
	/** For `authorized_keys`. */
	line: string;
	createdAt: Date;
	lastUsedAt: Date | null;
}

/** The public halves of keys that are in the caller's browsers. */
export interface BrowserKeys {
	list(caller: Caller): Promise<BrowserKeyRow[]>;
	/** `publicKey` is the key blob of the SSH protocol in base64. A key that is known gets the new name. */
	add(
		caller: Caller,
		key: { name: string; algorithm: BrowserKeyAlgorithm; publicKey: string }
	): Promise<BrowserKeyRow>;
	rename(caller: Caller, id: string, name: string): Promise<BrowserKeyRow>;
	remove(caller: Caller, id: string): Promise<void>;
}

export interface HostKeyRow {
	id: string;
	/** The host field of a known_hosts line. */
	pattern: string;
	/** The host cannot be read from it. */
	hashed: boolean;
	/** Empty where only the fingerprint was recorded. */
	keyType: string;
	fingerprint: string;
	revoked: boolean;
	origin: 'accepted' | 'pinned' | 'imported';
	createdAt: Date;
}

export interface HostKeys {
	/** The caller's own, and those administrators vouch for. */
	list(caller: Caller): Promise<{ own: HostKeyRow[]; pinned: HostKeyRow[] }>;
	/** Take over the lines of a known_hosts file; `pin` (administrators) for everybody. */
	add(
		caller: Caller,
		from: { knownHosts: string; pin: boolean }
	): Promise<{ added: number; known: number; problems: KnownHostsProblem[] }>;
	remove(caller: Caller, id: string): Promise<void>;
	/** A revoked key is refused wherever it is seen. */
	setRevoked(caller: Caller, id: string, revoked: boolean): Promise<HostKeyRow>;
}

/** Web services that run on a workspace, shown on origins of their own. */
export interface WorkspacePorts {
	/** Whether this installation has an origin for them. */
	available: boolean;
	/** What listens there, or, with a kernel, in its batch job. Needs a living connection. 410 `job-over` without such a job. */
	list(caller: Caller, id: WorkspaceId, kernel: KernelId | null): Promise<ListeningPort[]>;
	/** The batch jobs there in which kernels of ours run now. Needs a living connection. */
	jobs(caller: Caller, id: WorkspaceId): Promise<KernelJob[]>;
	/** The address that lets the caller in, once and at once; `to` is the path to go to there. */
	open(
		caller: Caller,
		place: { workspace: WorkspaceId; kernel: KernelId | null; port: number },
		to: string | null
	): Promise<{ url: string }>;
}

export interface Rooms {
	/** The same path a browser's command takes; the role is checked there. */
	command(caller: Caller, id: NotebookId, command: RoomCommand): Promise<CommandResult>;
	/** One run; waits up to `waitSeconds` for its end. */
	run(caller: Caller, id: NotebookId, run: string, waitSeconds: number): Promise<Run | null>;
	state(caller: Caller, id: NotebookId): Promise<{ kernel: KernelView; runs: Run[] }>;
}

export interface Services {
	accounts: Accounts;
	notebooks: Notebooks;
	workspaces: Workspaces;
	asks: Asks;
	bound: BoundNotebooks;
	browserKeys: BrowserKeys;
	hostKeys: HostKeys;
	environments: Environments;
	batch: Batch;
	gpus: GpuBoard;
	files: WorkspaceFileService;
	rooms: Rooms;
	sweeps: Sweeps;
	versions: Versions;
	terminals: Terminals;
	settings: Settings;
	notices: Notices;
	preferences: Preferences;
	ports: WorkspacePorts;
	papers: Papers;
	paperModeration: PaperModeration;
	collections: Collections;
	paperRuns: PaperRuns;
	guests: Guests;
	paperFiles: PaperFiles;
	paperGit: PaperGit;
	paperChecks: PaperChecks;
	paperCounts: PaperCounts;
	paperSuggestions: PaperSuggestions;
	/** The OpenAPI description served at /api/openapi.json. */
	openapi: JsonObject;
	site: { origin: string; userContentOrigin: string; secure: boolean };
	health: { ready(): Promise<{ ok: boolean; checks: Record<string, string> }> };
}
