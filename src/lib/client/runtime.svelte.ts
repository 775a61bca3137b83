import * as Y from 'yjs';
import type { CellId } from '#lib/model/ids.ts';
import type { Output } from '#lib/model/output.ts';
import { isFinished, type Run } from '#lib/model/run.ts';
import {
	kernelMapOf,
	NO_KERNEL,
	outputFrom,
	readKernel,
	runsOf,
	type KernelView
} from '#lib/model/runtime-doc.ts';

/** The latest run of one cell, as a snapshot that is replaced, never changed. */
export class RunView {
	run = $state.raw<Run | null>(null);
	/** Place in the queue, 1 is next; 0 when it is not waiting. */
	queued = $state(0);
}

/**
 * The runtime document as snapshots: the kernel, one run per cell, the queue. A snapshot reuses the objects of outputs
 * that did not change, so a long cell that prints redraws one output.
 */
export class RuntimeView {
	kernel = $state.raw<KernelView>(NO_KERNEL);
	/** The run the kernel is at. */
	running = $state.raw<Run | null>(null);
	/** Runs that wait, next first. */
	waiting = $state.raw<readonly Run[]>([]);
	/** Runs that wait or run: whether there is anything to stop. */
	active = $state(0);
	/** Counts runs that ended: a short one may begin and end between two drawings. */
	ended = $state(0);

	readonly #doc: Y.Doc;
	readonly #finished: (run: Run) => void;
	readonly #runs = new Map<CellId, RunView>();
	readonly #outputs = new WeakMap<object, Output>();

	constructor(doc: Y.Doc, finished: (run: Run) => void) {
		this.#doc = doc;
		this.#finished = finished;
		runsOf(doc).observeDeep(this.#runsChanged);
		kernelMapOf(doc).observe(this.#kernelChanged);
		this.#kernelChanged();
		for (const id of runsOf(doc).keys()) this.#read(id);
		this.#readQueue();
	}

	/** The run of a cell; the same view for as long as the page lives. */
	of(id: CellId): RunView {
		let view = this.#runs.get(id);
		if (!view) this.#runs.set(id, (view = new RunView()));
		return view;
	}

	close(): void {
		runsOf(this.#doc).unobserveDeep(this.#runsChanged);
		kernelMapOf(this.#doc).unobserve(this.#kernelChanged);
	}

	#kernelChanged = (): void => {
		this.kernel = readKernel(this.#doc);
	};

	#runsChanged = (events: Y.YEvent<Y.AbstractType<unknown>>[]): void => {
		const dirty = new Set<CellId>();
		for (const event of events) {
			const path = event.path;
			if (path.length === 0) for (const id of event.changes.keys.keys()) dirty.add(id);
			else dirty.add(String(path[0]));
			// [cell, 'outputs', index] is an output, one deeper the text of a stream.
			if (path.length === 3) this.#outputs.delete(event.target);
			if (path.length > 3 && event.target.parent) this.#outputs.delete(event.target.parent);
		}
		let queueChanged = false;
		for (const id of dirty) queueChanged = this.#read(id) || queueChanged;
		if (queueChanged) this.#readQueue();
	};

	/** Take a new snapshot; true when the queue may look different. */
	#read(id: CellId): boolean {
		const view = this.of(id);
		const before = view.run;
		const map = runsOf(this.#doc).get(id);
		const run = map ? this.#snapshot(map) : null;
		view.run = run;
		const over = run !== null && run.finishedAt !== null;
		if (over && (before?.id !== run.id || before.finishedAt === null)) this.ended++;
		if (run && before && before.id === run.id && before.finishedAt === null && run.finishedAt !== null) {
			this.#finished(run);
		}
		return (
			before?.id !== run?.id ||
			before?.state !== run?.state ||
			before?.place !== run?.place ||
			before?.interrupting !== run?.interrupting
		);
	}

	#snapshot(map: Y.Map<unknown>): Run {
		const fields: Record<string, unknown> = {};
		for (const [key, value] of map) if (key !== 'outputs') fields[key] = value;
		const outputs = map.get('outputs');
		return {
			...(fields as unknown as Run),
			outputs: outputs instanceof Y.Array ? outputs.map((output) => this.#output(output)) : []
		};
	}

	#output(shared: object): Output {
		let output = this.#outputs.get(shared);
		if (!output) this.#outputs.set(shared, (output = outputFrom(shared)));
		return output;
	}

	#readQueue(): void {
		const waiting: { view: RunView; run: Run }[] = [];
		let running: Run | null = null;
		let active = 0;
		for (const view of this.#runs.values()) {
			const run = view.run;
			if (!run || isFinished(run)) {
				view.queued = 0;
				continue;
			}
			active++;
			if (run.state === 'running') {
				running = run;
				view.queued = 0;
			} else waiting.push({ view, run });
		}
		waiting.sort((a, b) => a.run.place - b.run.place).forEach(({ view }, i) => (view.queued = i + 1));
		this.waiting = waiting.map(({ run }) => run);
		this.running = running;
		this.active = active;
	}
}
