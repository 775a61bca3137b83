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
import type { Logger } from './logger.ts';
import type { OpenDocument } from './open-document.ts';
import type { OutputStore } from './output-store.ts';
import type { UpdateLog } from './update-log.ts';

/** Least time between two batches; the first after a pause goes at once, and so does one that ends a run. */
const BATCH_MS = 40;
const RETRY_MS = 1000;

export interface ProjectionOptions {
	document: string;
	connection: OpenDocument;
	log: UpdateLog;
	store: OutputStore;
	logger: Logger;
	/** Everything up to `seq` is in the database. */
	onDurable(seq: number): void;
}

export class Projection {
	readonly #options: ProjectionOptions;
	readonly #runs = new Map<RunId, Run>();
	readonly #latest = new Map<CellId, RunId>();
	readonly #dirty = new Set<CellId>();
	#kernel: KernelView;
	#kernelChange: Partial<KernelView> = {};
	#seq: number;
	#lastFlush = 0;
	#timer: NodeJS.Timeout | undefined;
	#flushing: Promise<void> | null = null;
	#unstored: Uint8Array[] = [];
	/** While true nothing is written: the past is being folded again. */
	held = false;

	constructor(options: ProjectionOptions) {
		this.#options = options;
		const doc = this.#doc;
		this.#kernel = readKernel(doc);
		this.#seq = this.#kernel.seq;
		for (const run of readRuns(doc)) {
			this.#runs.set(run.id, run);
			this.#latest.set(run.cell, run.id);
		}
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
	put(run: Run): void {
		const known = this.#latest.get(run.cell);
		const shown = known === undefined ? undefined : this.#runs.get(known);
		this.#runs.set(run.id, run);
		if (!shown || run.place >= shown.place) {
			this.#latest.set(run.cell, run.id);
			this.#dirty.add(run.cell);
			if (shown && shown.id !== run.id && isFinished(shown)) this.#runs.delete(shown.id);
		} else if (isFinished(run)) {
			this.#runs.delete(run.id);
		}
		this.#schedule(run.finishedAt !== null);
	}

	setKernel(change: Partial<KernelView>): void {
		this.#kernel = { ...this.#kernel, ...change };
		this.#kernelChange = { ...this.#kernelChange, ...change };
		this.#schedule(true);
	}

	/** Everything up to this event is folded in. */
	setSeq(seq: number): void {
		this.#seq = seq;
		this.#schedule(false);
	}

	/** Take the ended runs of cells out of the document. */
	clear(cells: CellId[]): void {
		const ended = cells.filter((cell) => {
			const id = this.#latest.get(cell);
			const run = id === undefined ? undefined : this.#runs.get(id);
			return run !== undefined && isFinished(run);
		});
		for (const cell of ended) {
			this.#runs.delete(this.#latest.get(cell)!);
			this.#latest.delete(cell);
			this.#dirty.delete(cell);
		}
		void this.#options.connection.transact((doc) => clearRuns(doc, ended));
		this.#schedule(true);
	}

	/** Write what is pending and wait until it is in the database. */
	async flush(): Promise<void> {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		while (this.#flushing) await this.#flushing;
		await this.#flushOnce();
	}

	async close(): Promise<void> {
		this.held = false;
		await this.flush();
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

	#schedule(urgent: boolean): void {
		if (this.held || this.#flushing) return;
		const wait = urgent ? 0 : Math.max(0, this.#lastFlush + BATCH_MS - performance.now());
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

	/** One batch: blobs, then the document, then the log, then the acknowledgement. Never rejects. */
	#flushOnce(): Promise<void> {
		this.#flushing ??= this.#write().finally(() => {
			this.#flushing = null;
			if (this.#hasWork) this.#schedule(false);
		});
		return this.#flushing;
	}

	get #hasWork(): boolean {
		return (
			this.#dirty.size > 0 ||
			Object.keys(this.#kernelChange).length > 0 ||
			this.#unstored.length > 0 ||
			this.#seq !== this.#kernel.seq
		);
	}

	async #write(): Promise<void> {
		const { store, connection, log, document, logger } = this.#options;
		// One turn of the loop: what arrived together is written together.
		await new Promise((resolve) => setImmediate(resolve));
		try {
			if (store.hasPending) await store.flush();
			this.#lastFlush = performance.now();
			const seq = this.#seq;
			const runs = [...this.#dirty].map((cell) => this.#runs.get(this.#latest.get(cell) ?? ''));
			const kernel = { ...this.#kernelChange, ...(seq === this.#kernel.seq ? {} : { seq }) };
			this.#kernel = { ...this.#kernel, seq };
			this.#dirty.clear();
			this.#kernelChange = {};
			if (runs.length > 0 || Object.keys(kernel).length > 0) {
				await connection.transact((doc) => {
					for (const run of runs) if (run) writeRun(doc, run);
					writeKernel(doc, kernel);
				});
			}
			const updates = this.#unstored;
			if (updates.length > 0) {
				await log.append(document, updates.length === 1 ? updates[0]! : Y.mergeUpdates(updates), null);
				this.#unstored = this.#unstored.slice(updates.length);
			}
			this.#options.onDurable(seq);
		} catch (error) {
			logger.error({ document, err: error }, 'the runtime document could not be stored; trying again');
			await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
		}
	}
}
