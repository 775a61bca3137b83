import { EditorState, type Extension, type Transaction } from '@codemirror/state';
import { ySyncAnnotation } from 'y-codemirror.next';
import type { Problem } from '#lib/model/problem.ts';

/** More characters than this are data, not code. */
export const MAX_CELL_CHARS = 1_000_000;

/** What to say about a change that adds `added` characters to a cell of `length`, or null when it fits. */
export function pasteProblem(length: number, added: number): Problem | null {
	if (added <= 0 || (added <= MAX_CELL_CHARS && length + added <= MAX_CELL_CHARS)) return null;
	return {
		code: 'paste-too-big',
		title: 'That paste is too big for a cell',
		detail:
			added > MAX_CELL_CHARS
				? `It has ${added.toLocaleString('en')} characters; a cell holds up to ${MAX_CELL_CHARS.toLocaleString('en')}.`
				: `With its ${added.toLocaleString('en')} characters the cell would pass ${MAX_CELL_CHARS.toLocaleString('en')}.`,
		remedy: 'Upload it as a file, or put it on the disk of the machine, and read it from there in code.'
	};
}

/** Refuse one's own insertions above the limit and leave the document as it was. What others did always applies. */
export function pasteLimit(refused: (problem: Problem) => void): Extension {
	return EditorState.changeFilter.of((transaction: Transaction) => {
		if (!transaction.docChanged || transaction.annotation(ySyncAnnotation)) return true;
		let added = 0;
		transaction.changes.iterChanges((fromA, toA, _fromB, _toB, inserted) => {
			added += inserted.length - (toA - fromA);
		});
		const problem = pasteProblem(transaction.startState.doc.length, added);
		if (!problem) return true;
		// Not from inside a filter, which must be free of effects.
		queueMicrotask(() => refused(problem));
		return false;
	});
}
