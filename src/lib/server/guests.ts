/** Guests: people without an account who run the example of a paper, for some minutes and behind walls. */
import { eq } from 'drizzle-orm';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Logger } from '#collab/logger.ts';
import type { Collab } from '#collab/start.ts';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import { guestRuns } from '#db/schema-papers.ts';
import { members, sessions as sessionRows } from '#db/schema.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import type { GuestOffer } from '#lib/model/guest-offer.ts';
import { newId, type NotebookId, type UserId } from '#lib/model/ids.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import type { WorkspaceAddress } from '#lib/model/workspace.ts';
import type { GuestBook } from './guest-directory.ts';
import { GuestKernels } from './guest-kernels.ts';
import { awayProblem, fullProblem, limitProblem, offProblem, overProblem } from './guest-problems.ts';
import * as rows from './guest-rows.ts';
import { guestTrial } from './guest-trial.ts';
import { copyVersion } from './paper-copies.ts';
import { haveFolder, newFolder, readFiles, writeFiles } from './paper-data.ts';
import { startExample } from './paper-kernel.ts';
import { PAPERS_FOLDER } from './paper-runs.ts';
import type { PaperCounts } from './paper-counts.ts';
import { readCard, readVersion, type PaperRow } from './paper-rows.ts';
import type { Caller, SessionCookie } from './services.ts';
import type { Sessions } from './sessions.ts';

export interface GuestsState {
	offer: GuestOffer;
	guests: { name: string; until: string; slug: string | null; number: number | null }[];
	/** Why none are let in although they are offered it; null where nothing is known to be wrong. */
	problem: Problem | null;
}

/** All but `offered` and `begin` are for administrators. */
export interface Guests {
	/** Whether somebody without an account may run examples now; null where not, else for how many minutes. */
	offered(): Promise<{ minutes: number } | null>;
	/** An account, a notebook and a kernel for somebody nobody knows. 403 `guests-off`, 429 `guests-limit`, 503 `guests-full`. */
	begin(
		slug: string,
		number: number,
		client: { address: string; userAgent: string }
	): Promise<{ cookie: SessionCookie; notebook: NotebookId }>;
	/** A guest leaves before the time is over. */
	leave(caller: Caller): Promise<void>;
	state(caller: Caller): Promise<GuestsState>;
	/** What is not named stays. Turning it on tries the machine: 409 `guests-walls` where it cannot keep guests apart. */
	write(caller: Caller, change: Partial<GuestOffer>): Promise<GuestsState>;
	/** No new guests; all there are go, with their kernels, within five seconds. */
	stop(caller: Caller): Promise<{ guests: number; kernels: number }>;
}

export interface GuestsService extends Guests, GuestBook {
	/** After a start of the server: those whose time was over meanwhile go. */
	resume(): Promise<void>;
	close(): void;
}

export interface GuestsOptions {
	db: Database;
	gateway: KernelGateway;
	sessions: Sessions;
	/** Of workspaces, without guests. */
	directory: WorkspaceDirectory;
	/** There once the rooms are. */
	collab(): Collab;
	onSessionsEnded(which: { user: string; except: null }): void;
	counts: Pick<PaperCounts, 'count'>;
	origin: string;
	logger: Logger;
}

const HOUR_S = 3600;
/** Never longer between two looks, whatever the clock does. */
const LOOK_MS = 60_000;
const FOLDER = `${PAPERS_FOLDER}/guests`;

export function createGuests(options: GuestsOptions): GuestsService {
	const { db, gateway, sessions, directory, origin, logger } = options;
	const kernels = new GuestKernels(gateway);
	/**
	 * Counts what shut the door: who was let in before that, and is not through, is sent away. It counts when the offer is written,
	 * as who comes before that still reads the old one.
	 */
	let door = 0;
	let addresses: { points: number; limiter: RateLimiterMemory } | null = null;
	let timer: NodeJS.Timeout | null = null;
	let closed = false;
	const writing = new Map<string, Promise<void>>();

	const folderOf = (paper: string, number: number): string => `${FOLDER}/${paper}-v${number}`;

	async function limited(address: string, points: number): Promise<void> {
		if (addresses?.points !== points)
			addresses = { points, limiter: new RateLimiterMemory({ points, duration: HOUR_S }) };
		await addresses.limiter.consume(networkOf(address)).catch((refused: { msBeforeNext?: number }) => {
			throw limitProblem((refused.msBeforeNext ?? 60_000) / 1000);
		});
	}

	/** The machine for guests, connected. */
	async function place(offer: GuestOffer) {
		const address = offer.workspace === null ? null : await directory.address(offer.workspace);
		if (!address) throw awayProblem();
		if (address.kind === 'local' && !gateway.isConnected(address.id)) await gateway.connect(address);
		if (!gateway.isConnected(address.id)) throw awayProblem();
		return address;
	}

	/** The data of a version on that machine: written once, by the first guest who needs them. */
	async function haveData(workspace: string, card: PaperRow, number: number): Promise<void> {
		const list = await readFiles(db, card.id, number);
		if (list.length === 0) return;
		const target = folderOf(card.id, number);
		const key = `${workspace} ${target}`;
		const work = writing.get(key) ?? write();
		writing.set(key, work);
		await work.finally(() => writing.delete(key));

		async function write(): Promise<void> {
			const files = gateway.files(workspace);
			if (await files.stat(target).then(Boolean, () => false)) return;
			await haveFolder(files, PAPERS_FOLDER);
			const part = await newFolder(files, FOLDER, `${card.id}-v${number}-part`);
			await writeFiles(db, files, part, list, () => undefined);
			const name = target.slice(FOLDER.length + 1);
			await files.operate({
				do: 'rename',
				from: part,
				to: `${part.slice(0, part.lastIndexOf('/'))}/${name}`
			});
		}
	}

	async function begun(
		{ card, number, offer, before }: { card: PaperRow; number: number; offer: GuestOffer; before: number },
		client: { address: string; userAgent: string }
	) {
		const until = new Date(Date.now() + offer.minutes * 60_000);
		const guest = await rows.insertGuest(db, offer.atOnce, until);
		if (!guest) throw fullProblem();
		try {
			const address = await place(offer);
			await haveData(address.id, card, number);
			const notebook = await copyVersion(db, origin, { card, number, owner: guest.id });
			// Not its owner: what owners do (sharing, publishing, links) is not for guests.
			await db.update(members).set({ role: 'editor' }).where(eq(members.notebookId, notebook));
			await db
				.insert(guestRuns)
				.values({ id: newId(), userId: guest.id, notebookId: notebook, endsAt: until });
			if (door !== before) throw offProblem();
			const { cookie } = await sessions.create(guest.id, client);
			schedule();
			const user = { id: guest.id, name: guest.displayName, admin: false };
			await start({ user, notebook, address, card, number });
			return { cookie, notebook };
		} catch (error) {
			await remove([guest.id]);
			throw error;
		}
	}

	/** Has the kernel begin; what goes wrong from then on is in the notebook. */
	async function start(what: {
		user: { id: UserId; name: string; admin: boolean };
		notebook: NotebookId;
		address: WorkspaceAddress;
		card: PaperRow;
		number: number;
	}): Promise<void> {
		const collab = options.collab();
		const { environment } = await readVersion(db, what.card, what.number);
		const tools = { gateway, directory, collab };
		const { difference } = await startExample(tools, { ...what, role: 'editor', environment });
		difference.catch((error: unknown) => {
			if (!(error instanceof ProblemError)) logger.error({ err: error }, 'a guest’s kernel was not started');
		});
	}

	/** Sessions first, then kernels, then what is left of them. Answers how many kernels there were. */
	async function remove(users: readonly UserId[]): Promise<number> {
		const { rooms } = options.collab();
		for (const user of users) {
			await db.delete(sessionRows).where(eq(sessionRows.userId, user));
			options.onSessionsEnded({ user, except: null });
		}
		const theirs = await Promise.all(
			users.map(async (user) => ({ user, notebooks: await rows.notebooksOf(db, user) }))
		);
		for (const { user, notebooks } of theirs)
			for (const { id } of notebooks) {
				// After a restart of the server only the notebook itself knows of its kernel.
				const kernel = await rooms.state(id).then(
					(state) => state.kernel,
					() => null
				);
				if (kernel?.kernel && kernel.workspace) kernels.note(kernel.kernel, kernel.workspace, user, 0);
			}
		const ended = await kernels.end(new Set(users));
		for (const { user, notebooks } of theirs) {
			for (const { id } of notebooks) await rooms.remove(id, { id: user, name: '', admin: false });
			await rows.deleteGuest(db, user);
		}
		return ended;
	}

	function schedule(): void {
		if (timer) clearTimeout(timer);
		timer = null;
		if (closed) return;
		void rows.readGuests(db).then(
			([first]) => {
				if (closed || !first || timer) return;
				const wait = Math.min(Math.max(0, first.until.getTime() - Date.now()), LOOK_MS);
				timer = setTimeout(() => void sweep(), wait);
			},
			() => {
				if (!closed && !timer) timer = setTimeout(() => void sweep(), LOOK_MS);
			}
		);
	}

	async function sweep(): Promise<void> {
		try {
			const over = await rows.overdue(db);
			if (over.length > 0) await remove(over);
		} catch (error) {
			logger.error({ err: error }, 'guests whose time is over are not gone yet');
			await new Promise((resolve) => setTimeout(resolve, 1000));
		}
		schedule();
	}

	async function stateNow(): Promise<GuestsState> {
		const offer = await rows.readOffer(db);
		const problem = offer.on
			? await place(offer).then(
					() => null,
					(error: unknown) => (error instanceof ProblemError ? error.problem : null)
				)
			: null;
		const guests = (await rows.readGuests(db)).map(({ name, until, slug, number }) => ({
			...{ name, until: until.toISOString(), slug, number }
		}));
		return { offer, guests, problem };
	}

	return {
		async offered() {
			const offer = await rows.readOffer(db);
			return offer.on ? { minutes: offer.minutes } : null;
		},

		async begin(slug, number, client) {
			const before = door;
			const offer = await rows.readOffer(db);
			if (!offer.on) throw offProblem();
			if ((await rows.guestsNow(db)) >= offer.atOnce) throw fullProblem();
			const card = await readCard(db, slug, null);
			await readVersion(db, card, number);
			await limited(client.address, offer.perAddress);
			const session = await begun(
				{ card, number, offer, before },
				{ ...client, userAgent: client.userAgent.slice(0, 200) }
			);
			options.counts.count(slug, number, 'run');
			return session;
		},

		async leave(caller) {
			if (await rows.guestUntil(db, caller.user.id)) await remove([caller.user.id]);
		},

		async state(caller) {
			requireAdministrator(caller);
			return stateNow();
		},

		async write(caller, change) {
			requireAdministrator(caller);
			const next = { ...(await rows.readOffer(db)), ...change };
			if (next.workspace !== null && change.workspace !== undefined) {
				const { id, displayName, admin } = caller.user;
				if (!(await directory.mayUse({ id, name: displayName, admin }, next.workspace))) throw notYours();
			}
			if (next.on) {
				const address = await place(next);
				const problem = await guestTrial(gateway, address.id, address.name);
				if (problem) throw new ProblemError(409, problem);
			}
			await rows.writeOffer(db, next);
			if (!next.on) door++;
			return stateNow();
		},

		async stop(caller) {
			requireAdministrator(caller);
			await rows.writeOffer(db, { ...(await rows.readOffer(db)), on: false });
			door++;
			const all = (await rows.readGuests(db)).map(({ id }) => id);
			return { guests: all.length, kernels: await remove(all) };
		},

		async leaveOf(user) {
			const until = await rows.guestUntil(db, user);
			if (!until) return null;
			const offer = await rows.readOffer(db);
			const seconds = (until.getTime() - Date.now()) / 1000;
			if (!offer.on || offer.workspace === null || seconds <= 0) throw overProblem();
			const [made] = await rows.notebooksOf(db, user);
			return {
				workspace: offer.workspace,
				seconds,
				cpuSeconds: offer.cpuSeconds,
				memoryMb: offer.memoryMb,
				data: made?.paper && made.number ? folderOf(made.paper, made.number) : null
			};
		},

		launching: ({ kernel, workspace, user }) => kernels.note(kernel, workspace, user.id),

		resume: sweep,
		close() {
			closed = true;
			if (timer) clearTimeout(timer);
		}
	};
}

/** An IPv6 network of 64 bits is one household's; IPv4 counts as it is. */
export function networkOf(address: string): string {
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
	if (mapped || !address.includes(':')) return mapped?.[1] ?? address;
	const [head = '', tail] = address.toLowerCase().split('%')[0]!.split('::');
	const left = head === '' ? [] : head.split(':');
	const right = tail === undefined || tail === '' ? [] : tail.split(':');
	const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
	const groups = [...left, ...Array<string>(zeros).fill('0'), ...right];
	return groups
		.slice(0, 4)
		.map((group) => group.replace(/^0+(?=.)/, ''))
		.join(':');
}

function notYours(): ProblemError {
	return new ProblemError(403, {
		code: 'workspace-not-yours',
		title: 'This workspace is not yours.',
		remedy: 'Choose this machine, or one of your own.'
	});
}

function requireAdministrator({ user }: Caller): void {
	if (user.admin) return;
	throw new ProblemError(403, {
		code: 'administrators-only',
		title: 'Only administrators may do that.',
		remedy: 'Ask one of them.'
	});
}
