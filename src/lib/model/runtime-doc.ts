/**
 * The document machines write, `runtime/<id>`: the only file that knows its keys. The room alone writes it; browsers
 * read.
 *
 *     kernel: Y.Map of KernelView's fields
 *     runs:   Y.Map cell id → Y.Map { …fields of Run, outputs: Y.Array of Output as JSON; a stream is a Y.Map whose `text`
 *             and `tail` are Y.Text }
 */
import * as Y from 'yjs';
import type { CellId } from './ids.ts';
import type { JobStatus, Resources } from './job.ts';
import type { Output } from './output.ts';
import type { Problem } from './problem.ts';
import type { Run } from './run.ts';

/**
 * `none`: nobody has started one · `preparing`: an environment is being made · `connecting` · `needs-sign-in`: the
 * workspace wants credentials or a host key accepted · `starting` · `idle` · `busy` · `lost-link`: being tried again ·
 * `dead`.
 */
export type KernelState =
	'none' | 'preparing' | 'connecting' | 'needs-sign-in' | 'starting' | 'idle' | 'busy' | 'lost-link' | 'dead';

/** What everybody in the notebook sees of its kernel. */
export interface KernelView {
	state: KernelState;
	/** Id of the living (or last) kernel; null before the first. */
	kernel: string | null;
	workspace: string | null;
	workspaceName: string;
	spec: string | null;
	displayName: string;
	language: string;
	/** As the kernel says of itself; empty before it has. */
	languageVersion: string;
	implementation: string;
	/** The machine's address; empty for the one the server runs on. */
	host: string;
	/** The environment's folder on that machine; empty for a kernel that belongs to none. */
	environment: string;
	/** The GPUs it may see, by their numbers on the machine; null where nobody has chosen. */
	gpus: number[] | null;
	/** What it, or the one before it, was started with in a batch job; null: on the machine itself. */
	resources: Resources | null;
	/** How that job is; null without one. */
	job: JobStatus | null;
	startedBy: string;
	/** Milliseconds since 1970. */
	startedAt: number | null;
	/** Why it is in this state, where there is something to say. */
	problem: Problem | null;
	/** For `preparing`: what is being done, and how far (0…1, null unknown). */
	progress: { text: string; part: number | null } | null;
	/** Numbers of the event stream: everything up to `seq` is folded and stored. */
	seq: number;
	/** Whether the kernel answers questions (completion, variables) while it runs a cell. */
	subshell: boolean;
	/** Who alone may run; null when everybody with the right to it may. */
	baton: { id: string; name: string } | null;
	/** When (milliseconds since 1970) it is going to be shut down for want of use; null unless that is near. */
	idleStopAt: number | null;
}

export const NO_KERNEL: KernelView = {
	state: 'none',
	kernel: null,
	workspace: null,
	workspaceName: '',
	spec: null,
	displayName: '',
	language: '',
	languageVersion: '',
	implementation: '',
	host: '',
	environment: '',
	gpus: null,
	resources: null,
	job: null,
	startedBy: '',
	startedAt: null,
	problem: null,
	progress: null,
	seq: 0,
	subshell: false,
	baton: null,
	idleStopAt: null
};

export function runtimeDocName(id: string): string {
	return `runtime/${id}`;
}

export function kernelMapOf(doc: Y.Doc): Y.Map<unknown> {
	return doc.getMap('kernel');
}

export function runsOf(doc: Y.Doc): Y.Map<Y.Map<unknown>> {
	return doc.getMap('runs');
}

export function readKernel(doc: Y.Doc): KernelView {
	return { ...NO_KERNEL, ...(kernelMapOf(doc).toJSON() as Partial<KernelView>) };
}

/** Write only what differs. */
export function writeKernel(doc: Y.Doc, change: Partial<KernelView>): void {
	const map = kernelMapOf(doc);
	for (const [key, value] of Object.entries(change)) {
		if (JSON.stringify(map.get(key)) !== JSON.stringify(value)) map.set(key, value);
	}
}

/** The latest run of a cell with its outputs, or null. */
export function readRun(doc: Y.Doc, cell: CellId): Run | null {
	const map = runsOf(doc).get(cell);
	return map ? runFrom(map) : null;
}

/** All latest runs, in the order of their place. */
export function readRuns(doc: Y.Doc): Run[] {
	return [...runsOf(doc).values()].map(runFrom).sort((a, b) => a.place - b.place);
}

/** A run as plain JSON from its shared type. */
export function runFrom(map: Y.Map<unknown>): Run {
	const outputs = map.get('outputs');
	const fields = Object.fromEntries([...map.entries()].filter(([key]) => key !== 'outputs'));
	return {
		...(fields as unknown as Run),
		outputs: outputs instanceof Y.Array ? outputs.map((output) => outputFrom(output)) : []
	};
}

/** One output as plain JSON from its shared type. */
export function outputFrom(shared: unknown): Output {
	return (shared instanceof Y.Map ? shared.toJSON() : shared) as Output;
}

const RUN_FIELDS = [
	'id',
	'cell',
	'state',
	'by',
	'queuedAt',
	'startedAt',
	'finishedAt',
	'durationMs',
	'executionCount',
	'sourceDigest',
	'place',
	'firstSeq',
	'input',
	'interrupting',
	'replied',
	'idle',
	'clearOnOutput',
	'startedKernelTime'
] as const satisfies readonly (keyof Run)[];

/**
 * Bring the document's copy of a run to `run`, writing only the difference: unchanged outputs are not touched, a
 * stream that grew gets its growth. While a new run has no output yet, those of the last one stay, so that nothing
 * jumps on the screen. `before` is what was written last: outputs that are the same objects are not compared again.
 * Call inside a transaction.
 */
export function writeRun(doc: Y.Doc, run: Run, before?: Run): void {
	let map = runsOf(doc).get(run.cell);
	if (!map) {
		map = new Y.Map<unknown>([['outputs', new Y.Array()]]);
		runsOf(doc).set(run.cell, map);
	}
	const outputs = map.get('outputs') as Y.Array<unknown>;
	if (run.outputs.length > 0 || run.finishedAt !== null) writeOutputs(outputs, run.outputs, before?.outputs);
	for (const field of RUN_FIELDS) {
		const value = run[field];
		if (value === undefined) map.delete(field);
		else if (JSON.stringify(map.get(field)) !== JSON.stringify(value)) map.set(field, value);
	}
}

/** Forget the runs of cells: their outputs are cleared for everybody. */
export function clearRuns(doc: Y.Doc, cells: CellId[]): void {
	for (const cell of cells) runsOf(doc).delete(cell);
}

function writeOutputs(shared: Y.Array<unknown>, outputs: Output[], before: Output[] = []): void {
	const common = Math.min(shared.length, outputs.length);
	// Never one by one through a shared array: each access by index walks it.
	const old = shared.toArray();
	for (let i = 0; i < common; i++) {
		if (before[i] === outputs[i]) continue;
		if (!updateInPlace(old[i], outputs[i]!)) {
			shared.delete(i, 1);
			shared.insert(i, [sharedOutput(outputs[i]!)]);
		}
	}
	if (shared.length > outputs.length) shared.delete(outputs.length, shared.length - outputs.length);
	if (outputs.length > common) shared.push(outputs.slice(common).map(sharedOutput));
}

/** A stream grows, so it is a shared type; everything else is replaced as a whole, and costs a fraction as plain JSON. */
function sharedOutput(output: Output): unknown {
	const entries = Object.entries(output).filter(([, value]) => value !== undefined);
	if (output.type !== 'stream') return Object.fromEntries(entries);
	return new Y.Map(
		entries.map(([key, value]) =>
			key === 'text' || key === 'tail' ? [key, new Y.Text(value as string)] : [key, value]
		)
	);
}

/** True when `shared` now says what `output` says; false when it must be replaced. */
function updateInPlace(shared: unknown, output: Output): boolean {
	if (output.type !== 'stream') return JSON.stringify(shared) === JSON.stringify(sharedOutput(output));
	if (!(shared instanceof Y.Map) || shared.get('type') !== 'stream' || shared.get('name') !== output.name)
		return false;
	writeText(shared, 'text', output.text);
	if (output.tail !== undefined) writeText(shared, 'tail', output.tail);
	else if (shared.has('tail')) shared.delete('tail');
	for (const key of ['omitted', 'id', 'lines', 'cursor'] as const) {
		const value = output[key];
		if (value === undefined) shared.delete(key);
		else if (JSON.stringify(shared.get(key)) !== JSON.stringify(value)) shared.set(key, value);
	}
	return true;
}

function writeText(shared: Y.Map<unknown>, key: string, text: string): void {
	const current = shared.get(key);
	if (!(current instanceof Y.Text)) {
		shared.set(key, new Y.Text(text));
		return;
	}
	const old = current.toString();
	if (old === text) return;
	let same = 0;
	const limit = Math.min(old.length, text.length);
	while (same < limit && old.charCodeAt(same) === text.charCodeAt(same)) same++;
	if (old.length > same) current.delete(same, old.length - same);
	if (text.length > same) current.insert(same, text.slice(same));
}
