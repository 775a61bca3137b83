/**
 * What one can do with an open notebook. Each change of structure is one step of the notebook's undo history; each
 * command to the room reports its own failure, where the person is.
 */
import type { CellType } from '#lib/model/cell.ts';
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
	if (code.length > 0) void command(session, { do: 'run', cells: code });
}

export function runAll(session: NotebookSession): void {
	if (session.can('run')) void command(session, { do: 'run', cells: 'all' });
}

export function runAbove(session: NotebookSession, id: CellId): void {
	runCells(session, session.notebook.order.slice(0, session.notebook.order.indexOf(id)));
}

export function runBelow(session: NotebookSession, id: CellId): void {
	runCells(session, session.notebook.order.slice(session.notebook.order.indexOf(id)));
}

/** Run a cell and go on: Shift-Enter. Below the last cell a new one is made, as in Jupyter. */
export function runAndNext(session: NotebookSession, id: CellId): void {
	runCells(session, [id]);
	const next = session.notebook.order[session.notebook.order.indexOf(id) + 1];
	if (next !== undefined) void session.selection.select(next);
	else if (session.editable) void insertBelow(session, id, 'code');
	else void session.selection.select(id);
}

export function runAndInsert(session: NotebookSession, id: CellId): void {
	runCells(session, [id]);
	if (session.editable) void insertBelow(session, id, 'code');
}

/** Run and stay, in command mode: a markdown cell is drawn. */
export function runInPlace(session: NotebookSession, id: CellId): void {
	runCells(session, [id]);
	if (session.notebook.cell(id).type === 'markdown') void session.selection.select(id);
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
	const order = session.notebook.order;
	const at = order.indexOf(id);
	const neighbour = order[at + 1] ?? order[at - 1];
	asOneStep(session.undo, () => deleteCell(session.connection.doc, id));
	if (neighbour !== undefined) void session.selection.select(neighbour);
}

export function move(session: NotebookSession, id: CellId, by: -1 | 1): void {
	const at = session.notebook.order.indexOf(id) + by;
	if (!session.editable || at < 0 || at >= session.notebook.order.length) return;
	const { mode } = session.selection;
	asOneStep(session.undo, () => moveCell(session.connection.doc, id, at));
	// Moving the element takes the focus away from it.
	void (mode === 'edit' ? session.selection.edit(id) : session.selection.select(id));
}

export function changeType(session: NotebookSession, id: CellId, type: CellType): void {
	if (!session.editable || session.notebook.cell(id).type === type) return;
	const { mode } = session.selection;
	asOneStep(session.undo, () => setCellType(session.connection.doc, id, type));
	void (mode === 'edit' ? session.selection.edit(id) : session.selection.select(id));
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
	const seam = asOneStep(session.undo, () => mergeCellBelow(session.connection.doc, id));
	if (seam === null) notify('There is no cell below to merge with.');
	else if (session.selection.mode === 'edit') void session.selection.edit(id, seam);
}

export function clearOutputs(session: NotebookSession, cells: CellId[] | 'all'): void {
	if (session.can('edit')) void command(session, { do: 'clear', cells });
}

/** The cell's text on the clipboard. */
export async function copyCell(session: NotebookSession, id: CellId): Promise<void> {
	await copyText(session.notebook.cell(id).text.toString(), 'Cell copied.');
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
