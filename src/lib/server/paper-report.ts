/** What came of running an example again, from the notebook that the run has left. */
import type { CellOutputs, ImportedNotebook, NotebookContent } from '#lib/model/ipynb/content.ts';
import type { NbOutput } from '#lib/model/ipynb/nb-output.ts';
import type { Json, JsonObject } from '#lib/model/json.ts';
import type { CheckedCell, CheckedPicture, CheckReport } from '#lib/model/paper/check.ts';
import { compareOutputs } from '#lib/model/paper/compare-outputs.ts';
import { joined } from './output-text.ts';
import { comparePng } from './picture-difference.ts';

/** New pictures that are kept for people to look at, and characters of base64 of each. */
const MOST_PICTURES = 4;
const MOST_PICTURE = 400_000;
const NOT_REACHED = 'was not run';

/** How a run ended that did not come to the end of the notebook. */
export interface RunEnd {
	/** `startup`: the kernel did not start · `walltime`: time was over · `terminated`: somebody ended it. */
	reason: string;
	words: string;
}

/** Why the run ended before its notebook did, as the agent has written it down (agent/notebook_file.py); null where it did not. */
export function endOf({ metadata }: Pick<NotebookContent, 'metadata'>): RunEnd | null {
	const ended = objectOf(objectOf(metadata.ansatz).ended);
	return typeof ended.reason === 'string' ? { reason: ended.reason, words: String(ended.words ?? '') } : null;
}

/** `before` is the version, `after` what the run has made of it. `words` as CheckReport has them. */
export function reportOf(
	before: NotebookContent,
	after: ImportedNotebook,
	{ cpus, words }: Pick<CheckReport, 'cpus' | 'words'>
): CheckReport {
	const { duration } = objectOf(after.metadata.papermill);
	let left = MOST_PICTURES;
	const cells = before.cells.flatMap(({ id, type }, index): CheckedCell[] => {
		if (type !== 'code') return [];
		const now = after.cells[index];
		if (now === undefined || statusOf(now.metadata) !== 'done')
			return [{ index, outcome: 'unknown', words: NOT_REACHED }];
		const outputs = outputsOf(after.outputs[now.id]);
		const {
			outcome,
			words: said,
			pictures
		} = compareOutputs(outputsOf(before.outputs[id]), outputs, comparePng);
		const kept = pictures
			.map(({ before: output, after: at }) => pictureOf(outputs, at, { cell: id, output }))
			.filter((one) => one !== null)
			.slice(0, left);
		left -= kept.length;
		return [{ index, outcome, words: said, ...(kept.length > 0 ? { pictures: kept } : {}) }];
	});
	return { seconds: typeof duration === 'number' ? duration : 0, cpus, words, cells };
}

/** Whether a cell has run; `running` is what the last one is when the run was ended. */
function statusOf(metadata: JsonObject): 'done' | 'not' {
	const { status } = objectOf(metadata.papermill);
	return status === 'completed' || status === 'failed' ? 'done' : 'not';
}

function outputsOf(cell: CellOutputs | undefined): NbOutput[] {
	return cell?.outputs ?? [];
}

function pictureOf(outputs: NbOutput[], output: number, was: CheckedPicture['was']): CheckedPicture | null {
	const found = outputs[output];
	if (found?.output_type !== 'display_data' && found?.output_type !== 'execute_result') return null;
	const data = joined(found.data['image/png'] ?? '').replace(/\s+/g, '');
	return data.length <= MOST_PICTURE ? { output, was, mime: 'image/png', data } : null;
}

function objectOf(value: Json | undefined): JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
