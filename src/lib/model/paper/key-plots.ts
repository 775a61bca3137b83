/** The pictures of a notebook that can lead its card. */
import type { CellId } from '../ids.ts';
import type { NotebookContent } from '../ipynb/content.ts';
import type { Json } from '../json.ts';
import type { PlotChoice } from './card.ts';

/** Pictures that browsers show, the best first: drawn ones stay sharp. */
const MIMES = ['image/svg+xml', 'image/png', 'image/jpeg', 'image/webp', 'image/gif'];

/** All of them in the order of the page; of one output the best. */
export function keyPlots({ cells, outputs }: NotebookContent): PlotChoice[] {
	return cells.flatMap(({ id }) => {
		const shown = Object.hasOwn(outputs, id) ? outputs[id]!.outputs : [];
		return shown.flatMap((output, at): PlotChoice[] => {
			if (output.output_type !== 'display_data' && output.output_type !== 'execute_result') return [];
			const mime = MIMES.find((one) => Object.hasOwn(output.data, one));
			if (mime === undefined) return [];
			return [
				{ cell: id, output: at, mime, data: textOf(output.data[mime]!), words: wordsOf(output.metadata) }
			];
		});
	});
}

/** The one that a person chose; undefined when the notebook does not show it any more. */
export function keyPlot(content: NotebookContent, cell: CellId, output: number): PlotChoice | undefined {
	return keyPlots(content).find((plot) => plot.cell === cell && plot.output === output);
}

/** The bytes of a picture of nbformat. */
export function plotBytes({ mime, data }: Pick<PlotChoice, 'mime' | 'data'>): Uint8Array {
	if (mime === 'image/svg+xml') return new TextEncoder().encode(data);
	const binary = atob(data.replace(/[^A-Za-z0-9+/=]/g, ''));
	return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** `alt` of the output's metadata, as some kernels and editors write it. */
function wordsOf(metadata: Record<string, Json>): string {
	return typeof metadata.alt === 'string' ? metadata.alt.trim() : '';
}

function textOf(value: Json): string {
	return Array.isArray(value) ? value.join('') : String(value);
}
