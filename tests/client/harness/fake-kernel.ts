import type * as Y from 'yjs';
import { digest } from '#lib/model/digest.ts';
import { newId } from '#lib/model/ids.ts';
import { readCells } from '#lib/model/notebook-doc.ts';
import type { Output } from '#lib/model/output.ts';
import type { RoomCommand } from '#lib/model/room-command.ts';
import { newRun, type Run } from '#lib/model/run.ts';
import { clearRuns, writeKernel, writeRun } from '#lib/model/runtime-doc.ts';
import { answers } from './demo.ts';

/** Pretends to run cells, one after the other; `sleep` in the code takes as long as it says. */
export class FakeKernel {
	readonly #notebook: Y.Doc;
	readonly #runtime: Y.Doc;
	#queue: Run[] = [];
	#current: { run: Run; timer: NodeJS.Timeout } | null = null;
	#count = 0;
	#place = 0;

	constructor(notebook: Y.Doc, runtime: Y.Doc) {
		this.#notebook = notebook;
		this.#runtime = runtime;
	}

	command(command: RoomCommand): void {
		if (command.do === 'run') {
			const cells = readCells(this.#notebook).filter((cell) => cell.type === 'code');
			for (const cell of cells) {
				if (command.cells !== 'all' && !command.cells.includes(cell.id)) continue;
				const run = newRun(
					newId(),
					cell.id,
					{ id: 'em', name: 'Emmy' },
					Date.now(),
					this.#place++,
					digest(cell.source)
				);
				this.#queue.push(run);
				writeRun(this.#runtime, run);
			}
			if (!this.#current) this.#state('idle');
			this.#next();
		}
		if (command.do === 'interrupt' && this.#current) {
			clearTimeout(this.#current.timer);
			this.#finish({ ...this.#current.run, state: 'interrupted' });
		}
		if (command.do === 'cancel') {
			for (const run of this.#queue.splice(0))
				writeRun(this.#runtime, { ...run, state: 'cancelled', finishedAt: Date.now() });
		}
		if (command.do === 'clear') {
			clearRuns(
				this.#runtime,
				command.cells === 'all' ? readCells(this.#notebook).map((cell) => cell.id) : command.cells
			);
		}
		if (command.do === 'start' || command.do === 'restart' || command.do === 'reconnect') this.#state('idle');
		if (command.do === 'shutdown') this.#state('dead');
	}

	#state(state: 'idle' | 'busy' | 'dead'): void {
		this.#runtime.transact(() =>
			writeKernel(this.#runtime, {
				state,
				kernel: 'k1',
				workspace: 'gpu',
				workspaceName: 'Group GPU node',
				spec: 'python3',
				displayName: 'Python 3',
				language: 'python',
				startedBy: 'Emmy',
				startedAt: Date.now()
			})
		);
	}

	#next(): void {
		const run = this.#current ? undefined : this.#queue.shift();
		if (!run) return;
		const cell = readCells(this.#notebook).find((one) => one.id === run.cell);
		const began: Run = { ...run, state: 'running', startedAt: Date.now(), executionCount: ++this.#count };
		writeRun(this.#runtime, began);
		this.#state('busy');
		const seconds = Number(/sleep\(([\d.]+)\)/.exec(cell?.source ?? '')?.[1] ?? 0.05);
		const timer = setTimeout(() => {
			const outputs: Output[] = answers(cell?.source ?? '');
			const failed = outputs.some((output) => output.type === 'error');
			this.#finish({ ...began, outputs, state: failed ? 'error' : 'done' });
		}, seconds * 1000);
		this.#current = { run: began, timer };
	}

	#finish(run: Run): void {
		this.#current = null;
		const finishedAt = Date.now();
		this.#runtime.transact(() =>
			writeRun(this.#runtime, { ...run, finishedAt, durationMs: finishedAt - run.startedAt! })
		);
		this.#state('idle');
		this.#next();
	}
}
