import type { CellId } from '#lib/model/ids.ts';

/**
 * What of an output has an address of its own: `frame`, the page for the sandboxed frame; `picture`, the bytes of the
 * picture; `whole`, all of an output of which the page shows a part. Each is served by `outputFile`.
 */
export type OutputPart = 'frame' | 'picture' | 'whole';

export interface PageOptions {
	/**
	 * The title that the page around shows as its `<h1>`: headings of the notebook go one level down, and a first heading
	 * that says the same is left out. Without it the notebook's own headings begin at `<h1>`.
	 */
	title?: string;
	/** Where a part of an output is served, or null where it is not. Absent: everything is on the page itself. */
	address?: (cell: CellId, output: number, part: OutputPart) => string | null;
	/** Where a relative link or picture of the text leads (a file beside the notebook), or null. Must be http(s) or a path. */
	resolve?: (path: string) => string | null;
	/** Put before every id on the page, where two notebooks share one. */
	idPrefix?: string;
	/** How formulas are set: `html` wants KaTeX's style sheet and fonts, `mathml` nothing. Default `html`. */
	maths?: 'html' | 'mathml';
	/** Show everything, however long: for files that are archives. */
	whole?: boolean;
}

/** A heading of the notebook, for a table of contents. `level` is that of its element, 1 to 6. */
export interface ContentsEntry {
	level: number;
	id: string;
	text: string;
}

/** A code cell that came to something. */
export interface Result {
	cell: CellId;
	/** Its number among the code cells, and the first line of its code. */
	label: string;
	/** The first of its outputs that shows anything. */
	output: number;
}

export interface NotebookPage {
	/** The cells, as one `<div class="notebook">`. Looks right with `components/notebook-page.css`. No script in it. */
	html: string;
	contents: ContentsEntry[];
	/** Whether an output can be loaded into a frame on demand. */
	interactive: boolean;
	/** The code cells of which the page shows an output, in order. */
	results: Result[];
}
