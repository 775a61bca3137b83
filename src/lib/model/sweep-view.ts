/** What people see of a sweep: the record, how it is, and what a result looks like in small. */
import type { Json, JsonObject } from './json.ts';
import type { Problem } from './problem.ts';
import type { SweepStatus } from './sweep.ts';

/** A sweep in the list of those of a notebook. */
export interface SweepRow {
	id: string;
	title: string;
	points: number;
	workspace: string;
	/** Null where the workspace was removed. */
	workspaceName: string | null;
	/** On the workspace. */
	folder: string;
	/** The display name of who sent it. */
	by: string;
	/** The workspace is the reader's own. */
	own: boolean;
	/** ISO time. */
	createdAt: string;
	/** Everything has ended, and what comes back has come back. */
	over: boolean;
	/** The version a single run has become; null before, and for a grid. */
	version: number | null;
}

/** One sweep; without a status, `problem` says why. */
export interface SweepView extends SweepRow {
	status: SweepStatus | null;
	problem: Problem | null;
}

/** The last picture of a notebook, or its last words; `null` for one without any. */
export type SweepPreview =
	{ kind: 'image'; mime: string; data: string } | { kind: 'text'; text: string } | null;

/** Pictures that are shown as such. */
const IMAGES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/svg+xml'];
/** Characters of text that are worth a look in small. */
const MOST_TEXT = 600;

const isObject = (value: Json | undefined): value is JsonObject =>
	typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: Json | undefined): string =>
	Array.isArray(value) ? value.join('') : typeof value === 'string' ? value : '';

/** Looks from the end: pictures first, then results, printed text and errors. `notebook` is nbformat 4 as it was read. */
export function sweepPreview(notebook: Json): SweepPreview {
	const cells = isObject(notebook) && Array.isArray(notebook.cells) ? notebook.cells.filter(isObject) : [];
	const outputs = cells
		.flatMap(({ outputs: list }) => (Array.isArray(list) ? list.filter(isObject) : []))
		.reverse();
	for (const { data } of outputs) {
		if (!isObject(data)) continue;
		const mime = IMAGES.find((each) => textOf(data[each]) !== '');
		if (mime === undefined) continue;
		const text = textOf(data[mime]);
		return { kind: 'image', mime, data: mime === 'image/svg+xml' ? text : text.replace(/\s/g, '') };
	}
	for (const output of outputs) {
		const text = wordsOf(output).trim();
		if (text !== '') return { kind: 'text', text: text.slice(-MOST_TEXT) };
	}
	return null;
}

function wordsOf(output: JsonObject): string {
	if (output.output_type === 'error') return `${textOf(output.ename)}: ${textOf(output.evalue)}`;
	if (output.output_type === 'stream') return output.name === 'stderr' ? '' : textOf(output.text);
	return isObject(output.data) ? textOf(output.data['text/plain']) : '';
}
