/**
 * A run: one execution of one cell, and the one pure function that folds kernel events into it. Rooms, paper checks and
 * tests fold with the same function; nothing else interprets a kernel's messages.
 */
import type { CellId, RunId, UserId } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { KernelEvent } from './kernel-event.ts';
import type { MimeBundle, Output } from './output.ts';
import { appendStream, type Overflow } from './stream.ts';

/**
 * `waiting`: for a kernel or an environment · `queued`: behind other runs · `running` · `done` · `error`: the code
 * raised or the kernel died · `cancelled`: before it ran · `interrupted` · `lost`: nobody can know any more.
 */
export type RunState =
	'waiting' | 'queued' | 'running' | 'done' | 'error' | 'cancelled' | 'interrupted' | 'lost';

export interface Run {
	id: RunId;
	cell: CellId;
	state: RunState;
	/** Who pressed it. */
	by: { id: UserId; name: string } | null;
	/** Milliseconds since 1970 on the server's clock; null until it happened. */
	queuedAt: number | null;
	startedAt: number | null;
	finishedAt: number | null;
	/** Duration as the kernel's machine measured it, in milliseconds. */
	durationMs: number | null;
	executionCount: number | null;
	/** Digest of the source that ran: another one means the cell is stale. */
	sourceDigest: string;
	/** Place among all runs of the room; the queue is in this order. */
	place: number;
	outputs: Output[];
	/** Number of the first event that belongs to this run. 0 until there is one. */
	firstSeq: number;
	/** What the code asks for and nobody has answered (`input()`, `getpass`); `seq` names the question. */
	input?: InputRequest | null;
	/** Somebody asked it to stop, and it has not ended yet. */
	interrupting?: boolean;
	/** Fold's own memory, stored with the rest: which of the two ends has come, whether the next output replaces all. */
	replied?: boolean;
	idle?: boolean;
	clearOnOutput?: boolean;
	startedKernelTime?: number;
	/** Not in the document; taken by whoever keeps the run: text that no longer fits into its streams, … */
	overflow?: Overflow[];
	/** … and a cell's text that the code wants below this cell or in its place (`%load`, `%recall`). */
	nextInput?: { text: string; replace: boolean };
}

export interface InputRequest {
	seq: number;
	prompt: string;
	password: boolean;
}

export const FINISHED: ReadonlySet<RunState> = new Set(['done', 'error', 'cancelled', 'interrupted', 'lost']);

export function isFinished(run: Run): boolean {
	return FINISHED.has(run.state);
}

export function newRun(
	id: RunId,
	cell: CellId,
	by: Run['by'],
	at: number,
	place: number,
	sourceDigest: string
): Run {
	return {
		id,
		cell,
		state: 'queued',
		by,
		queuedAt: at,
		startedAt: null,
		finishedAt: null,
		durationMs: null,
		executionCount: null,
		sourceDigest,
		place,
		outputs: [],
		firstSeq: 0
	};
}

/** More outputs than this are not shown; a notice says so. */
export const MAX_OUTPUTS = 2000;

/**
 * Fold one event whose `parent` is this run (or an `agent` event of its kernel). Returns the same object when nothing
 * changed; outputs that did not change keep their identity. `at` is the server's clock in milliseconds. The run counts
 * as finished only when both the reply and `idle` have come: iopub and shell are two sockets, and the last output may
 * arrive after the reply.
 */
export function applyEvent(run: Run, event: KernelEvent, at: number): Run {
	if (event.channel === 'agent') return applyAgentEvent(run, event, at);
	const seen = run.firstSeq === 0 ? { ...run, firstSeq: event.seq } : run;
	const content = event.content;
	switch (event.type) {
		case 'status':
			return content.execution_state === 'idle' ? finishIfComplete({ ...seen, idle: true }, event, at) : seen;
		case 'execute_input':
			return {
				...seen,
				state: isFinished(seen) ? seen.state : 'running',
				startedAt: seen.startedAt ?? at,
				startedKernelTime: seen.startedKernelTime ?? event.time,
				executionCount: asCount(content.execution_count) ?? seen.executionCount
			};
		case 'execute_reply':
			return finishIfComplete(applyReply(seen, content), event, at);
		case 'stream': {
			const name = content.name === 'stderr' ? 'stderr' : 'stdout';
			return addStream(clearIfAsked(seen), name, asText(content.text), event.seq);
		}
		case 'input_request':
			return {
				...seen,
				input: { seq: event.seq, prompt: asText(content.prompt), password: content.password === true }
			};
		case 'display_data':
			return addOutput(seen, {
				type: 'display_data',
				data: asBundle(content.data),
				metadata: asObject(content.metadata),
				...displayId(content)
			});
		case 'execute_result':
			return addOutput(seen, {
				type: 'execute_result',
				data: asBundle(content.data),
				metadata: asObject(content.metadata),
				executionCount: asCount(content.execution_count),
				...displayId(content)
			});
		case 'update_display_data':
			return updateDisplay(seen, event);
		case 'clear_output':
			return content.wait === true ? { ...seen, clearOnOutput: true } : { ...seen, outputs: [] };
		case 'error':
			return addOutput(seen, {
				type: 'error',
				ename: asText(content.ename),
				evalue: asText(content.evalue),
				traceback: Array.isArray(content.traceback) ? content.traceback.map(asText) : []
			});
		default:
			return seen;
	}
}

/** Apply `update_display_data` to the displays of a run with that id; the update may come from another run. */
export function updateDisplay(run: Run, event: KernelEvent): Run {
	const id = displayId(event.content).displayId;
	if (id === undefined) return run;
	let changed = false;
	const outputs = run.outputs.map((output) => {
		if ((output.type !== 'display_data' && output.type !== 'execute_result') || output.displayId !== id) {
			return output;
		}
		changed = true;
		return { ...output, data: asBundle(event.content.data), metadata: asObject(event.content.metadata) };
	});
	return changed ? { ...run, outputs } : run;
}

function addStream(run: Run, name: 'stdout' | 'stderr', text: string, seq: number): Run {
	const { outputs, overflow } = appendStream(run.outputs, name, text, `${run.id}.${seq}`);
	if (outputs === run.outputs) return run;
	if (overflow.length === 0) return { ...run, outputs };
	return { ...run, outputs, overflow: [...(run.overflow ?? []), ...overflow] };
}

/** The question has been answered with `value`: it stands in the output as a terminal would show it, a password hidden. */
export function answerInput(run: Run, value: string): Run {
	if (!run.input) return run;
	const { seq, prompt, password } = run.input;
	return addStream({ ...run, input: null }, 'stdout', `${prompt}${password ? '········' : value}\n`, seq);
}

function applyReply(run: Run, content: JsonObject): Run {
	const executionCount = asCount(content.execution_count) ?? run.executionCount;
	const next: Run = applyPayload({ ...run, replied: true, executionCount }, content.payload);
	if (content.status === 'aborted' || content.status === 'abort') return { ...next, state: 'cancelled' };
	if (content.status === 'error') {
		return { ...next, state: content.ename === 'KeyboardInterrupt' ? 'interrupted' : 'error' };
	}
	return next;
}

/** Payloads of an execute reply (deprecated, and what IPython's `?obj` and `%load` still use). */
function applyPayload(run: Run, payload: unknown): Run {
	if (!Array.isArray(payload)) return run;
	return payload.map(asObject).reduce<Run>((before, item) => {
		if (item.source === 'page')
			return addOutput(before, { type: 'display_data', data: asBundle(item.data), metadata: {} });
		if (item.source !== 'set_next_input' || typeof item.text !== 'string') return before;
		return { ...before, nextInput: { text: item.text, replace: item.replace === true } };
	}, run);
}

function finishIfComplete(run: Run, event: KernelEvent, at: number): Run {
	if (!run.replied || !run.idle || run.finishedAt !== null) return run;
	const durationMs =
		run.startedKernelTime === undefined ? null : Math.max(0, (event.time - run.startedKernelTime) * 1000);
	return { ...run, state: isFinished(run) ? run.state : 'done', finishedAt: at, durationMs, input: null };
}

function applyAgentEvent(run: Run, event: KernelEvent, at: number): Run {
	if (isFinished(run) && run.finishedAt !== null) return run;
	if (event.type === 'died') {
		const ended = addOutput(run, { type: 'notice', level: 'error', text: deathSentence(event.content) });
		return { ...ended, state: 'error', finishedAt: at, input: null };
	}
	if (event.type === 'gap') {
		return addOutput(run, { type: 'notice', level: 'warning', text: gapSentence(event.content) });
	}
	return run;
}

/** What is missing in a run's output and why, as a sentence. `content` is that of the agent's `gap` event. */
export function gapSentence(content: JsonObject): string {
	const count = asCount(content.dropped) ?? 0;
	const size = `${((asCount(content.bytes) ?? 0) / 1e6).toFixed(1)} MB`;
	switch (content.reason) {
		case 'size':
			return `One output of ${size} is not shown: a single output may have 64 MB. Save it to a file and show a part of it.`;
		case 'quota':
			return `${count} messages of output (${size}) were dropped here: the machine keeps 512 MB that nobody has fetched yet.`;
		case 'disk':
			return `${count} messages of output (${size}) were dropped here: the disk of the machine is full. ${asText(content.message)}`;
		case 'reconnect':
			return 'Some output may be missing here: the connection to the kernel broke on its machine.';
		default:
			return 'Some output may be missing here: the agent on the machine was restarted while this ran.';
	}
}

/** Why a kernel died, as a sentence for people. `content` is that of the agent's `died` event. */
export function deathSentence(content: JsonObject): string {
	const code = asCount(content.exitCode);
	const limit = asCount(content.limit);
	const used = asCount(content.used);
	switch (content.reason) {
		case 'out-of-memory':
			if (asText(content.words))
				return `The kernel died: its batch job used more memory than it had asked for${said(content)}. Ask for more, or use less at once.`;
			return `The kernel died: out of memory${limit ? `, ${used ? `${gigabytes(Math.min(used, limit))} of ` : 'limit '}${gigabytes(limit)} GB (cgroup)` : ''}. Restart it and use less at once, or take a machine with more.`;
		case 'guest-limit':
			return `The kernel was ended. ${asText(content.words).slice(0, 200)}`.trim();
		case 'evicted':
			return `The batch system took the machine back${said(content)}. The state of the kernel is lost; nothing was run again by itself.`;
		case 'removed':
			return `The batch job of the kernel was removed${said(content)}. Start it again to go on.`;
		case 'held':
			return `The batch system holds the job of the kernel back${said(content)}. The state of the kernel is lost; change what it asks for and start it again.`;
		case 'walltime':
			return `The time of the batch job was over${said(content)}. Start it again with more time to go on.`;
		case 'node-failed':
			return `The machine the kernel ran on failed${said(content)}. Start it again to go on.`;
		case 'unreachable':
			return `The batch job of the kernel could not be reached any more${said(content)}. Start it again to go on.`;
		case 'finished':
			return `The batch job ended with its kernel${said(content)}. Start it again to go on.`;
		case 'reboot':
			return 'The kernel is gone: its machine was restarted. Start it again to go on.';
		case 'segfault':
			return 'The kernel died: segmentation fault in native code. Restart it to go on.';
		case 'abort':
			return 'The kernel died: native code called abort. Restart it to go on.';
		case 'killed':
			return 'The kernel was killed (SIGKILL), by the machine or by somebody. Restart it to go on.';
		case 'terminated':
			return 'The kernel was asked to end (SIGTERM). Restart it to go on.';
		case 'startup':
			return `The kernel could not start${code === null ? '' : ` (exit code ${code})`}.${lastLine(content.stderr)}`;
		case 'lost':
			if (asText(content.words))
				return `The batch job ended without a word of its kernel${said(content)}. Start it again to go on.`;
			return 'The kernel is gone: the machine was restarted or the process ended while nobody watched.';
		default:
			return `The kernel ended${code === null ? '' : ` with exit code ${code}`}. Restart it to go on.`;
	}
}

/** The batch system's own words, where it said any. */
function said(content: JsonObject): string {
	const words = asText(content.words).trim().replace(/\.$/, '');
	return words === '' ? '' : ` (“${words}”)`;
}

function gigabytes(bytes: number): string {
	return (bytes / 2 ** 30).toFixed(1);
}

function lastLine(stderr: unknown): string {
	const line = asText(stderr).trim().split('\n').at(-1)?.trim();
	return line ? ` Its last words: ${line}` : '';
}

function addOutput(run: Run, output: Output): Run {
	const cleared = clearIfAsked(run);
	if (cleared.outputs.length > MAX_OUTPUTS) return cleared;
	if (cleared.outputs.length === MAX_OUTPUTS) {
		output = { type: 'notice', level: 'warning', text: `Only the first ${MAX_OUTPUTS} outputs are shown.` };
	}
	return { ...cleared, outputs: [...cleared.outputs, output] };
}

function clearIfAsked(run: Run): Run {
	return run.clearOnOutput ? { ...run, outputs: [], clearOnOutput: false } : run;
}

function displayId(content: JsonObject): { displayId?: string } {
	const transient = content.transient;
	const id =
		typeof transient === 'object' && transient !== null && !Array.isArray(transient)
			? transient.display_id
			: undefined;
	return typeof id === 'string' ? { displayId: id } : {};
}

function asText(value: unknown): string {
	return typeof value === 'string' ? value : Array.isArray(value) ? value.map(asText).join('') : '';
}

function asCount(value: unknown): number | null {
	return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function asObject(value: unknown): JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function asBundle(value: unknown): MimeBundle {
	return asObject(value);
}
