/** The half of a bound notebook that lives in the database: its text now, and changes of its file brought in. */
import type { Collab } from '#collab/start.ts';
import type { Database } from '#db/database.ts';
import type { LastMerge } from '#lib/model/bound-notebook.ts';
import type { NotebookId } from '#lib/model/ids.ts';
import type { CellOutputs, ImportedNotebook } from '#lib/model/ipynb/content.ts';
import { exportNotebook } from '#lib/model/ipynb/export.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import { matchCells } from '#lib/model/ipynb/match-cells.ts';
import { mergeNotebook, type MergeReport } from '#lib/model/ipynb/merge.ts';
import { fromNbOutput } from '#lib/model/ipynb/output-convert.ts';
import { toScript } from '#lib/model/ipynb/script.ts';
import { stringifyNotebook } from '#lib/model/ipynb/stringify.ts';
import type { Json } from '#lib/model/json.ts';
import { notebookDocName } from '#lib/model/notebook-doc.ts';
import { runtimeDocName } from '#lib/model/runtime-doc.ts';
import { readNotebookContent } from './notebook-files.ts';

export interface BoundMergeOptions {
	db: Database;
	collab: Pick<Collab, 'rooms' | 'hocuspocus' | 'log'>;
}

/** The notebook as the text of a file, with everything that is known of it now. */
export async function notebookText({ db, collab }: BoundMergeOptions, id: NotebookId): Promise<string> {
	await collab.rooms.stored(id);
	await collab.log.settledFor(notebookDocName(id));
	await collab.log.settledFor(runtimeDocName(id));
	return stringifyNotebook(exportNotebook((await readNotebookContent(db, collab.log, id)).content));
}

/** A notebook of a file as the text this server writes: with ids, so that it can be an ancestor. */
export function agreedText(file: ImportedNotebook): string {
	return stringifyNotebook(exportNotebook(file));
}

/**
 * Brings what was changed in a file into the notebook and stores it. `base`: the text both agreed on last; `text`: the file
 * now. Answers the new common ancestor and what was done, null when it was nothing. Refuses with `notebook-invalid`.
 */
export async function mergeFile(
	options: BoundMergeOptions,
	id: NotebookId,
	base: string,
	text: string
): Promise<{ base: string; merged: LastMerge | null }> {
	const { collab } = options;
	const old = importNotebook(base);
	const theirs = matchCells(old.cells, importNotebook(text));
	const ours = importNotebook(await notebookText(options, id));
	const report = await mergeDocument(collab, id, old, theirs);
	const shown = outputsToAdopt(old, ours, theirs, report);
	if (shown.adopted.length > 0) await collab.rooms.adopt(id, shown.adopted);
	const summary = inWords(report, shown.adopted.length, shown.kept);
	if (summary === '') return { base: agreedText(theirs), merged: null };
	return {
		base: agreedText(theirs),
		merged: {
			at: Date.now(),
			summary,
			conflicts: report.conflicts.length,
			before: toScript(old.cells, old.metadata),
			after: toScript(theirs.cells, theirs.metadata)
		}
	};
}

/** As mergeFile, without outputs: what is in `theirs` and not in `old` is brought in. Answers what was done, in words. */
export async function mergeCells(
	collab: BoundMergeOptions['collab'],
	id: NotebookId,
	old: ImportedNotebook,
	theirs: ImportedNotebook
): Promise<{ summary: string; conflicts: number }> {
	const report = await mergeDocument(collab, id, old, matchCells(old.cells, theirs));
	return { summary: inWords(report, 0, 0), conflicts: report.conflicts.length };
}

async function mergeDocument(
	{ hocuspocus, log }: BoundMergeOptions['collab'],
	id: NotebookId,
	old: ImportedNotebook,
	theirs: ImportedNotebook
): Promise<MergeReport> {
	const name = notebookDocName(id);
	const connection = await hocuspocus.openDirectConnection(name);
	try {
		let report: MergeReport | null = null;
		await connection.transact((live) => (report = mergeNotebook(live, old, theirs)));
		await log.settledFor(name);
		return report!;
	} finally {
		await connection.disconnect();
	}
}

/** Outputs that are new in the file, except where the cell was run here as well: there `kept` counts, and ours stay. */
function outputsToAdopt(
	old: ImportedNotebook,
	ours: ImportedNotebook,
	theirs: ImportedNotebook,
	{ added, conflicts }: MergeReport
) {
	const copies = new Map(conflicts.map(({ cell, copy }) => [cell, copy]));
	const fresh = new Set(added);
	let kept = 0;
	const adopted = theirs.cells.flatMap((cell) => {
		const shown = theirs.outputs[cell.id];
		if (!shown) return [];
		const copy = copies.get(cell.id);
		const now = textOf(shown);
		if (copy === undefined && !fresh.has(cell.id)) {
			const before = textOf(old.outputs[cell.id]);
			const here = textOf(ours.outputs[cell.id]);
			if (now === before || now === here) return [];
			if (here !== before) {
				kept += 1;
				return [];
			}
		} else if (shown.outputs.length === 0 && shown.executionCount === null) return [];
		return [
			{
				cell: copy ?? cell.id,
				source: cell.source,
				executionCount: shown.executionCount,
				outputs: shown.outputs.map(fromNbOutput)
			}
		];
	});
	return { adopted, kept };
}

function textOf(shown: CellOutputs | undefined): string {
	return shown ? stringifyNotebook({ shown: shown as unknown as Json }) : '';
}

/** `2 cells added, 1 changed.`; empty when nothing was done. */
function inWords(report: MergeReport, outputs: number, kept: number): string {
	const counts = [
		[report.added.length, 'added'],
		[report.changed.length, 'changed'],
		[report.removed.length, 'removed'],
		[report.moved.length, 'moved']
	] as const;
	const said = counts
		.filter(([count]) => count > 0)
		.map(([count, word], at) => (at === 0 ? `${cells(count)} ${word}` : `${count} ${word}`));
	if (outputs > 0) said.push(`outputs of ${cells(outputs)} taken over`);
	const sentences = said.length > 0 ? [`${said.join(', ')}.`] : [];
	const both = report.conflicts.length;
	if (both > 0) sentences.push(`${cells(both)} changed on both sides: both versions are in the notebook.`);
	if (kept > 0) sentences.push(`${cells(kept)} run on both sides: the outputs of here stay.`);
	return sentences.map((text) => text[0]!.toUpperCase() + text.slice(1)).join(' ');
}

function cells(count: number): string {
	return count === 1 ? '1 cell' : `${count} cells`;
}
