/**
 * A room: one notebook's queue of runs and its kernel. It reads what people wrote, sends it to the kernel, folds what
 * comes back and writes it where everybody can read it. It is the only writer of the runtime document.
 */
import type { Hocuspocus } from '@hocuspocus/server';
import * as Y from 'yjs';
import type { Database } from '#db/database.ts';
import { digest } from '#lib/model/digest.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { newId, type NotebookId, type RunId } from '#lib/model/ids.ts';
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import { cellIds, notebookDocName, readCell, readMetadata } from '#lib/model/notebook-doc.ts';
import type { MimeBundle } from '#lib/model/output.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { CommandResult, RoomCommand } from '#lib/model/room-command.ts';
import { applyEvent, isFinished, newRun, updateDisplay, type Run } from '#lib/model/run.ts';
import { runtimeDocName, type KernelView } from '#lib/model/runtime-doc.ts';
import type { RoomUser } from './caller.ts';
import { KernelLink } from './kernel-link.ts';
import type { Logger } from './logger.ts';
import { OutputStore } from './output-store.ts';
import type { OpenDocument } from './open-document.ts';
import { Projection } from './projection.ts';
import { RunLedger } from './run-ledger.ts';
import { RunQueue } from './run-queue.ts';
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

export class Room {
	readonly #notebook: NotebookId;
	readonly #options: RoomOptions;
	readonly #notebookConnection: OpenDocument;
	readonly #projection: Projection;
	readonly #store: OutputStore;
	readonly #ledger: RunLedger;
	readonly #queue = new RunQueue();
	readonly #link: KernelLink;
	readonly #waiters = new Map<RunId, (() => void)[]>();
	/** Events up to this number were folded before the server stopped; only runs folded anew hear them again. */
	#foldedBefore = 0;
	#starting: Promise<void> | null = null;
	#closed = false;

	private constructor(
		notebook: NotebookId,
		options: RoomOptions,
		notebookConnection: OpenDocument,
		runtimeConnection: OpenDocument
	) {
		this.#notebook = notebook;
		this.#options = options;
		this.#notebookConnection = notebookConnection;
		this.#store = new OutputStore(options.db, notebook);
		this.#ledger = new RunLedger(options.db, notebook, options.logger);
		this.#projection = new Projection({
			document: runtimeDocName(notebook),
			connection: runtimeConnection,
			log: options.log,
			store: this.#store,
			logger: options.logger,
			onDurable: (seq) => this.#link.acknowledge(seq, this.#keepFrom(seq))
		});
		this.#link = new KernelLink({
			gateway: options.gateway,
			directory: options.directory,
			projection: this.#projection,
			onEvents: (events) => this.#fold(events),
			onReady: () => this.#onReady(),
			onGone: (sentence, expected) => this.#onGone(sentence, expected)
		});
	}

	/** Open the room of a notebook and find its kernel again, if it had one. */
	static async open(notebook: NotebookId, options: RoomOptions): Promise<Room> {
		const notebookConnection = await options.hocuspocus.openDirectConnection(notebookDocName(notebook));
		const runtimeConnection = await options.hocuspocus.openDirectConnection(runtimeDocName(notebook));
		const room = new Room(notebook, options, notebookConnection, runtimeConnection);
		await room.#restore();
		return room;
	}

	get kernel(): KernelView {
		return this.#projection.kernel;
	}

	/** Nothing runs, nothing waits, no kernel is held: the room may be closed. */
	get isIdle(): boolean {
		return !this.#link.held && this.#queue.active === null && this.#queue.isEmpty && this.#starting === null;
	}

	/** Do what a person with the right to it asked for. Refuses with ProblemError. */
	async command(user: RoomUser, command: RoomCommand): Promise<CommandResult> {
		switch (command.do) {
			case 'run':
				return this.#run(user, command.cells, command.stateVector);
			case 'cancel':
				this.#cancel(({ run }) => command.runs === 'all' || command.runs.includes(run));
				return {};
			case 'interrupt':
				this.#cancel(() => true);
				if (this.#link.alive) await this.#link.interrupt();
				return {};
			case 'start':
				await this.#replaceKernel(user, command.workspace, command.spec ?? null);
				return {};
			case 'restart':
				return this.#restart(user, command.runAll === true);
			case 'shutdown':
				this.#cancel(() => true);
				await this.#link.shutdown();
				return {};
			case 'reconnect':
				await this.#reconnect(user);
				return {};
			case 'clear':
				this.#projection.clear(command.cells === 'all' ? this.#projection.runs().map((run) => run.cell) : command.cells);
				return {};
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
		const run = this.#projection.run(id);
		if (!run || isFinished(run)) return Promise.resolve();
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, ms);
			const done = (): void => {
				clearTimeout(timer);
				resolve();
			};
			this.#waiters.set(id, [...(this.#waiters.get(id) ?? []), done]);
		});
	}

	/** Write what is pending and leave; the kernel lives on. */
	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		this.#link.close();
		await this.#projection.close();
		await this.#ledger.settled();
		await this.#notebookConnection.disconnect();
	}

	get #doc(): Y.Doc {
		return this.#notebookConnection.document!;
	}

	async #run(user: RoomUser, wanted: string[] | 'all', stateVector?: string): Promise<CommandResult> {
		if (stateVector !== undefined) await covers(this.#doc, Buffer.from(stateVector, 'base64'));
		const ids = wanted === 'all' ? cellIds(this.#doc) : wanted;
		const cells = ids.map((id) => readCell(this.#doc, id)).filter((cell) => cell?.type === 'code');
		await this.#checkPlace(user);
		const request = newId();
		const first = Math.max(0, ...this.#projection.runs().map((run) => run.place)) + 1;
		const at = Date.now();
		const entries = cells.map((cell, i) => ({
			run: newRun(newId(), cell!.id, { id: user.id, name: user.name }, at, first + i, digest(cell!.source)),
			source: cell!.source,
			request
		}));
		if (entries.length === 0) return { runs: [] };
		this.#ledger.opened(entries, this.kernel.workspace);
		this.#queue.add(entries.map(({ run, source }) => ({ run: run.id, source, request })));
		for (const { run } of entries) this.#projection.put(run);
		this.#advance(user);
		return { runs: entries.map(({ run }) => ({ id: run.id, cell: run.cell })) };
	}

	/** Refuse a run before it is queued when there is nowhere for it to go. */
	async #checkPlace(user: RoomUser): Promise<void> {
		if (this.#link.held || this.#starting) return;
		const { directory } = this.#options;
		const workspace = this.kernel.workspace;
		const usable = workspace !== null && (await directory.mayUse(user, workspace));
		if (usable || (await directory.defaultFor(user)) !== null) return;
		throw new ProblemError(409, {
			code: 'no-workspace',
			title: 'There is nowhere to run this yet.',
			detail: workspace === null ? 'You have no workspace.' : 'Its kernel is not running, and the workspace it ran on is not yours.',
			remedy: 'Add a machine you can reach by SSH, or ask the owner of the kernel to start it.'
		});
	}

	/** Give the kernel the next run, starting one if need be. */
	#advance(user: RoomUser | null): void {
		if (this.#closed || this.#queue.isEmpty) return;
		if (!this.#link.alive) {
			if (!this.#link.held && user) void this.#ensureKernel(user).catch(() => undefined);
			return;
		}
		const next = this.#queue.next();
		if (next) void this.#execute(next.run, next.source);
	}

	async #execute(id: RunId, source: string): Promise<void> {
		try {
			await this.#link.execute(id, source);
		} catch (error) {
			const run = this.#projection.run(id);
			if (run) this.#end({ ...run, outputs: [notice(error)], state: 'error', finishedAt: Date.now() });
		}
	}

	/** Start a kernel on the notebook's workspace or the person's own. Runs that wait go when it is up. */
	#ensureKernel(user: RoomUser): Promise<void> {
		this.#starting ??= this.#startKernel(user).finally(() => {
			this.#starting = null;
		});
		return this.#starting;
	}

	async #startKernel(user: RoomUser): Promise<void> {
		const { directory } = this.#options;
		const { workspace: last, spec } = this.kernel;
		const keep = last !== null && (await directory.mayUse(user, last));
		const workspace = keep ? last : await directory.defaultFor(user);
		if (workspace === null) return this.#giveUp('There is nowhere to run this: no workspace was chosen.');
		await this.#startOn(user, workspace, keep ? spec : null);
	}

	async #startOn(user: RoomUser, workspace: string, spec: string | null): Promise<void> {
		this.#foldedBefore = 0;
		try {
			await this.#link.start(user, workspace, spec, readMetadata(this.#doc));
		} catch (error) {
			this.#giveUp(error instanceof ProblemError ? error.message : 'The kernel could not be started.');
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
		this.#starting ??= this.#startOn(user, workspace, spec).finally(() => {
			this.#starting = null;
		});
		await this.#starting;
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
		this.#cancel(() => true);
		const active = this.#queue.active;
		await this.#link.shutdown();
		if (active) await this.waitFor(active.run, 10_000);
	}

	async #reconnect(user: RoomUser): Promise<void> {
		if (this.kernel.kernel === null) {
			if (this.kernel.workspace !== null) await this.#replaceKernel(user, this.kernel.workspace, this.kernel.spec);
			return;
		}
		await this.#resume();
		this.#advance(user);
	}

	#cancel(match: (queued: { run: RunId; request: string }) => boolean): void {
		for (const { run: id } of this.#queue.take(match)) {
			const run = this.#projection.run(id);
			if (run) this.#end({ ...run, state: 'cancelled', finishedAt: Date.now() });
		}
	}

	/** Fold events: each once, in order. */
	#fold(events: KernelEvent[]): void {
		const at = Date.now();
		for (const event of events) {
			const again = event.seq <= this.#foldedBefore;
			if (!again && event.seq <= this.#projection.seq && !this.#projection.held) continue;
			this.#foldOne(event, again, at);
			if (!again) this.#projection.setSeq(event.seq);
			if (this.#projection.held && event.seq >= this.#foldedBefore) this.#release();
		}
	}

	#foldOne(event: KernelEvent, again: boolean, at: number): void {
		if (event.channel === 'agent') {
			const active = this.#queue.active && this.#projection.run(this.#queue.active.run);
			// How a death ends the active run depends on whether somebody asked for it: `#onGone` decides.
			if (active && event.type !== 'died') this.#took(active, applyEvent(active, event, at));
			if (!again) this.#link.handle(event);
			return;
		}
		if (event.type === 'status' && !again) {
			const state = event.content.execution_state;
			if (this.#link.alive && (state === 'busy' || state === 'idle')) this.#projection.setKernel({ state });
		}
		const lean = this.#withoutBulk(event);
		if (event.type === 'update_display_data' && !again) {
			for (const run of this.#projection.runs()) {
				const next = updateDisplay(run, lean);
				if (next !== run) this.#projection.put(next);
			}
			return;
		}
		const run = this.#projection.run(event.parent);
		if (run && (!again || run.finishedAt === null)) this.#took(run, applyEvent(run, lean, at));
	}

	#took(before: Run, after: Run): void {
		if (after === before) return;
		if (after.finishedAt !== null && before.finishedAt === null) this.#end(after);
		else {
			this.#projection.put(after);
			if (after.state !== before.state) this.#ledger.changed(after, this.kernel.kernel, this.kernel.workspace);
		}
	}

	/** A run has ended: write it, tell who waits, take back the rest of its request after an error, go on. */
	#end(run: Run): void {
		this.#projection.put(run);
		this.#ledger.changed(run, this.kernel.kernel, this.kernel.workspace);
		for (const done of this.#waiters.get(run.id) ?? []) done();
		this.#waiters.delete(run.id);
		const active = this.#queue.active;
		if (active?.run !== run.id) return;
		this.#queue.ended(run.id);
		if (run.state !== 'done') this.#cancel(({ request }) => request === active.request);
		queueMicrotask(() => this.#advance(null));
	}

	#withoutBulk(event: KernelEvent): KernelEvent {
		if (typeof event.content.data !== 'object' || event.content.data === null) return event;
		const data = this.#store.externalise(event.content.data as MimeBundle);
		return { ...event, content: { ...event.content, data: data as unknown as typeof event.content.data } };
	}

	#onReady(): void {
		this.#projection.setKernel({ state: this.#queue.active ? 'busy' : 'idle' });
		this.#advance(null);
	}

	#onGone(sentence: string, expected: boolean): void {
		const active = this.#queue.active && this.#projection.run(this.#queue.active.run);
		if (active && active.finishedAt === null) {
			const state = expected ? 'interrupted' : 'error';
			const outputs = expected ? active.outputs : [...active.outputs, notice(sentence)];
			this.#end({ ...active, state, outputs, finishedAt: Date.now() });
		}
		// Runs behind the one that was struck are taken back; those that waited for a first kernel are told why.
		if (!expected && active) this.#cancel(() => true);
		else if (!expected) this.#giveUp(sentence);
	}

	#giveUp(why: string): void {
		for (const { run: id } of this.#queue.take(() => true)) {
			const run = this.#projection.run(id);
			if (!run) continue;
			const state = run.startedAt === null ? 'cancelled' : 'lost';
			this.#end({ ...run, state, outputs: [...run.outputs, notice(why)], finishedAt: Date.now() });
		}
	}

	/** The spool may drop everything before this: no unfinished run needs it, should the server stop now. */
	#keepFrom(seq: number): number {
		const needed = this.#projection.runs().filter((run) => run.finishedAt === null && run.firstSeq > 0);
		return Math.min(seq + 1, ...needed.map((run) => run.firstSeq));
	}

	/** After a start of the server: take up the runs that had not ended and look for the kernel. */
	async #restore(): Promise<void> {
		const open = await this.#ledger.open();
		for (const { id, source, request } of open) {
			if (this.#projection.run(id)) this.#queue.add([{ run: id, source, request }]);
		}
		const left = this.#projection.runs().filter((run) => run.finishedAt === null);
		for (const run of left) {
			if (!open.some(({ id }) => id === run.id)) {
				this.#projection.put({ ...run, state: 'lost', finishedAt: Date.now() });
			}
		}
		if (this.#link.held) {
			await this.#resume().catch((error: unknown) =>
				this.#options.logger.warn({ notebook: this.#notebook, err: error }, 'the kernel was not found again')
			);
		} else {
			this.#giveUp('The server was restarted before this could run.');
		}
	}

	/**
	 * Follow the kernel again. The run it was at is folded anew from its first event: what the server held in memory
	 * is gone, and the spool has it all. Nothing is written until the fold has reached what was stored.
	 */
	async #resume(): Promise<void> {
		const active = this.#queue.active ?? this.#queue.next();
		const run = active && this.#projection.run(active.run);
		this.#foldedBefore = this.#projection.seq;
		const after = run && run.firstSeq > 0 ? run.firstSeq - 1 : this.#foldedBefore;
		const result = await this.#link.resume(after, () => {
			if (!run || after >= this.#foldedBefore) return;
			this.#projection.held = true;
			const { firstSeq, state, startedAt } = run;
			const fresh = newRun(run.id, run.cell, run.by, run.queuedAt ?? 0, run.place, run.sourceDigest);
			this.#projection.put({ ...fresh, firstSeq, state, startedAt });
		});
		// Sent again under the same id: the agent's journal knows whether the kernel has had it.
		if (result === 'up' && run?.firstSeq === 0) await this.#execute(run.id, active!.source);
	}

	#release(): void {
		if (!this.#projection.held) return;
		this.#projection.held = false;
		void this.#projection.flush();
	}
}

function notice(why: unknown): { type: 'notice'; level: 'error'; text: string } {
	return { type: 'notice', level: 'error', text: why instanceof Error ? why.message : String(why) };
}
