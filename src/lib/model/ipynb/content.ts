import type { Cell } from '../cell.ts';
import type { CellId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import type { NbOutput } from './nb-output.ts';

/** What a code cell of a file shows. */
export interface CellOutputs {
	outputs: NbOutput[];
	executionCount: number | null;
}

/** A notebook between file and document. `outputs` has an entry for each code cell. */
export interface NotebookContent {
	cells: Cell[];
	outputs: Record<CellId, CellOutputs>;
	/** Notebook metadata: `kernelspec`, `language_info` and whatever else the file has. */
	metadata: JsonObject;
}

/** What `importNotebook` gives. */
export interface ImportedNotebook extends NotebookContent {
	/** The version the file was written in. */
	from: { nbformat: number; nbformat_minor: number };
	/** What was repaired or left out, one sentence each, for the person who imports. */
	warnings: string[];
}
