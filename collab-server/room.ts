/**
 * A room: one notebook's queue of runs and its kernel. It reads what people wrote, sends it to the kernel, folds what
 * comes back and writes it where everybody can read it. It is the only writer of the runtime document.
 */
import type { Hocuspocus } from '@hocuspocus/server';
import type * as Y from 'yjs';
import type { Database } from '#db/database.ts';
import type { Cell } from '#lib/model/cell.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { newId, type NotebookId, type RunId } from '#lib/model/ids.ts';
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import { cellIds, notebookDocName, readCell, readMetadata } from '#lib/model/notebook-doc.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { CommandResult, RoomCommand } from '#lib/model/room-command.ts';
import type { Run } from '#lib/model/run.ts';
import { runtimeDocName, type KernelView } from '#lib/model/runtime-doc.ts';
import type { RoomUser } from './caller.ts';
import { EventFold } from './event-fold.ts';
import { KernelLink } from './kernel-link.ts';
import type { Logger } from './logger.ts';
import type { OpenDocument } from './open-document.ts';
import { OutputStore } from './output-store.ts';
import { Projection } from './projection.ts';
import { notice, RunDesk } from './run-desk.ts';
import { RunLedger } from './run-ledger.ts';
import { covers } from './state-vector.ts';
import type { UpdateLog } from './update-log.ts';
import type { WorkspaceDirectory } from './workspace-directory.ts';

export interface RoomOptions {
	hocuspocus: Hocuspocus;
	db: Database;
	log: UpdateLog;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	logger: Logger;
}

/** How long a kernel may take to say goodbye before its successor is started. */
const GOODBYE_MS = 10_000;

export class Room {
	readonly #notebook: NotebookId;
	readonly #options: RoomOptions;
	readonly #people: OpenDocument;
	readonly #projection: Projection;
	readonly #ledger: RunLedger;
	readonly #desk: RunDesk;
	readonly #fold: EventFold;
	readonly #link: KernelLink;
	#starting: Promise<void> | null = null;
	#closed = false;

	private constructor(
		notebook: NotebookId,
		options: RoomOptions,
		people: OpenDocument,
		runtime: OpenDocument
	) {
		const { db, log, gateway, directory, logger } = options;
		this.#notebook = notebook;
		this.#options = options;
		this.#people = people;
		const store = new OutputStore(db, notebook);
		this.#ledger = new RunLedger(db, notebook, logger);
		this.#projection = new Projection({
			document: runtimeDocName(notebook),
			connection: runtime,
			log,
			store,
			logger,
			onDurable: (seq) => this.#link.acknowledge(seq, this.#fold.keepFrom(seq))
		});
		this.#desk = new RunDesk(this.#projection, this.#ledger, () => this.#advance(null));
		this.#fold = new EventFold(this.#projection, store, this.#desk, (event) => this.#onAgent(event));
		this.#link = new KernelLink({
			gateway,
			directory,
			projection: this.#projection,
			onEvents: (events) => this.#fold.take(events),
			onReady: () => this.#onReady(),
			onGone: (sentence, expected) => this.#onGone(sentence, expected)
		});
	}

	/** Open the room of a notebook and find its kernel again, if it had one. */
	static async open(notebook: NotebookId, options: RoomOptions): Promise<Room> {
		const people = await options.hocuspocus.openDirectConnection(notebookDocName(notebook));
		const runtime = await options.hocuspocus.openDirectConnection(runtimeDocName(notebook));
		const room = new Room(notebook, options, people, runtime);
		await room.#restore();
		return room;
	}

	get kernel(): KernelView {
		return this.#projection.kernel;
	}

	/** Nothing runs, nothing waits, no kernel is held: the room may be closed. */
	get isIdle(): boolean {
		return !this.#link.held && this.#desk.isIdle && this.#starting === null;
	}

	/** Do what a person with the right to it asked for. Refuses with ProblemError. */
	async command(user: RoomUser, command: RoomCommand): Promise<CommandResult> {
		switch (command.do) {
			case 'run':
				return this.#run(user, command.cells, command.stateVector);
			case 'cancel':
				this.#desk.cancel(({ run }) => command.runs === 'all' || command.runs.includes(run));
				return {};
			case 'interrupt':
				this.#desk.cancel();
				if (this.#link.alive) await this.#link.interrupt();
				return {};
			case 'start':
				await this.#replaceKernel(user, command.workspace, command.spec ?? null);
				return {};
			case 'restart':
				return this.#restart(user, command.runAll === true);
			case 'shutdown':
				this.#desk.cancel();
				await this.#link.shutdown();
				return {};
			case 'reconnect':
				await this.#reconnect(user);
				return {};
			case 'clear': {
				const all = this.#projection.runs().map((run) => run.cell);
				this.#projection.clear(command.cells === 'all' ? all : command.cells);
				return {};
			}
		}
	}

	/** A run by its id, as it is now. */
	run(id: RunId): Run | null {
		return this.#projection.run(id) ?? null;
	}

	runs(): Run[] {
		return this.#projection.runs();
	}

	/** Resolves when the run has ended or `ms` have passed. */
	waitFor(id: RunId, ms: number): Promise<void> {
		return this.#desk.waitFor(id, ms);
	}

	/** Write what is pending and leave; the kernel lives on. */
	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		this.#link.close();
		await this.#projection.close();
		await this.#ledger.settled();
		await this.#people.disconnect();
	}

	get #doc(): Y.Doc {
		return this.#people.document!;
	}

	async #run(user: RoomUser, wanted: string[] | 'all', stateVector?: string): Promise<CommandResult> {
		if (stateVector !== undefined) await covers(this.#doc, Buffer.from(stateVector, 'base64'));
		await this.#checkPlace(user);
		const ids = wanted === 'all' ? cellIds(this.#doc) : wanted;
		const cells = ids
			.map((id) => readCell(this.#doc, id))
			.filter((cell): cell is Cell => cell?.type === 'code');
		const runs = this.#desk.add(user, cells);
		this.#advance(user);
		return { runs: runs.map(({ id, cell }) => ({ id, cell })) };
	}

	/** Refuse a run before it is queued when there is nowhere for it to go. */
	async #checkPlace(user: RoomUser): Promise<void> {
		if (this.#link.held || this.#starting) return;
		const { directory } = this.#options;
		const { workspace } = this.kernel;
		if (workspace !== null && (await directory.mayUse(user, workspace))) return;
		if ((await directory.defaultFor(user)) !== null) return;
		throw new ProblemError(409, {
			code: 'no-workspace',
			title: 'There is nowhere to run this yet.',
			detail:
				workspace === null
					? 'You have no workspace.'
					: 'Its kernel is not running, and the workspace it ran on is not yours.',
			remedy: 'Add a machine you can reach by SSH, or ask the owner of the kernel to start it.'
		});
	}

	/** Give the kernel the next run, starting one if need be. */
	#advance(user: RoomUser | null): void {
		if (this.#closed || this.#desk.isEmpty) return;
		if (this.#link.alive) {
			const next = this.#desk.next();
			if (next) void this.#execute(next.run, next.source);
		} else if (!this.#link.held && user) {
			// What goes wrong is in the document and in the cells that waited.
			this.#ensureKernel(user).catch(() => undefined);
		}
	}

	async #execute(id: RunId, source: string): Promise<void> {
		try {
			await this.#link.execute(id, source);
		} catch (error) {
			const run = this.#projection.run(id);
			if (run) this.#desk.end({ ...run, outputs: [notice(error)], state: 'error', finishedAt: Date.now() });
		}
	}

	/** Start a kernel on the notebook's workspace or the person's own. Runs that wait go when it is up. */
	#ensureKernel(user: RoomUser): Promise<void> {
		return this.#once(async () => {
			const { directory } = this.#options;
			const { workspace: last, spec } = this.kernel;
			const keep = last !== null && (await directory.mayUse(user, last));
			const workspace = keep ? last : await directory.defaultFor(user);
			if (workspace === null) this.#desk.giveUp('There is nowhere to run this: no workspace was chosen.');
			else await this.#startOn(user, workspace, keep ? spec : null);
		});
	}

	/** One start at a time; who comes meanwhile shares it. */
	#once(start: () => Promise<void>): Promise<void> {
		this.#starting ??= start().finally(() => {
			this.#starting = null;
		});
		return this.#starting;
	}

	async #startOn(user: RoomUser, workspace: string, spec: string | null): Promise<void> {
		this.#fold.begin();
		try {
			await this.#link.start(user, workspace, spec, readMetadata(this.#doc));
		} catch (error) {
			if (!(error instanceof ProblemError)) {
				this.#options.logger.error({ notebook: this.#notebook, err: error }, 'a kernel could not be started');
			}
			this.#desk.giveUp(error instanceof ProblemError ? error.message : 'The kernel could not be started.');
			throw error;
		}
	}

	async #replaceKernel(user: RoomUser, workspace: string, spec: string | null): Promise<void> {
		if (!(await this.#options.directory.mayUse(user, workspace))) {
			throw new ProblemError(403, {
				code: 'workspace-not-yours',
				title: 'This workspace is not yours.',
				remedy: 'Choose one of your own.'
			});
		}
		await this.#stopKernel();
		await this.#once(() => this.#startOn(user, workspace, spec));
		this.#advance(user);
	}

	async #restart(user: RoomUser, runAll: boolean): Promise<CommandResult> {
		await this.#stopKernel();
		const started = this.#ensureKernel(user);
		if (runAll) return this.#run(user, 'all');
		await started;
		return {};
	}

	/** End the kernel and what it was doing, and wait until it has said so. Runs that wait for a first kernel stay. */
	async #stopKernel(): Promise<void> {
		if (!this.#link.held) return;
		this.#desk.cancel();
		const { active } = this.#desk;
		await this.#link.shutdown();
		if (active) await this.#desk.waitFor(active.id, GOODBYE_MS);
	}

	async #reconnect(user: RoomUser): Promise<void> {
		const { kernel, workspace, spec } = this.kernel;
		if (kernel !== null) await this.#resume();
		else if (workspace !== null) await this.#replaceKernel(user, workspace, spec);
		this.#advance(user);
	}

	#onAgent(event: KernelEvent): void {
		this.#link.handle(event);
		const { active } = this.#desk;
		// The agent was away for a moment and may have missed how the run ended. What it asks now is answered after that.
		if (event.type === 'gap' && event.content.reason === 'restart' && active)
			void this.#endAfterProbe(active.id);
	}

	async #endAfterProbe(id: RunId): Promise<void> {
		try {
			await this.#fold.answered(`probe-${newId()}`, (msgId) => this.#link.probe(msgId));
		} catch {
			// The line is down or the kernel gone: both say so themselves, and end the run.
			return;
		}
		const run = this.#projection.run(id);
		if (!run || run.finishedAt !== null) return;
		const why = 'How this ended was not seen: the agent on the machine was restarted meanwhile.';
		this.#desk.end({ ...run, state: 'lost', outputs: [...run.outputs, notice(why)], finishedAt: Date.now() });
	}

	#onReady(): void {
		this.#projection.setKernel({ state: this.#desk.active ? 'busy' : 'idle' });
		this.#advance(null);
	}

	#onGone(sentence: string, expected: boolean): void {
		const { active } = this.#desk;
		if (active && active.finishedAt === null) {
			const state = expected ? 'interrupted' : 'error';
			const outputs = expected ? active.outputs : [...active.outputs, notice(sentence)];
			this.#desk.end({ ...active, state, outputs, finishedAt: Date.now() });
		}
		// Runs behind the one that was struck are taken back; those that waited for a first kernel are told why.
		if (!expected && active) this.#desk.cancel();
		else if (!expected) this.#desk.giveUp(sentence);
	}

	/** After a start of the server: take up the runs that had not ended and look for the kernel. */
	async #restore(): Promise<void> {
		await this.#desk.restore();
		if (!this.#link.held) return this.#desk.giveUp('The server was restarted before this could run.');
		await this.#resume().catch((error: unknown) =>
			this.#options.logger.warn({ notebook: this.#notebook, err: error }, 'the kernel was not found again')
		);
	}

	/** Follow the kernel again, from where its events are not stored yet. */
	async #resume(): Promise<void> {
		const queued = this.#desk.activeOrNext();
		const { active } = this.#desk;
		const after = this.#fold.beginAgain(active);
		const result = await this.#link.resume(after, () => this.#fold.hold(active, after));
		// Sent again under the same id: the agent's journal knows whether the kernel has had it.
		if (result === 'up' && queued && active?.firstSeq === 0) await this.#execute(queued.run, queued.source);
	}
}
