/**
 * One history of a person's own edits for the whole notebook: typing in any editor and changes of structure, in the
 * order they were made. What others did is never undone. Every editor's sync configuration is an origin of its own, so
 * the class is tracked instead: it matches editors that come and go as one scrolls.
 */
import { YSyncConfig } from 'y-codemirror.next';
import * as Y from 'yjs';
import { cellsOf, originOf } from '#lib/model/notebook-doc.ts';

export function notebookUndo(doc: Y.Doc): Y.UndoManager {
	return new Y.UndoManager(cellsOf(doc), {
		trackedOrigins: new Set<unknown>([originOf(doc), YSyncConfig]),
		captureTimeout: 400
	});
}

/** Do a change of structure as one step of its own. */
export function asOneStep<T>(undo: Y.UndoManager, change: () => T): T {
	undo.stopCapturing();
	try {
		return change();
	} finally {
		undo.stopCapturing();
	}
}
