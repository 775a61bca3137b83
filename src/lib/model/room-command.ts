/**
 * What a browser or the HTTP interface may ask of a room, and the answers. Commands travel as stateless messages down
 * the socket that carries the keystrokes; state is never answered, it arrives by sync.
 */
import * as v from 'valibot';
import type { RunId } from './ids.ts';
import type { Problem } from './problem.ts';
import type { Action } from './role.ts';

const cellId = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9\-_]{1,64}$/));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200));

export const roomCommand = v.variant('do', [
	v.object({
		do: v.literal('run'),
		cells: v.union([v.literal('all'), v.pipe(v.array(cellId), v.minLength(1), v.maxLength(100_000))]),
		/** Base64 of the sender's Yjs state vector of the notebook: the room reads sources only once it covers it. */
		stateVector: v.optional(v.pipe(v.string(), v.base64(), v.maxLength(1_000_000)))
	}),
	v.object({ do: v.literal('cancel'), runs: v.union([v.literal('all'), v.array(name)]) }),
	v.object({ do: v.literal('interrupt') }),
	v.object({ do: v.literal('start'), workspace: name, spec: v.optional(name) }),
	v.object({ do: v.literal('restart'), runAll: v.optional(v.boolean()) }),
	v.object({ do: v.literal('shutdown') }),
	v.object({ do: v.literal('reconnect') }),
	v.object({ do: v.literal('clear'), cells: v.union([v.literal('all'), v.array(cellId)]) })
]);

export type RoomCommand = v.InferOutput<typeof roomCommand>;

/** Permission each command needs. */
export const COMMAND_ACTION: Record<RoomCommand['do'], Action> = {
	run: 'run',
	cancel: 'run',
	interrupt: 'interrupt',
	start: 'kernel',
	restart: 'kernel',
	shutdown: 'kernel',
	reconnect: 'kernel',
	clear: 'edit'
};

/** A command on the wire; `n` is the sender's number for the answer. */
export const commandMessage = v.object({ n: v.pipe(v.number(), v.integer()), command: roomCommand });
export type CommandMessage = v.InferOutput<typeof commandMessage>;

export interface CommandResult {
	/** For `run`: the new runs in the order they will go. */
	runs?: { id: RunId; cell: string }[];
}

/** The answer to command `n`. */
export type CommandReply =
	{ n: number; ok: true; result: CommandResult } | { n: number; ok: false; problem: Problem };
