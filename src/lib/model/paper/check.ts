/** Whether an example still gives what it gave. Times are ISO 8601. */

/** What came of comparing the outputs of one code cell with those of the version. */
export interface CheckedCell {
	/** Its place among all cells, from 0. */
	index: number;
	/** `unknown`: there is nothing in it that could be compared. */
	outcome: 'same' | 'different' | 'error' | 'unknown';
	/** What is different, in a sentence; empty where nothing is. */
	words: string;
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
