/** Whether an example still gives what it gave. Times are ISO 8601. */
import type { WorkspaceId } from '../ids.ts';

/** A picture that an example has drawn anew, and otherwise than before. */
export interface CheckedPicture {
	/** Its place among the outputs of the cell, now. */
	output: number;
	/** Where the version has the one it stands beside. */
	was: { cell: string; output: number };
	mime: 'image/png';
	/** Base64; left out where the picture has an address of its own. */
	data?: string;
}

/** What came of comparing the outputs of one code cell with those of the version. */
export interface CheckedCell {
	/** Its place among all cells, from 0. */
	index: number;
	outcome: 'same' | 'different' | 'error' | 'unknown';
	/**
	 * What is different, to be said after “Cell 4 ”: `gives other numbers: …`. The part before the colon stands alone. Empty
	 * where nothing is.
	 */
	words: string;
	/** Kept of the newest check only, a few and small ones. */
	pictures?: CheckedPicture[];
}

export interface CheckReport {
	/** From the start of the kernel to the end of the last cell. */
	seconds: number;
	/** Of the machine; null where it did not tell. */
	cpus: number | null;
	/** Why it could not be run to its end, in a sentence; empty where it could. */
	words: string;
	cells: CheckedCell[];
}

export type CheckState = 'running' | 'verified' | 'failed' | 'aborted';

/** One check, as pages and the HTTP interface see it. */
export interface PaperCheck {
	id: string;
	/** The version that was run. */
	number: number;
	state: CheckState;
	startedAt: string;
	finishedAt: string | null;
	/** Without pictures; those have addresses of their own. */
	report: CheckReport | null;
}

/** Where and how often an example is run again, as the owners of its card see it. */
export interface CheckPlan {
	/** null: it is not run again by itself. `own`: it is the caller's. */
	workspace: { id: WorkspaceId; name: string; own: boolean; connected: boolean } | null;
	days: number | null;
	/** When the next is due, ISO 8601; in the past while something keeps it. */
	next: string | null;
	/** What keeps it, and what to do, in a sentence or two; empty where nothing does. */
	waits: string;
	running: boolean;
}

/** How many days may lie between two checks. */
export const CHECK_DAYS = [1, 7, 14, 30, 90] as const;
