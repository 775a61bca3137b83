/** One cell of a notebook, or one of its outputs, as a notebook of its own. */
import type { CellId } from '#lib/model/ids.ts';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';

/**
 * The notebook with that cell alone; with `output`, a place among its outputs, with that one alone and without the code. Null
 * where there is no such cell or output. What tags leave out of pages stays left out.
 */
export function partOf(content: NotebookContent, id: CellId, output: number | null): NotebookContent | null {
	const cell = content.cells.find((each) => each.id === id);
	if (!cell) return null;
	const held = Object.hasOwn(content.outputs, id) ? content.outputs[id] : undefined;
	if (output === null) return { ...content, cells: [cell], outputs: held ? { [id]: held } : {} };
	const one = held?.outputs[output];
	if (!one) return null;
	const tags = Array.isArray(cell.metadata.tags) ? cell.metadata.tags : [];
	return {
		...content,
		cells: [{ ...cell, metadata: { ...cell.metadata, tags: [...tags, 'remove-input'] } }],
		outputs: { [id]: { ...held!, outputs: [one] } }
	};
}
