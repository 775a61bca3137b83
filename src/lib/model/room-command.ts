/**
 * What a browser or the HTTP interface may ask of a room, and the answers. Commands travel as stateless messages down
 * the socket that carries the keystrokes; state is never answered, it arrives by sync.
 */
import * as v from 'valibot';
import type { RunId } from './ids.ts';
import { resourcesSchema } from './job.ts';
import type { MimeBundle } from './output.ts';
import type { Problem } from './problem.ts';
import type { Action } from './role.ts';
import { MAX_ROWS, type TablePage, type VariableList } from './variables.ts';

const cellId = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9\-_]{1,64}$/));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const code = v.pipe(v.string(), v.maxLength(1_000_000));

/** Of a batch job, beyond its time: at most a week at once. */
export const extraMinutes = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(60 * 24 * 7));

export const roomCommand = v.variant('do', [
	v.object({
		do: v.literal('run'),
		cells: v.union([v.literal('all'), v.pipe(v.array(cellId), v.minLength(1), v.maxLength(100_000))]),
		/** Base64 of the sender's Yjs state vector of the notebook: the room reads sources only once it covers it. */
		stateVector: v.optional(v.pipe(v.string(), v.base64(), v.maxLength(1_000_000))),
		/** Go on with the rest after an error; without it an error takes the rest of this request back. */
		keepGoing: v.optional(v.boolean())
	}),
	/** Answer what the code of a run asks for; `seq` names the question. */
	v.object({
		do: v.literal('input'),
		run: name,
		seq: count,
		value: v.pipe(v.string(), v.maxLength(1_000_000))
	}),
	/** Completions at a place in a text. `cursor` counts Unicode code points, as the Jupyter protocol does. */
	v.object({ do: v.literal('complete'), code, cursor: count }),
	/** What is at a place in a text; detail 1 asks for the source too. */
	v.object({ do: v.literal('inspect'), code, cursor: count, detail: v.picklist([0, 1]) }),
	/** What the kernel holds in its variables. */
	v.object({ do: v.literal('variables') }),
	/** Rows of a table-like variable. `sort.column` is a position; for `filter` see collab-server/variables-filter.ts. */
	v.object({
		do: v.literal('table'),
		name,
		from: count,
		count: v.pipe(count, v.maxValue(MAX_ROWS)),
		sort: v.optional(v.object({ column: count, descending: v.boolean() })),
		filter: v.optional(v.pipe(v.string(), v.maxLength(500)))
	}),
	/** Let a waiting run go before another one; null: last. */
	v.object({ do: v.literal('move'), run: name, before: v.nullable(name) }),
	/** Be the only one who runs, or let go of that. */
	v.object({ do: v.literal('baton'), take: v.boolean() }),
	/** The kernel is still needed: its idle time begins anew. */
	v.object({ do: v.literal('keep') }),
	/** A message of a viewer's widget to its kernel half: `data` as in `comm_msg`, buffers as base64. */
	v.object({
		do: v.literal('comm'),
		comm: name,
		data: v.record(v.string(), v.any()),
		buffers: v.optional(v.pipe(v.array(v.pipe(v.string(), v.base64())), v.maxLength(1000)))
	}),
	v.object({ do: v.literal('cancel'), runs: v.union([v.literal('all'), v.array(name)]) }),
	v.object({ do: v.literal('interrupt') }),
	v.object({
		do: v.literal('start'),
		workspace: name,
		spec: v.optional(name),
		/** Which GPUs it may see, by their numbers on the machine; none of them for an empty list, all without one. */
		gpus: v.optional(v.pipe(v.array(v.pipe(count, v.maxValue(255))), v.maxLength(64))),
		/** In a batch job with these; on the machine itself without. */
		resources: v.optional(resourcesSchema)
	}),
	v.object({
		do: v.literal('restart'),
		runAll: v.optional(v.boolean()),
		/** As for `run`. */
		keepGoing: v.optional(v.boolean())
	}),
	v.object({ do: v.literal('shutdown') }),
	/** So many minutes more for the batch job the kernel runs in. */
	v.object({ do: v.literal('extend'), minutes: extraMinutes }),
	v.object({ do: v.literal('reconnect') }),
	v.object({ do: v.literal('clear'), cells: v.union([v.literal('all'), v.array(cellId)]) })
]);

export type RoomCommand = v.InferOutput<typeof roomCommand>;

/** Permission each command needs. */
export const COMMAND_ACTION: Record<RoomCommand['do'], Action> = {
	run: 'run',
	input: 'run',
	complete: 'run',
	inspect: 'run',
	variables: 'run',
	table: 'run',
	move: 'run',
	baton: 'run',
	keep: 'run',
	comm: 'run',
	cancel: 'run',
	interrupt: 'interrupt',
	start: 'kernel',
	restart: 'kernel',
	shutdown: 'kernel',
	extend: 'kernel',
	reconnect: 'kernel',
	clear: 'edit'
};

/** A command on the wire; `n` is the sender's number for the answer. */
export const commandMessage = v.object({ n: v.pipe(v.number(), v.integer()), command: roomCommand });
export type CommandMessage = v.InferOutput<typeof commandMessage>;

export interface CommandResult {
	/** For `run`: the new runs in the order they will go. */
	runs?: { id: RunId; cell: string }[];
	/** For `complete`: what could stand between `from` and `to` (code points). Empty where the kernel cannot answer now. */
	completions?: { from: number; to: number; options: { text: string; type: string }[] };
	/** For `inspect`: a MIME bundle; null when there is nothing to say. */
	inspection?: MimeBundle | null;
	/** For `variables`. */
	variables?: VariableList;
	/** For `table`. */
	table?: TablePage;
}

/** The answer to command `n`. */
export type CommandReply =
	{ n: number; ok: true; result: CommandResult } | { n: number; ok: false; problem: Problem };
