/**
 * Connecting for a person: whom to trust at each hop, what they bring along, the list they watch, how they signed in
 * last, and coming back by itself when their browser is there.
 */
import { and, eq } from 'drizzle-orm';
import type { RoomUser } from '#collab/caller.ts';
import type { Logger } from '#collab/logger.ts';
import type { Database } from '#db/database.ts';
import { users, workspaces } from '#db/schema.ts';
import type { CheckLine } from '#lib/model/check-list.ts';
import type { ConnectResult, KernelGateway } from '#lib/model/gateway.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type {
	Credential,
	HostTrust,
	SignInMethod,
	SshHop,
	WorkspaceAddress,
	WorkspaceState
} from '#lib/model/workspace.ts';
import type { BrowserKeyShelf } from './browser-keys.ts';
import type { HostKeyBook } from './host-key-book.ts';
import type { PersonLines } from './person-lines.ts';
import type { ConnectRequest, Ways } from './services.ts';
import { SURVEYED, surveyLines, surveyMissing } from './survey-lines.ts';
import { addressOf, hopsOf, type WorkspaceRecord } from './workspace-book.ts';

export interface WorkspaceConnectOptions {
	db: Database;
	gateway: KernelGateway;
	hostKeys: HostKeyBook;
	browserKeys: BrowserKeyShelf;
	lines: PersonLines;
	ways: Ways;
	logger: Logger;
	/** A workspace is connected: rooms that wait for it go on. */
	onConnected(workspace: string, owner: RoomUser): void;
}

export type ConnectAnswer = ConnectResult & { checks: CheckLine[] };
type SignInRecord = { kind: SignInMethod; key?: string } | null;

/** How one comes in again without typing anything. */
const SECRETLESS: ReadonlySet<SignInMethod> = new Set(['browser-key', 'agent']);

/** After the person, or the machine, has said no to a try nobody asked for, none is made for so long. */
const NO_MEANS_NO_MS = 10 * 60_000;

export class WorkspaceConnect {
	readonly #options: WorkspaceConnectOptions;
	/** What the last try came to; a living connection speaks for itself. */
	readonly #last = new Map<string, WorkspaceState>();
	/** Workspaces that are being connected to because their owner came. */
	readonly #returning = new Set<string>();
	readonly #refusedAt = new Map<string, number>();
	/** Whose workspaces were tried since the start. */
	readonly #owners = new Map<string, string>();

	constructor(options: WorkspaceConnectOptions) {
		this.#options = options;
		options.lines.onArrive((user) => void this.#comeBack(user));
	}

	stateOf(id: string): WorkspaceState {
		if (this.#options.gateway.isConnected(id)) return 'connected';
		const last = this.#last.get(id) ?? 'disconnected';
		return last === 'connected' ? 'disconnected' : last;
	}

	/** This machine: nobody signs in. */
	async connectLocal(owner: RoomUser, address: WorkspaceAddress): Promise<ConnectAnswer> {
		return this.#try(owner, address, {});
	}

	/** Throws ProblemError for a request that cannot be meant; everything else is in the answer. */
	async connect(
		owner: RoomUser,
		row: WorkspaceRecord,
		{ accept, signIn }: ConnectRequest
	): Promise<ConnectAnswer> {
		const { gateway, hostKeys } = this.#options;
		const hops = hopsOf(row);
		for (const each of [accept, signIn]) {
			if (each && each.hop >= hops.length) throw noSuchHop(each.hop, hops.length);
		}
		const credential = signIn ? await this.#usable(owner, signIn.credential) : null;
		const trust = await hostKeys.trust(owner.id, hops);
		const accepted = accept ? accepting(accept, hops[accept.hop]!, trust[accept.hop]!) : null;
		if (accept && accepted) {
			trust[accept.hop] = accepted.trust;
			// What was logged in elsewhere under that name is not the machine that is trusted now.
			if (accepted.replaces) await gateway.disconnect(row.id);
		}
		const before = gateway.isConnected(row.id);
		const answer = await this.#try(
			owner,
			addressOf(row, trust, owner.admin),
			signIn && credential ? { signIn: { hop: signIn.hop, credential } } : {}
		);
		if (accept && accepted && keyWasSeen(answer, accept.hop)) {
			const { keyType, fingerprint, replace = false } = accept;
			await hostKeys.accept(owner.id, hops[accept.hop]!, { keyType, fingerprint }, replace);
		}
		await this.#remember(row, answer, signIn && credential ? { hop: signIn.hop, credential } : null);
		if (answer.state !== 'connected') return answer;
		this.#refusedAt.delete(row.id);
		// Rooms that waited have gone on, and the way back is remembered; now what else the machine has.
		if (before) return answer;
		return { ...answer, checks: [...answer.checks, ...(await this.#survey(owner.id, row.id))] };
	}

	/** The person ends it: it is not tried again by itself. */
	async disconnect(owner: string, id: string): Promise<void> {
		const { db, gateway } = this.#options;
		await db.update(workspaces).set({ wanted: false }).where(eq(workspaces.id, id));
		this.#set(owner, id, 'disconnected');
		await gateway.disconnect(id);
	}

	/** The gateway says how a line is: it broke and is tried again, or was given up. */
	linkChanged(id: string, link: 'up' | 'lost' | 'closed'): void {
		const owner = this.#owners.get(id);
		if (owner === undefined || (link === 'closed' && this.#last.get(id) === 'disconnected')) return;
		const states = { up: 'connected', lost: 'connecting', closed: 'needs-sign-in' } as const;
		this.#set(owner, id, states[link]);
	}

	/** The machine knows this key of a browser now: the next time it signs in, so that nothing has to be typed. */
	async comeBackBy(row: WorkspaceRecord, key: string): Promise<void> {
		if (row.way === 'system') return;
		const last = row.jumps.length;
		const signIns = hopsOf(row).map((_, hop): SignInRecord => row.signIns[hop] ?? null);
		signIns[last] = { kind: 'browser-key', key };
		await this.#options.db.update(workspaces).set({ signIns }).where(eq(workspaces.id, row.id));
	}

	/** The workspace is removed, or leads elsewhere from now on. */
	forget(id: string): void {
		this.#owners.delete(id);
		this.#last.delete(id);
		this.#refusedAt.delete(id);
	}

	/** Nobody is signed in as this person any more: what logs in for them leaves the memory. */
	async forgetSecrets(owner: string): Promise<void> {
		const { db, gateway } = this.#options;
		const rows = await db.select({ id: workspaces.id }).from(workspaces).where(eq(workspaces.ownerId, owner));
		for (const { id } of rows) gateway.forgetSecrets(id);
	}

	/** The last lines of the list. A machine that cannot be looked at is connected all the same. */
	async #survey(owner: string, workspace: string): Promise<CheckLine[]> {
		const { gateway, lines, logger } = this.#options;
		const tell = (line: CheckLine): unknown => lines.send(owner, { type: 'check', workspace, line });
		for (const check of SURVEYED) tell({ check, state: 'doing', text: 'Looking' });
		const found = await gateway.survey(workspace).catch((error: unknown) => {
			logger.info({ workspace, err: error }, 'a machine was not surveyed');
			return null;
		});
		const known = found ? surveyLines(found) : surveyMissing();
		known.forEach(tell);
		return known;
	}

	async #try(
		owner: RoomUser,
		address: WorkspaceAddress,
		options: { signIn?: { hop: number; credential: Credential } }
	): Promise<ConnectAnswer> {
		const { gateway, lines } = this.#options;
		const checks = new Map<string, CheckLine>();
		if (!gateway.isConnected(address.id)) this.#set(owner.id, address.id, 'connecting');
		const result = await gateway
			.connect(address, {
				...options,
				onCheck: (line) => {
					checks.set(`${line.check} ${line.hop ?? ''}`, line);
					lines.send(owner.id, { type: 'check', workspace: address.id, line });
				}
			})
			.catch((error: unknown) => {
				this.#set(owner.id, address.id, 'failed');
				throw error;
			});
		this.#set(owner.id, address.id, result.state === 'host-key-changed' ? 'host-key-unknown' : result.state);
		if (result.state === 'connected') this.#options.onConnected(address.id, owner);
		return { ...result, checks: [...checks.values()] };
	}

	#set(owner: string, id: string, state: WorkspaceState): void {
		if (this.#last.get(id) === state) return;
		this.#owners.set(id, owner);
		this.#last.set(id, state);
		this.#options.lines.send(owner, { type: 'workspace', workspace: id, state });
	}

	/** What may be tried: the agent where the operator allows it, a browser's key when it is one of the person's. */
	async #usable(owner: RoomUser, credential: Credential): Promise<Credential> {
		const { ways, browserKeys } = this.#options;
		if (credential.kind === 'agent' && !(ways.agent && owner.admin)) {
			throw new ProblemError(403, {
				code: 'agent-not-allowed',
				title: 'This server does not sign in with an SSH agent for you.',
				detail: 'Its agent holds the keys of the server: if at all, it is for administrators.',
				remedy: 'Sign in another way.'
			});
		}
		if (credential.kind !== 'browser-key') return credential;
		const known = await browserKeys.find(owner.id, credential);
		if (known) return { kind: 'browser-key', publicKey: known.publicKey };
		throw new ProblemError(400, {
			code: 'browser-key-unknown',
			title: 'This key is not among yours.',
			detail: 'It was never registered here, or it was removed.',
			remedy: 'Make a key for this browser in the settings.'
		});
	}

	/** How each hop was passed, and that the workspace is wanted: what a restarted server needs to come back. */
	async #remember(
		row: WorkspaceRecord,
		answer: ConnectAnswer,
		used: { hop: number; credential: Credential } | null
	): Promise<void> {
		const { db, browserKeys } = this.#options;
		const connected = answer.state === 'connected';
		const key =
			used?.credential.kind === 'browser-key' ? await browserKeys.find(row.ownerId, used.credential) : null;
		const passed = used !== null && (connected || ('hop' in answer && answer.hop > used.hop));
		if (!connected && !passed) return;
		// Read anew: another try may have written meanwhile.
		await db.transaction(async (tx) => {
			const [now] = await tx
				.select({ signIns: workspaces.signIns })
				.from(workspaces)
				.where(eq(workspaces.id, row.id))
				.for('update');
			if (!now) return;
			const signIns = hopsOf(row).map((_, hop): SignInRecord => now.signIns[hop] ?? null);
			if (used && passed) {
				signIns[used.hop] = { kind: used.credential.kind, ...(key ? { key: key.fingerprint } : {}) };
			}
			await tx
				.update(workspaces)
				.set({ signIns, ...(connected ? { wanted: true, lastUsedAt: new Date() } : {}) })
				.where(eq(workspaces.id, row.id));
		});
		if (key && passed) await browserKeys.used(key.id);
	}

	/** A page of the person is open: what they had connected is connected again, where nothing has to be typed. */
	async #comeBack(user: string): Promise<void> {
		const { db, gateway, logger } = this.#options;
		try {
			const rows = await db
				.select({ row: workspaces, owner: users })
				.from(workspaces)
				.innerJoin(users, eq(users.id, workspaces.ownerId))
				.where(and(eq(workspaces.ownerId, user), eq(workspaces.wanted, true)));
			for (const { row, owner } of rows) {
				if (gateway.isConnected(row.id)) continue;
				gateway.wake(row.id);
				const refused = this.#refusedAt.get(row.id);
				if (refused !== undefined && Date.now() - refused < NO_MEANS_NO_MS) continue;
				this.#return({ id: owner.id, name: owner.displayName, admin: owner.admin }, row);
			}
		} catch (error) {
			logger.error({ user, err: error }, 'workspaces were not connected again');
		}
	}

	#return(owner: RoomUser, row: WorkspaceRecord): void {
		if (this.#returning.has(row.id)) return;
		this.#returning.add(row.id);
		void this.#signInAgain(owner, row)
			.catch((error: unknown) =>
				this.#options.logger.error({ workspace: row.id, err: error }, 'a workspace was not connected again')
			)
			.finally(() => this.#returning.delete(row.id));
	}

	/** One hop after the other, each at most once. */
	async #signInAgain(owner: RoomUser, row: WorkspaceRecord): Promise<void> {
		const credentials = row.way === 'system' ? [] : await this.#secretless(owner, row);
		if (credentials === null) return;
		let answer = await this.connect(owner, row, {});
		for (const [hop, credential] of credentials.entries()) {
			if (answer.state !== 'needs-sign-in' || answer.hop !== hop || credential === null) continue;
			answer = await this.connect(owner, row, { signIn: { hop, credential } });
		}
		const refused = answer.state === 'needs-sign-in' ? answer.problem?.code : undefined;
		if (refused !== undefined && refused !== 'ssh-nobody-there') this.#refusedAt.set(row.id, Date.now());
	}

	/** What to sign in with at each hop (null: nothing was needed); null when a secret would have to be typed. */
	async #secretless(owner: RoomUser, row: WorkspaceRecord): Promise<(Credential | null)[] | null> {
		const credentials: (Credential | null)[] = [];
		for (const [hop] of hopsOf(row).entries()) {
			const record = row.signIns[hop] ?? null;
			if (record === null) {
				credentials.push(null);
				continue;
			}
			if (!SECRETLESS.has(record.kind)) return null;
			if (record.kind === 'agent') {
				if (!this.#options.ways.agent || !owner.admin) return null;
				credentials.push({ kind: 'agent' });
				continue;
			}
			const key = await this.#options.browserKeys.find(owner.id, { fingerprint: record.key ?? '' });
			if (!key) return null;
			credentials.push({ kind: 'browser-key', publicKey: key.publicKey });
		}
		return credentials;
	}
}

/** The trust with the accepted key in it; null when a changed key was not confirmed. */
function accepting(
	{ keyType, fingerprint, replace = false }: NonNullable<ConnectRequest['accept']>,
	{ host }: SshHop,
	known: HostTrust
): { trust: HostTrust; replaces: boolean } | null {
	if (known.pinned.length > 0) {
		throw new ProblemError(409, {
			code: 'host-key-pinned',
			title: `The key of ${host} is set by an administrator.`,
			detail: 'No other key can be accepted for it.',
			remedy: 'Ask an administrator whether the machine has a new key.'
		});
	}
	if (known.revoked.includes(fingerprint)) {
		throw new ProblemError(409, {
			code: 'host-key-revoked',
			title: `This key of ${host} has been revoked.`,
			detail: 'Whoever shows it may not be the machine it seems to be.',
			remedy: 'Ask the people who run the machine for its key.'
		});
	}
	const changed = known.accepted.length > 0 && !known.accepted.some((key) => key.fingerprint === fingerprint);
	if (changed && !replace) return null;
	const before = replace ? [] : known.accepted;
	return { trust: { ...known, accepted: [...before, { keyType, fingerprint }] }, replaces: changed };
}

/** Whether the try has proven that the hop has the accepted key: it came at least as far as signing in there. */
function keyWasSeen(answer: ConnectAnswer, hop: number): boolean {
	if (answer.state === 'connected') return true;
	if ('hop' in answer && (answer.hop > hop || (answer.hop === hop && answer.state === 'needs-sign-in'))) {
		return true;
	}
	return answer.checks.some(
		(line) => line.check === 'host-key' && (line.hop ?? hop) === hop && line.state === 'ok'
	);
}

function noSuchHop(hop: number, hops: number): ProblemError {
	return new ProblemError(400, {
		code: 'hop-unknown',
		title: `There is no hop ${hop} on the way to this workspace.`,
		detail: `It has ${hops}, counted from 0.`,
		remedy: 'Load the workspace again: its jump hosts may have changed.'
	});
}
