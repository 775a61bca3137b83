/**
 * What a browser and the server say to each other about one terminal, on a WebSocket at TERMINAL_PATH with the query
 * `workspace`, `terminal`, `after` (a place in the stream) and, for one that is shared, `notebook`.
 *
 * Binary messages are the terminal's bytes: from the server behind 8 bytes with their place (big-endian), to the server
 * as typed. Everything else is JSON text.
 */
import * as v from 'valibot';
import type { Problem } from './problem.ts';

export const TERMINAL_PATH = '/terminal';
/** Close code: there is no such terminal, or not for this person. */
export const TERMINAL_UNKNOWN = 4404;
/** Bytes before the output in a message. */
export const PLACE_BYTES = 8;
/** Keys go in messages of at most so many bytes, so that a long paste waits for the program and not in memory. */
export const INPUT_BYTES = 16 * 1024;

export interface TerminalWatcher {
	id: string;
	name: string;
	/** May type. */
	write: boolean;
}

/** A notebook whose people see a terminal. */
export interface TerminalShare {
	notebook: string;
	title: string;
	/** They may type, too. */
	write: boolean;
}

/** Server to browser. */
export type TerminalNews =
	/** First: whether one may type, and whose account it is. */
	| { type: 'hello'; write: boolean; owner: { id: string; name: string }; workspace: string }
	/** What can be read, and the size; again after a lost line. */
	| { type: 'attached'; from: number; to: number; cols: number; rows: number }
	/** The bytes before `at` are not kept; `modes` sets a fresh screen as it was there. */
	| { type: 'gap'; at: number; modes: string }
	| { type: 'size'; cols: number; rows: number }
	| { type: 'exit'; status: number | null; signal: string | null }
	/** Who is looking now. */
	| { type: 'people'; people: TerminalWatcher[] }
	/** To the owner: in which notebooks it is shown. */
	| { type: 'shares'; shares: TerminalShare[] }
	/** The line from the server to the workspace. */
	| { type: 'link'; state: 'up' | 'lost' | 'closed'; problem?: Problem }
	/** What was typed was not taken. */
	| { type: 'refused'; problem: Problem };

const size = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000));

/** Browser to server. */
export const terminalMessage = v.variant('type', [
	v.object({ type: v.literal('ack'), at: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) }),
	v.object({ type: v.literal('resize'), cols: size, rows: size, redraw: v.optional(v.boolean(), false) })
]);
export type TerminalMessage = v.InferInput<typeof terminalMessage>;
