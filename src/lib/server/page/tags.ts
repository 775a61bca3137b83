/** Which parts of a cell a page shows. Sources: Jupyter Book's tags (hide-…, remove-…), JupyterLab's metadata.jupyter. */
import type { Cell } from '#lib/model/cell.ts';

export type Shown = 'shown' | 'folded' | 'gone';

/** Null for a cell that a page leaves out. `hide` folds a part, `remove` leaves it out. */
export function shownParts({ metadata }: Cell): { input: Shown; outputs: Shown } | null {
	const { tags: said, jupyter } = metadata;
	const tags = new Set(
		(Array.isArray(said) ? said : []).flatMap((tag) =>
			typeof tag === 'string' ? tag.replaceAll('_', '-').toLowerCase() : []
		)
	);
	if (tags.has('remove-cell')) return null;
	const hidden = typeof jupyter === 'object' && jupyter !== null && !Array.isArray(jupyter) ? jupyter : {};
	const part = (name: 'input' | 'output', collapsed: boolean): Shown => {
		if (tags.has(`remove-${name}`)) return 'gone';
		return tags.has(`hide-${name}`) || tags.has('hide-cell') || collapsed ? 'folded' : 'shown';
	};
	return {
		input: part('input', hidden.source_hidden === true),
		outputs: part('output', hidden.outputs_hidden === true || metadata.collapsed === true)
	};
}
