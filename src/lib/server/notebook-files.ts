/** Notebooks as files: made from an .ipynb, given back as one. */
import { inArray } from 'drizzle-orm';
import * as Y from 'yjs';
import { OutputStore } from '#collab/output-store.ts';
import { readPieces } from '#collab/stream-store.ts';
import { widgetBulk } from '#collab/widget-bulk.ts';
import type { UpdateLog } from '#collab/update-log.ts';
import type { Database } from '#db/database.ts';
import { blobs, documents, documentUpdates, members, notebooks } from '#db/schema.ts';
import type { Cell } from '#lib/model/cell.ts';
import { digest } from '#lib/model/digest.ts';
import { newId, type NotebookId } from '#lib/model/ids.ts';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import type { NbOutput } from '#lib/model/ipynb/nb-output.ts';
import { fromNbOutput, toNbOutput } from '#lib/model/ipynb/output-convert.ts';
import {
	exportWidgetState,
	importWidgetState,
	shownModels,
	widgetBlobs
} from '#lib/model/ipynb/widget-state.ts';
import type { JsonObject } from '#lib/model/json.ts';
import {
	notebookDocName,
	readCells,
	readMetadata,
	readTitle,
	UNTITLED,
	writeNotebook
} from '#lib/model/notebook-doc.ts';
import { isBinaryMime, isBlobRef, type BlobRef, type Output } from '#lib/model/output.ts';
import { newRun, type Run } from '#lib/model/run.ts';
import { readKernel, readRuns, runtimeDocName, writeRun } from '#lib/model/runtime-doc.ts';
import { readWidgets, writeWidget, type Widget } from '#lib/model/widget.ts';
import { plainLine } from './plain-line.ts';

/** Make a notebook with its two documents in one transaction. Throws ProblemError 400 for a file that is none. */
export async function createNotebook(
	db: Database,
	owner: string,
	from?: { ipynb: string; title?: string }
): Promise<{ id: NotebookId; warnings: string[] }> {
	const content = from ? importNotebook(from.ipynb) : null;
	const id = newId();
	const cells: Cell[] = content?.cells ?? [{ id: newId(), type: 'code', source: '', metadata: {} }];
	const title = plainLine(from?.title ?? '') || titleOf(content?.metadata) || UNTITLED;
	const store = new OutputStore(db, id);
	const { widgets, metadata } = importWidgetState(content?.metadata ?? {}, widgetBulk(store));
	const notebook = encode((doc) => writeNotebook(doc, title, cells, metadata));
	const runs = content ? importedRuns(content, store) : [];
	const runtime = encode((doc) =>
		doc.transact(() => {
			for (const run of runs) writeRun(doc, run);
			for (const widget of widgets) writeWidget(doc, widget);
		})
	);
	await db.transaction(async (tx) => {
		await tx.insert(notebooks).values({ id, title, cells: cells.length, createdBy: owner });
		await tx.insert(members).values({ notebookId: id, userId: owner, role: 'owner' });
		const genesis = newId();
		await tx.insert(documents).values([
			{ name: notebookDocName(id), notebookId: id, genesis },
			{ name: runtimeDocName(id), notebookId: id, genesis }
		]);
		await tx.insert(documentUpdates).values([
			{ document: notebookDocName(id), userId: owner, data: notebook },
			{ document: runtimeDocName(id), userId: null, data: runtime }
		]);
	});
	await store.flush();
	return { id, warnings: content && 'warnings' in content ? (content.warnings as string[]) : [] };
}

/** A notebook as it is in the update log now, outputs and kernel metadata included. */
export async function readNotebookContent(
	db: Database,
	log: UpdateLog,
	id: NotebookId
): Promise<{ title: string; content: NotebookContent }> {
	const doc = await load(log, notebookDocName(id));
	const runtime = await load(log, runtimeDocName(id));
	const runs = readRuns(runtime);
	const resolve = await blobTexts(db, runs);
	const streams = await streamTexts(db, id, runs);
	const outputs: NotebookContent['outputs'] = {};
	for (const run of runs) {
		outputs[run.cell] = {
			executionCount: run.executionCount,
			outputs: run.outputs.flatMap((output): NbOutput[] => toNbOutput(output, resolve, streams))
		};
	}
	const kernel = readKernel(runtime);
	const metadata: JsonObject = { ...readMetadata(doc) };
	const widgets = readWidgets(runtime);
	const bytes = await widgetBytes(db, widgets);
	const state = exportWidgetState(widgets, shownModels(runs.flatMap((run) => run.outputs)), bytes);
	if (state) metadata.widgets = state;
	if (kernel.spec) {
		metadata.kernelspec = { name: kernel.spec, display_name: kernel.displayName, language: kernel.language };
	}
	return { title: readTitle(doc), content: { cells: readCells(doc), outputs, metadata } };
}

function importedRuns(content: NotebookContent, store: OutputStore): Run[] {
	const at = Date.now();
	return content.cells
		.filter((cell) => cell.type === 'code')
		.flatMap((cell, i): Run[] => {
			const shown = content.outputs[cell.id];
			if (!shown || (shown.outputs.length === 0 && shown.executionCount === null)) return [];
			const outputs = shown.outputs.map((output): Output => store.externaliseOutput(fromNbOutput(output)));
			return [
				{
					...newRun(newId(), cell.id, null, at, i + 1, digest(cell.source)),
					state: outputs.some((output) => output.type === 'error') ? 'error' : 'done',
					queuedAt: null,
					finishedAt: at,
					executionCount: shown.executionCount,
					outputs
				}
			];
		});
}

function titleOf(metadata: JsonObject | undefined): string | null {
	return typeof metadata?.title === 'string' ? plainLine(metadata.title) || null : null;
}

function encode(write: (doc: Y.Doc) => void): Uint8Array {
	const doc = new Y.Doc();
	write(doc);
	const update = Y.encodeStateAsUpdate(doc);
	doc.destroy();
	return update;
}

async function load(log: UpdateLog, name: string): Promise<Y.Doc> {
	const doc = new Y.Doc();
	const { update } = await log.load(name);
	if (update) Y.applyUpdate(doc, update);
	return doc;
}

/** A file with more text than this in one output is of no use to anybody: it keeps head and tail, and says so. */
const LONGEST_STREAM = 8_000_000;

/** Head and middle of the long streams of the runs. */
async function streamTexts(
	db: Database,
	notebook: NotebookId,
	runs: Run[]
): Promise<(stream: string) => string | undefined> {
	const texts = new Map<string, string>();
	for (const output of runs.flatMap((run) => run.outputs)) {
		if (output.type !== 'stream' || output.id === undefined) continue;
		const length = output.text.length + (output.omitted ?? 0);
		if (length > LONGEST_STREAM) continue;
		let text = '';
		for await (const piece of readPieces(db, notebook, output.id)) text += piece.text;
		// Pieces may be ahead of the document: what is beyond stands in its tail.
		if (text.length >= length) texts.set(output.id, text.slice(0, length));
	}
	return (stream) => texts.get(stream);
}

/** The texts behind all references of the runs: base64 where nbformat wants it, else the text itself. */
async function blobTexts(db: Database, runs: Run[]): Promise<(ref: BlobRef) => string> {
	const refs = new Map<string, BlobRef>();
	for (const output of runs.flatMap((run) => run.outputs)) {
		if (output.type !== 'display_data' && output.type !== 'execute_result') continue;
		for (const value of Object.values(output.data)) if (isBlobRef(value)) refs.set(value.blob, value);
	}
	const texts = new Map<string, string>();
	if (refs.size > 0) {
		const rows = await db
			.select()
			.from(blobs)
			.where(inArray(blobs.hash, [...refs.keys()]));
		for (const row of rows) {
			const binary = isBinaryMime(refs.get(row.hash)?.mime ?? row.mime);
			texts.set(row.hash, Buffer.from(row.data).toString(binary ? 'base64' : 'utf8'));
		}
	}
	return (ref) => texts.get(ref.blob) ?? '';
}

/** The bytes behind all references of widgets. */
async function widgetBytes(db: Database, widgets: Widget[]): Promise<(ref: BlobRef) => Uint8Array | null> {
	const hashes = widgetBlobs(widgets).map((ref) => ref.blob);
	const rows = hashes.length > 0 ? await db.select().from(blobs).where(inArray(blobs.hash, hashes)) : [];
	const held = new Map(rows.map((row) => [row.hash, new Uint8Array(row.data)]));
	return (ref) => held.get(ref.blob) ?? null;
}
