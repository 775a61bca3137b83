/**
 * What one can do with an open notebook. Each change of structure is one step of the notebook's undo history; each
 * command to the room reports its own failure, where the person is.
 */
import type { CellType } from '#lib/model/cell.ts';
import { digest } from '#lib/model/digest.ts';
import type { CellId } from '#lib/model/ids.ts';
import {
	deleteCell,
	insertCell,
	mergeCellBelow,
	moveCell,
	setCellType,
	splitCell
} from '#lib/model/notebook-doc.ts';
import type { RoomCommand } from '#lib/model/room-command.ts';
import { problemOf } from './api.ts';
import { isStale } from './cell-label.ts';
import { notify, notifyProblem } from './notify.ts';
import type { NotebookSession } from './session.svelte.ts';
import { asOneStep } from './undo.ts';

/** Send a command; say what went wrong and return false when it did not work. */
export async function command(session: NotebookSession, what: RoomCommand): Promise<boolean> {
	try {
		await session.commands.send(what);
		return true;
	} catch (error) {
		const problem = problemOf(error);
		if (problem.code === 'no-workspace') {
			session.panel = 'kernel';
			return false;
		}
		notifyProblem(problem);
		return false;
	}
}

export function runCells(session: NotebookSession, ids: CellId[]): void {
	if (!session.can('run')) return;
	const code = ids.filter((id) => session.notebook.cell(id).type === 'code');
	if (code.length === 0) return;
	const keepGoing = code.length > 1 && session.keepGoing;
	void command(session, { do: 'run', cells: code, ...(keepGoing ? { keepGoing } : {}) });
}

export function runAll(session: NotebookSession): void {
	if (!session.can('run')) return;
	const { keepGoing } = session;
	void command(session, { do: 'run', cells: 'all', ...(keepGoing ? { keepGoing } : {}) });
}

/** Run, in order, the code cells that have never run and those whose text was changed since. */
export function runStale(session: NotebookSession): void {
	const stale = session.notebook.order.filter((id) => needsRun(session, id));
	if (stale.length > 0) runCells(session, stale);
	else notify('Every cell has run as it stands.');
}

function needsRun(session: NotebookSession, id: CellId): boolean {
	const cell = session.notebook.cell(id);
	const source = cell.text.toString();
	if (cell.type !== 'code' || source.trim() === '') return false;
	const { run } = session.runtime.of(id);
	// Taken back before it began: that is no run.
	if (run === null || (run.finishedAt !== null && run.state === 'cancelled')) return true;
	return isStale(run, digest(source));
}

export function runSelected(session: NotebookSession, id: CellId): void {
	runCells(session, selected(session, id));
}

/** The cells a command is for: the selection when the cell is part of one, else the cell. */
function selected(session: NotebookSession, id: CellId): CellId[] {
	return session.selection.with(id, session.notebook.order);
}

/** Let the selection grow or shrink by a cell, and say how many it holds. */
export function extend(session: NotebookSession, by: -1 | 1): void {
	saySelected(session, session.selection.extend(session.notebook.order, by));
}

export function selectAll(session: NotebookSession): void {
	saySelected(session, session.selection.all(session.notebook.order));
}

export function selectOne(session: NotebookSession): void {
	if (session.selection.several.size === 0) return;
	session.selection.single();
	session.announcement = 'One cell selected';
}

function saySelected(session: NotebookSession, count: number): void {
	if (count > 0) session.announcement = count === 1 ? 'One cell selected' : `${count} cells selected`;
}

export function runAbove(session: NotebookSession, id: CellId): void {
	runCells(session, session.notebook.order.slice(0, session.notebook.order.indexOf(id)));
}

export function runBelow(session: NotebookSession, id: CellId): void {
	runCells(session, session.notebook.order.slice(session.notebook.order.indexOf(id)));
}

/** Run a cell, or all that are selected, and go on: Shift-Enter. Below the last cell a new one is made, as in Jupyter. */
export function runAndNext(session: NotebookSession, id: CellId): void {
	const cells = selected(session, id);
	runCells(session, cells);
	const last = cells.at(-1)!;
	const next = session.notebook.order[session.notebook.order.indexOf(last) + 1];
	if (next !== undefined) void session.selection.select(next);
	else if (session.editable) void insertBelow(session, last, 'code');
	else void session.selection.select(last);
}

export function runAndInsert(session: NotebookSession, id: CellId): void {
	const cells = selected(session, id);
	runCells(session, cells);
	if (session.editable) void insertBelow(session, cells.at(-1)!, 'code');
}

/** Run and stay, in command mode: a markdown cell is drawn. */
export function runInPlace(session: NotebookSession, id: CellId): void {
	const cells = selected(session, id);
	runCells(session, cells);
	if (cells.length === 1 && session.notebook.cell(id).type === 'markdown') void session.selection.select(id);
}

export function insertAt(session: NotebookSession, index: number, type: CellType): CellId | null {
	if (!session.editable) return null;
	const id = asOneStep(session.undo, () => insertCell(session.connection.doc, index, { type }));
	void session.selection.edit(id);
	return id;
}

export function insertBelow(session: NotebookSession, id: CellId, type: CellType): CellId | null {
	return insertAt(session, session.notebook.order.indexOf(id) + 1, type);
}

export function insertAbove(session: NotebookSession, id: CellId, type: CellType): CellId | null {
	return insertAt(session, session.notebook.order.indexOf(id), type);
}

export function removeCell(session: NotebookSession, id: CellId): void {
	if (!session.editable) return;
	const { order } = session.notebook;
	const cells = selected(session, id);
	const neighbour = order[order.indexOf(cells.at(-1)!) + 1] ?? order[order.indexOf(cells[0]!) - 1];
	asOneStep(session.undo, () => cells.forEach((cell) => deleteCell(session.connection.doc, cell)));
	if (neighbour !== undefined) void session.selection.select(neighbour);
}

/** Move a cell, or the selection as a whole. */
export function move(session: NotebookSession, id: CellId, by: -1 | 1): void {
	const { order } = session.notebook;
	const cells = selected(session, id);
	const edge = order.indexOf(by < 0 ? cells[0]! : cells.at(-1)!) + by;
	if (!session.editable || edge < 0 || edge >= order.length) return;
	const { mode } = session.selection;
	const inTurn = by < 0 ? cells : cells.toReversed();
	asOneStep(session.undo, () =>
		inTurn.forEach((cell) => moveCell(session.connection.doc, cell, order.indexOf(cell) + by))
	);
	// Moving the element takes the focus away from it.
	if (cells.length > 1) session.selection.refocus(id);
	else void (mode === 'edit' ? session.selection.edit(id) : session.selection.select(id));
}

export function changeType(session: NotebookSession, id: CellId, type: CellType): void {
	const cells = selected(session, id).filter((cell) => session.notebook.cell(cell).type !== type);
	if (!session.editable || cells.length === 0) return;
	const { mode } = session.selection;
	asOneStep(session.undo, () => cells.forEach((cell) => setCellType(session.connection.doc, cell, type)));
	if (session.selection.several.size > 0) session.selection.refocus(id);
	else void (mode === 'edit' ? session.selection.edit(id) : session.selection.select(id));
}

export function split(session: NotebookSession, id: CellId): void {
	const editor = session.selection.handle(id)?.editor();
	if (!session.editable || !editor) return;
	const offset = editor.state.selection.main.head;
	const lower = asOneStep(session.undo, () => splitCell(session.connection.doc, id, offset));
	if (lower) void session.selection.edit(lower, 'start');
}

export function mergeBelow(session: NotebookSession, id: CellId): void {
	if (!session.editable) return;
	const cells = selected(session, id);
	const { doc } = session.connection;
	const first = cells[0]!;
	const seam = asOneStep(session.undo, () =>
		cells.length === 1
			? mergeCellBelow(doc, first)
			: cells.slice(1).reduce<number | null>(() => mergeCellBelow(doc, first), null)
	);
	if (cells.length > 1) void session.selection.select(first);
	if (seam === null) notify('There is no cell below to merge with.');
	else if (cells.length === 1 && session.selection.mode === 'edit') void session.selection.edit(id, seam);
}

export function clearOutputs(session: NotebookSession, cells: CellId[] | 'all'): void {
	if (session.can('edit')) void command(session, { do: 'clear', cells });
}

/** Clear what the cell, or all that are selected, put out. */
export function clearSelected(session: NotebookSession, id: CellId): void {
	clearOutputs(session, selected(session, id));
}

/** The text of the cell, or of all that are selected, on the clipboard. */
export async function copyCell(session: NotebookSession, id: CellId): Promise<void> {
	const texts = selected(session, id).map((cell) => session.notebook.cell(cell).text.toString());
	await copyText(texts.join('\n\n'), texts.length === 1 ? 'Cell copied.' : `${texts.length} cells copied.`);
}

export async function copyText(text: string, said: string): Promise<void> {
	try {
		await navigator.clipboard.writeText(text);
		notify(said);
	} catch {
		notifyProblem({
			code: 'clipboard',
			title: 'The browser did not let us copy.',
			remedy: 'Select the text and press Ctrl-C.'
		});
	}
}

/** Undo or redo one's own last step anywhere in the notebook. */
export function undo(session: NotebookSession): void {
	if (session.editable && session.undo.undo() === null) notify('Nothing of yours to undo.');
}

export function redo(session: NotebookSession): void {
	if (session.editable) session.undo.redo();
}

/** Stop: what runs is interrupted, what waits is taken back. */
export function stop(session: NotebookSession): void {
	void command(session, { do: 'interrupt' });
}

/** Go to the neighbour cell; true when there was one. */
export function step(session: NotebookSession, by: -1 | 1, mode: 'command' | 'edit'): boolean {
	const { order } = session.notebook;
	const at = session.selection.cell === null ? -1 : order.indexOf(session.selection.cell);
	const next = order[at < 0 ? 0 : at + by];
	if (next === undefined) return false;
	if (mode === 'edit') void session.selection.edit(next, by < 0 ? 'end' : 'start');
	else void session.selection.select(next);
	return true;
}
