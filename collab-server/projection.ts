/**
 * The room's picture of its runtime document: runs and kernel as plain values, written to the shared document in
 * batches. A batch is durable before the events behind it are acknowledged to the agent's spool.
 */

import * as Y from 'yjs';
import type { CellId, RunId } from '#lib/model/ids.ts';
import { isFinished, type Run } from '#lib/model/run.ts';
import {
	clearRuns,
	readKernel,
	readRuns,
	writeKernel,
	writeRun,
	type KernelView
} from '#lib/model/runtime-doc.ts';
import { deleteWidget, readWidgets, writeWidget, type Widget } from '#lib/model/widget.ts';
import type { Logger } from './logger.ts';
import type { OpenDocument } from './open-document.ts';
import type { OutputStore } from './output-store.ts';
import type { StreamStore } from './stream-store.ts';
import type { UpdateLog } from './update-log.ts';

/** Least time between two batches. */
const BATCH_MS = 40;
/** The same after batches of more bytes: nobody reads a flood at 25 pictures a second. */
const PAUSES_MS: [bytes: number, pause: number][] = [
	[48 * 1024, 200],
	[4 * 1024, 100]
];

/**
 * When a change is written. `now`: a run has ended, nothing of it may wait · `soon`: output; the first after a pause goes
 * at once, then one batch in `BATCH_MS` · `later`: with the next batch; a run that ends within `BATCH_MS` is one write.
 */
type Urgency = 'now' | 'soon' | 'later';
const RETRY_MS = 1000;

export interface ProjectionOptions {
	document: string;
	connection: OpenDocument;
	log: UpdateLog;
	store: OutputStore;
	streams: StreamStore;
	logger: Logger;
	/** Everything up to `seq` is in the database. */
	onDurable(seq: number): void;
}

export class Projection {
	readonly #options: ProjectionOptions;
	readonly #runs = new Map<RunId, Run>();
	readonly #latest = new Map<CellId, RunId>();
	readonly #dirty = new Set<CellId>();
	/** What was last written of each cell: outputs that are still the same objects are not compared again. */
	readonly #written = new Map<CellId, Run>();
	readonly #widgets = new Map<string, Widget>();
	readonly #dirtyWidgets = new Set<string>();
	#forgotten: RunId[] = [];
	#kernel: KernelView;
	#kernelChange: Partial<KernelView> = {};
	#seq: number;
	#lastFlush = 0;
	#lastBytes = 0;
	#timer: NodeJS.Timeout | undefined;
	#flushing: Promise<void> | null = null;
	#unstored: Uint8Array[] = [];
	#stored: Promise<void> = Promise.resolve();
	#closed = false;
	/** Something that may not wait came while a batch was being written. */
	#urgent = false;

	constructor(options: ProjectionOptions) {
		this.#options = options;
		const doc = this.#doc;
		this.#kernel = readKernel(doc);
		this.#seq = this.#kernel.seq;
		for (const run of readRuns(doc)) {
			this.#runs.set(run.id, run);
			this.#latest.set(run.cell, run.id);
		}
		for (const widget of readWidgets(doc)) this.#widgets.set(widget.comm, widget);
		doc.on('update', this.#onUpdate);
	}

	get kernel(): KernelView {
		return this.#kernel;
	}

	/** The number up to which events are folded (not: stored). */
	get seq(): number {
		return this.#seq;
	}

	run(id: RunId): Run | undefined {
		return this.#runs.get(id);
	}

	runs(): Run[] {
		return [...this.#runs.values()].sort((a, b) => a.place - b.place);
	}

	/** Put a run's new value; ended runs that a newer one of their cell replaced are forgotten. */
	put(folded: Run): void {
		const { overflow, ...run } = folded;
		if (overflow) this.#options.streams.append(overflow);
		const known = this.#latest.get(run.cell);
		const shown = known === undefined ? undefined : this.#runs.get(known);
		this.#runs.set(run.id, run);
		if (!shown || shown.id === run.id || run.place >= shown.place) {
			this.#latest.set(run.cell, run.id);
			this.#dirty.add(run.cell);
			if (shown && shown.id !== run.id && isFinished(shown)) this.#forget(shown.id);
		} else if (isFinished(run)) {
			this.#forget(run.id);
		}
		this.#schedule(run.finishedAt !== null ? 'now' : run.outputs.length > 0 ? 'soon' : 'later');
	}

	widget(comm: string): Widget | undefined {
		return this.#widgets.get(comm);
	}

	widgets(): Widget[] {
		return [...this.#widgets.values()];
	}

	putWidget(widget: Widget): void {
		this.#widgets.set(widget.comm, widget);
		this.#dirtyWidgets.add(widget.comm);
		this.#schedule('soon');
	}

	dropWidget(comm: string): void {
		if (!this.#widgets.delete(comm)) return;
		this.#dirtyWidgets.add(comm);
		this.#schedule('later');
	}

	setKernel(change: Partial<KernelView>): void {
		this.#kernel = { ...this.#kernel, ...change };
		this.#kernelChange = { ...this.#kernelChange, ...change };
		// Busy for a moment is nothing to tell; idle comes with the end of a run, which is written at once.
		this.#schedule(change.state === 'busy' || change.state === 'idle' ? 'later' : 'now');
	}

	/** Everything up to this event is folded in. */
	setSeq(seq: number): void {
		this.#seq = seq;
		this.#schedule('later');
	}

	/** Take the ended runs of cells out of the document. */
	clear(cells: CellId[]): void {
		const ended = cells.filter((cell) => {
			const id = this.#latest.get(cell);
			const run = id === undefined ? undefined : this.#runs.get(id);
			return run !== undefined && isFinished(run);
		});
		for (const cell of ended) {
			this.#forget(this.#latest.get(cell)!);
			this.#latest.delete(cell);
			this.#dirty.delete(cell);
			this.#written.delete(cell);
		}
		void this.#options.connection.transact((doc) => clearRuns(doc, ended));
		this.#schedule('now');
	}

	/** Write what is pending and wait until it is in the database. */
	async flush(): Promise<void> {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		while (this.#flushing) await this.#flushing;
		await this.#flushOnce();
		await this.#stored;
	}

	async close(): Promise<void> {
		await this.flush();
		this.#closed = true;
		clearTimeout(this.#timer);
		this.#doc.off('update', this.#onUpdate);
		await this.#options.connection.disconnect();
	}

	get #doc(): Y.Doc {
		return this.#options.connection.document!;
	}

	readonly #onUpdate = (update: Uint8Array): void => {
		this.#unstored.push(update);
	};

	#forget(run: RunId): void {
		this.#runs.delete(run);
		this.#forgotten.push(run);
	}

	#schedule(urgency: Urgency): void {
		if (this.#closed) return;
		if (this.#flushing) {
			if (urgency === 'now') this.#urgent = true;
			return;
		}
		const sinceLast = performance.now() - this.#lastFlush;
		const pause = PAUSES_MS.find(([bytes]) => this.#lastBytes > bytes)?.[1] ?? BATCH_MS;
		const wait = urgency === 'now' ? 0 : urgency === 'later' ? pause : Math.max(0, pause - sinceLast);
		if (wait === 0) {
			clearTimeout(this.#timer);
			this.#timer = undefined;
			void this.#flushOnce();
		} else {
			this.#timer ??= setTimeout(() => {
				this.#timer = undefined;
				void this.#flushOnce();
			}, wait);
		}
	}

	/** One batch: blobs, then the document; the log follows by itself. Never rejects. */
	#flushOnce(): Promise<void> {
		this.#flushing ??= this.#write().finally(() => {
			this.#flushing = null;
			const urgent = this.#urgent;
			this.#urgent = false;
			if (this.#hasWork) this.#schedule(urgent ? 'now' : 'soon');
		});
		return this.#flushing;
	}

	get #hasWork(): boolean {
		return (
			this.#dirty.size > 0 ||
			this.#dirtyWidgets.size > 0 ||
			Object.keys(this.#kernelChange).length > 0 ||
			this.#unstored.length > 0 ||
			this.#seq !== this.#kernel.seq
		);
	}

	async #write(): Promise<void> {
		const { store, streams, connection, document, logger } = this.#options;
		// One turn of the loop: what arrived together is written together.
		await new Promise((resolve) => setImmediate(resolve));
		try {
			if (store.hasPending) await store.flush();
			if (streams.pendingChars > 0) await streams.flush();
			this.#lastFlush = performance.now();
			const seq = this.#seq;
			const runs = [...this.#dirty].map((cell) => this.#runs.get(this.#latest.get(cell) ?? ''));
			const kernel = { ...this.#kernelChange, ...(seq === this.#kernel.seq ? {} : { seq }) };
			this.#kernel = { ...this.#kernel, seq };
			const widgets = [...this.#dirtyWidgets];
			this.#dirty.clear();
			this.#dirtyWidgets.clear();
			this.#kernelChange = {};
			if (runs.length > 0 || widgets.length > 0 || Object.keys(kernel).length > 0) {
				await connection.transact((doc) => {
					for (const run of runs) if (run) this.#writeRun(doc, run);
					for (const comm of widgets) {
						const widget = this.#widgets.get(comm);
						if (widget) writeWidget(doc, widget);
						else deleteWidget(doc, comm);
					}
					writeKernel(doc, kernel);
				});
			}
			this.#lastBytes = this.#unstored.reduce((sum, update) => sum + update.length, 0);
			this.#stored = this.#log(seq, this.#forgotten.splice(0));
		} catch (error) {
			logger.error({ document, err: error }, 'the runtime document could not be stored; trying again');
			await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
		}
	}

	#writeRun(doc: Y.Doc, run: Run): void {
		const before = this.#written.get(run.cell);
		writeRun(doc, run, before?.id === run.id ? before : undefined);
		if (run.outputs.length > 0 || run.finishedAt !== null) this.#written.set(run.cell, run);
	}

	/**
	 * Put what the batch changed into the log; the spool is acknowledged when it is there. Only then do the streams go of
	 * runs that are shown no more.
	 */
	async #log(seq: number, forgotten: RunId[]): Promise<void> {
		const { log, streams, document, logger, onDurable } = this.#options;
		const updates = this.#unstored;
		this.#unstored = [];
		try {
			if (updates.length > 0)
				await log.append(document, updates.length === 1 ? updates[0]! : Y.mergeUpdates(updates), null);
			else await log.settledFor(document);
			onDurable(seq);
			await streams.forget(forgotten);
		} catch (error) {
			// The notebook was deleted meanwhile: there is nothing left to store.
			logger.warn({ document, err: error }, 'the runtime document is gone');
		}
	}
}
