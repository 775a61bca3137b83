/**
 * A room: one notebook's queue of runs and its kernel. It reads what people wrote, sends it to the kernel, folds what
 * comes back and writes it where everybody can read it. It is the only writer of the runtime document.
 */
import type { Hocuspocus } from '@hocuspocus/server';
import type * as Y from 'yjs';
import type { Database } from '#db/database.ts';
import type { Cell } from '#lib/model/cell.ts';
import { digest } from '#lib/model/digest.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { newId, type CellId, type NotebookId, type RunId, type WorkspaceId } from '#lib/model/ids.ts';
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import {
	cellIds,
	insertCell,
	notebookDocName,
	readCell,
	readMetadata,
	sourceOf,
	cellsOf
} from '#lib/model/notebook-doc.ts';
import type { Output } from '#lib/model/output.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { CommandResult, RoomCommand } from '#lib/model/room-command.ts';
import type { RoomNews } from '#lib/model/room-news.ts';
import { isFinished, newRun, type Run } from '#lib/model/run.ts';
import { runtimeDocName, type KernelView } from '#lib/model/runtime-doc.ts';
import { checkBaton, nextBaton } from './baton.ts';
import type { RoomUser } from './caller.ts';
import { EventFold } from './event-fold.ts';
import { idleProblem, IdleWatch } from './idle-watch.ts';
import { KernelLink } from './kernel-link.ts';
import { KernelPlace } from './kernel-place.ts';
import { isTalk, KernelTalk } from './kernel-talk.ts';
import type { Logger } from './logger.ts';
import type { OpenDocument } from './open-document.ts';
import { OutputStore } from './output-store.ts';
import { Projection } from './projection.ts';
import { notice, RunDesk } from './run-desk.ts';
import { RunLedger } from './run-ledger.ts';
import { covers } from './state-vector.ts';
import { StreamStore } from './stream-store.ts';
import type { UpdateLog } from './update-log.ts';
import { UsageWatch } from './usage-watch.ts';
import { WidgetFold } from './widget-fold.ts';
import type { WorkspaceDirectory } from './workspace-directory.ts';

export interface RoomOptions {
	hocuspocus: Hocuspocus;
	db: Database;
	log: UpdateLog;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	logger: Logger;
	/** Minutes after which an unused kernel of this notebook is shut down; null: never. */
	idleMinutes?(notebook: NotebookId): Promise<number | null>;
	/** A run has ended, with its outputs: who wants to be told is. */
	onRunEnded?(notebook: NotebookId, run: Run): void;
}

/** Output that waits for the database, above which the agent is told to keep what it has, and below which to go on. */
const ENOUGH = 8 * 1024 * 1024;

/** What a cell shows by the notebook's file. */
export interface FileOutputs {
	cell: CellId;
	source: string;
	executionCount: number | null;
	outputs: Output[];
}

export class Room {
	readonly #notebook: NotebookId;
	readonly #options: RoomOptions;
	readonly #people: OpenDocument;
	readonly #projection: Projection;
	readonly #ledger: RunLedger;
	readonly #desk: RunDesk;
	readonly #fold: EventFold;
	readonly #widgets: WidgetFold;
	readonly #link: KernelLink;
	readonly #store: OutputStore;
	readonly #streams: StreamStore;
	readonly #idle: IdleWatch;
	readonly #talk: KernelTalk;
	readonly #place: KernelPlace;
	readonly #usage: UsageWatch;
	readonly #runtime: OpenDocument;
	#closed = false;
	/** Minutes without use for which the kernel is being shut down. */
	#unused: number | null = null;

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
		this.#runtime = runtime;
		this.#store = new OutputStore(db, notebook);
		this.#streams = new StreamStore(db, notebook);
		this.#ledger = new RunLedger(db, notebook, logger);
		this.#projection = new Projection({
			document: runtimeDocName(notebook),
			connection: runtime,
			log,
			store: this.#store,
			streams: this.#streams,
			logger,
			onDurable: (seq) => {
				this.#balance();
				this.#link.acknowledge(seq, seq + 1);
			}
		});
		this.#desk = new RunDesk(
			this.#projection,
			this.#ledger,
			() => this.#advance(null),
			(run) => this.#onRunEnded(run)
		);
		this.#widgets = new WidgetFold(this.#projection, this.#store, (news) => this.#tell(news));
		this.#fold = new EventFold(this.#projection, this.#store, this.#desk, this.#widgets, (event) =>
			this.#onAgent(event)
		);
		this.#link = new KernelLink({
			notebook,
			gateway,
			directory,
			projection: this.#projection,
			onEvents: (events) => {
				this.#fold.take(events);
				this.#balance();
			},
			onReady: () => this.#onReady(),
			onGone: (sentence, expected) => this.#onGone(sentence, expected)
		});
		this.#idle = new IdleWatch({
			limit: () => options.idleMinutes?.(notebook) ?? Promise.resolve(null),
			onWarn: (at) => this.#projection.setKernel({ idleStopAt: at }),
			onStop: (minutes) => void this.#stopUnused(minutes),
			onFault: (error) => logger.warn({ notebook, err: error }, 'the idle time of a kernel is not known')
		});
		this.#place = new KernelPlace({
			notebook,
			directory,
			link: this.#link,
			desk: this.#desk,
			projection: this.#projection,
			widgets: this.#widgets,
			logger,
			metadata: () => readMetadata(this.#doc)
		});
		this.#talk = new KernelTalk(this.#link, this.#projection, this.#widgets, () => this.#idle.used());
		this.#usage = new UsageWatch(
			() => (this.#link.alive && this.#viewers > 0 ? this.kernel.kernel : null),
			() => this.#link.usage(),
			(news) => this.#tell(news)
		);
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
		return !this.#link.held && this.#desk.isIdle && !this.#place.isStarting;
	}

	/** Do what a person with the right to it asked for. Refuses with ProblemError. */
	async command(user: RoomUser, command: RoomCommand, owner = false): Promise<CommandResult> {
		checkBaton(this.kernel.baton, user, command.do);
		if (isTalk(command)) return this.#talk.command(command);
		switch (command.do) {
			case 'run':
				return this.#run(user, command.cells, command);
			case 'move':
				if (!this.#desk.move(command.run, command.before)) throw new ProblemError(409, NOT_WAITING);
				return {};
			case 'baton':
				this.#projection.setKernel({ baton: nextBaton(this.kernel.baton, user, command.take, owner) });
				return {};
			case 'keep':
				if (this.#link.alive && this.#desk.isIdle) this.#idle.begin();
				return {};
			case 'cancel':
				this.#desk.cancel(({ run }) => command.runs === 'all' || command.runs.includes(run));
				return {};
			case 'interrupt':
				await this.#interrupt();
				return {};
			case 'start':
				await this.#place.replace(user, command.workspace, {
					spec: command.spec ?? null,
					gpus: command.gpus ?? null,
					resources: command.resources ?? null
				});
				this.#advance(user);
				return {};
			case 'restart':
				return this.#restart(user, command.runAll === true, command.keepGoing === true);
			case 'shutdown':
				this.#desk.cancel();
				await this.#link.shutdown();
				return {};
			case 'extend':
				await this.#link.extend(command.minutes);
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

	/** See KernelTalk.packages. */
	packages(): Promise<Record<string, string> | null> {
		return this.#talk.packages();
	}

	/** The workspace this room waits for is connected: go on, as if its owner had asked for it. */
	async workspaceConnected(workspace: WorkspaceId, owner: RoomUser): Promise<void> {
		const { kernel } = this;
		const waits = kernel.workspace === workspace && kernel.state === 'needs-sign-in';
		// A start that waits without a run may have been given up by who asked for it.
		if (!this.#closed && waits && (kernel.kernel !== null || !this.#desk.isEmpty))
			await this.#reconnect(owner);
	}

	/** The time that an unused kernel is allowed is another one now. */
	idleRuleChanged(): void {
		this.#idle.changed();
	}

	/** A run by its id, as it is now. */
	run(id: RunId): Run | null {
		return this.#projection.run(id) ?? null;
	}

	runs(): Run[] {
		return this.#projection.runs();
	}

	/** Resolves when what is folded now is in the database, streams included. */
	stored(): Promise<void> {
		return this.#projection.flush();
	}

	/** Somebody looks at the notebook now. */
	get isWatched(): boolean {
		return this.#viewers > 0;
	}

	/** Show outputs that came with the notebook's file, except in cells that are being run. Resolves when they are stored. */
	async adopt(shown: readonly FileOutputs[]): Promise<void> {
		const runs = this.#projection.runs();
		const busy = new Set(runs.filter((run) => !isFinished(run)).map((run) => run.cell));
		let place = runs.at(-1)?.place ?? 0;
		for (const { cell, source, executionCount, outputs } of shown) {
			if (busy.has(cell)) continue;
			const kept = outputs.map((output) => this.#store.externaliseOutput(output));
			this.#projection.put({
				...newRun(newId(), cell, null, Date.now(), ++place, digest(source)),
				state: kept.some((output) => output.type === 'error') ? 'error' : 'done',
				queuedAt: null,
				finishedAt: Date.now(),
				executionCount,
				outputs: kept
			});
		}
		await this.#projection.flush();
	}

	/** Resolves when the run has ended or `ms` have passed. */
	waitFor(id: RunId, ms: number): Promise<void> {
		return this.#desk.waitFor(id, ms);
	}

	/** Write what is pending and leave; the kernel lives on. */
	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		this.#idle.end();
		this.#usage.close();
		this.#link.close();
		await this.#projection.close();
		await this.#ledger.settled();
		await this.#people.disconnect();
	}

	get #doc(): Y.Doc {
		return this.#people.document!;
	}

	/** People who look at the notebook now. */
	get #viewers(): number {
		return this.#runtime.document?.connections.size ?? 0;
	}

	#tell(news: RoomNews): void {
		if (this.#viewers > 0) this.#runtime.document!.broadcastStateless(JSON.stringify(news));
	}

	#balance(): void {
		this.#link.hold(this.#streams.pendingChars + this.#store.pendingBytes > ENOUGH);
	}

	async #run(
		user: RoomUser,
		wanted: string[] | 'all',
		{
			stateVector,
			keepGoing = false
		}: { stateVector?: string | undefined; keepGoing?: boolean | undefined } = {}
	): Promise<CommandResult> {
		if (stateVector !== undefined) await covers(this.#doc, Buffer.from(stateVector, 'base64'));
		await this.#place.check(user);
		const ids = wanted === 'all' ? cellIds(this.#doc) : wanted;
		const cells = ids
			.map((id) => readCell(this.#doc, id))
			.filter((cell): cell is Cell => cell?.type === 'code');
		const runs = this.#desk.add(user, cells, keepGoing);
		this.#advance(user);
		return { runs: runs.map(({ id, cell }) => ({ id, cell })) };
	}

	async #interrupt(): Promise<void> {
		this.#desk.cancel();
		if (!this.#link.alive) return;
		const { active } = this.#desk;
		if (active) this.#projection.put({ ...active, interrupting: true });
		await this.#link.interrupt();
	}

	/** Give the kernel the next run, starting one if need be. */
	#advance(user: RoomUser | null): void {
		if (this.#closed || this.#desk.isEmpty) return;
		if (this.#link.alive) {
			this.#idle.end();
			const next = this.#desk.next();
			if (next) void this.#execute(next.run, next.source);
		} else if (!this.#link.held && user) {
			// What goes wrong is in the document and in the cells that waited.
			this.#place.ensure(user).catch(() => undefined);
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

	async #restart(user: RoomUser, runAll: boolean, keepGoing: boolean): Promise<CommandResult> {
		await this.#place.stop(true);
		const started = this.#place.ensure(user);
		if (runAll) return this.#run(user, 'all', { keepGoing });
		await started;
		return {};
	}

	async #reconnect(user: RoomUser): Promise<void> {
		const { kernel, workspace } = this.kernel;
		if (kernel !== null) await this.#resume();
		else if (workspace !== null) await this.#place.replace(user, workspace, this.kernel);
		this.#advance(user);
	}

	#onAgent(event: KernelEvent): void {
		this.#link.handle(event);
		const { active } = this.#desk;
		// The agent was away for a moment and may have missed how the run ended. What it asks now is answered after that.
		const away = event.type === 'resumed' || (event.type === 'gap' && event.content.reason === 'restart');
		if (away && active) void this.#endAfterProbe(active.id);
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
		// The last of it was seen, only the reply was not: what is on the screen says how it went.
		if (run.idle) {
			const failed = run.outputs.some((output) => output.type === 'error');
			this.#desk.end({ ...run, state: failed ? 'error' : 'done', input: null, finishedAt: Date.now() });
			return;
		}
		const why = 'How this ended was not seen: the agent on the machine was restarted meanwhile.';
		this.#desk.end({ ...run, state: 'lost', outputs: [...run.outputs, notice(why)], finishedAt: Date.now() });
	}

	#onReady(): void {
		this.#projection.setKernel({ state: this.#desk.active ? 'busy' : 'idle' });
		if (this.#desk.isIdle) this.#idle.begin();
		this.#advance(null);
	}

	#onRunEnded(run: Run): void {
		if (run.nextInput) this.#insertInput(run);
		// Another one that was taken back says nothing about the one that runs.
		const { active } = this.#desk;
		if (this.#link.alive && (active === null || active.id === run.id)) this.#idle.begin();
		this.#options.onRunEnded?.(this.#notebook, run);
	}

	/** What the code wants to be the text of its cell, or of a new one below (`%load`). */
	#insertInput({ cell, nextInput }: Run): void {
		const { text, replace } = nextInput!;
		void this.#people.transact((doc) => {
			const source = sourceOf(cellsOf(doc).get(cell));
			if (replace && source) {
				source.delete(0, source.length);
				source.insert(0, text);
			} else insertCell(doc, cellIds(doc).indexOf(cell) + 1, { type: 'code', source: text });
		});
	}

	async #stopUnused(minutes: number): Promise<void> {
		if (!this.#link.alive || !this.#desk.isIdle) return;
		try {
			await this.#link.shutdown();
			this.#unused = minutes;
		} catch (error) {
			this.#options.logger.warn(
				{ notebook: this.#notebook, err: error },
				'an unused kernel was not shut down'
			);
		}
	}

	#onGone(sentence: string, expected: boolean): void {
		this.#idle.end();
		if (expected && this.#unused !== null) {
			this.#projection.setKernel({ problem: idleProblem(this.#unused) });
			this.#unused = null;
		}
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
		const result = await this.#link.resume();
		// Sent again under the same id: the agent's journal knows whether the kernel has had it.
		if (result === 'up' && queued && active?.firstSeq === 0) await this.#execute(queued.run, queued.source);
	}
}

const NOT_WAITING = {
	code: 'not-waiting',
	title: 'That run does not wait any more.',
	remedy: 'Look at the queue again: it has moved on.'
};
