/** What the body of POST /api/notebooks stands for: nothing, a title, or the text of a notebook file. */
import * as v from 'valibot';

const EMPTY_FILE = JSON.stringify({
	nbformat: 4,
	nbformat_minor: 5,
	metadata: {},
	cells: [{ cell_type: 'code', id: 'first', metadata: {}, source: [], outputs: [], execution_count: null }]
});

const titleOnly = v.strictObject({ title: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(300))) });

/** More than a title fits in here; anything longer is a file, and is parsed once, by the importer. */
const SMALL_CHARS = 4096;

/**
 * The argument of `notebooks.create`. A text that is no JSON goes on as a file: the importer says line and column of the
 * fault.
 */
export function sourceOf(text: string, title?: string): { ipynb: string; title?: string } | undefined {
	const wanted = text.length <= SMALL_CHARS ? titleIn(text) : null;
	if (wanted === null) return { ipynb: text, ...(title ? { title } : {}) };
	const name = wanted || title;
	return name ? { ipynb: EMPTY_FILE, title: name } : undefined;
}

function titleIn(text: string): string | null {
	if (text.trim() === '') return '';
	try {
		const value: unknown = JSON.parse(text);
		const result = v.safeParse(titleOnly, value);
		return result.success && !Array.isArray(value) ? (result.output.title ?? '') : null;
	} catch {
		return null;
	}
}
