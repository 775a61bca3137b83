/** Whether an example still gives what it gave. Times are ISO 8601. */

/** A picture that an example has drawn anew, and otherwise than before. */
export interface CheckedPicture {
	/** Its place among the outputs of the cell, now. */
	output: number;
	mime: 'image/png';
	/** Base64. */
	data: string;
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

/** How many days may lie between two checks. */
export const CHECK_DAYS = [1, 7, 14, 30, 90] as const;
