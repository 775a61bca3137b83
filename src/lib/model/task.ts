/** Work on a machine that goes on without us: making an environment, trying one. */
import type { Json, JsonObject } from './json.ts';

export type TaskState = 'running' | 'done' | 'failed' | 'cancelled' | 'late' | 'lost';

export interface TaskStatus {
	task: string;
	state: TaskState;
	exitCode: number | null;
	/** Seconds since 1970. */
	started: number;
	/** What the one who started it wanted to be remembered. */
	about: JsonObject;
	/** What it is doing, in words; empty before it has said so. */
	text: string;
	/** 0…1, null unknown. */
	part: number | null;
	/** The end of what it has printed; only where one task is asked for. */
	output: string;
	/** What it has found or made. */
	result: Json | null;
	problem: Json | null;
}

export interface TaskStart {
	argv: string[];
	env?: Record<string, string>;
	/** Seconds after which it is ended; none without it. */
	timeout?: number;
	about?: JsonObject;
	/** Afterwards look at what argv, a prefix, has set up. */
	probe?: boolean;
}
