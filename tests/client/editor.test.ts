import { EditorState, type Transaction } from '@codemirror/state';
import { expect, test } from 'vitest';
import { ySyncAnnotation } from 'y-codemirror.next';
import type { Problem } from '#lib/model/problem.ts';
import { MAX_CELL_CHARS, pasteLimit, pasteProblem } from '#lib/editor/paste-limit.ts';

function editor(doc: string, said: Problem[]) {
	let state = EditorState.create({ doc, extensions: pasteLimit((problem) => said.push(problem)) });
	return {
		insert(text: string, annotate = false): Transaction {
			const transaction = state.update({
				changes: { from: 0, insert: text },
				...(annotate ? { annotations: ySyncAnnotation.of({} as never) } : {})
			});
			state = transaction.state;
			return transaction;
		},
		length: () => state.doc.length
	};
}

test('a paste above the limit leaves the cell as it was and says why', async () => {
	const said: Problem[] = [];
	const cell = editor('x = 1', said);
	cell.insert('y'.repeat(MAX_CELL_CHARS + 1));
	await Promise.resolve();
	expect(cell.length()).toBe(5);
	expect(said[0]?.title).toBe('That paste is too big for a cell');
	expect(said[0]?.detail).toContain('1,000,001');
});

test('small pastes may not add up to more than a cell holds', async () => {
	const said: Problem[] = [];
	const cell = editor('x'.repeat(900_000), said);
	cell.insert('y'.repeat(200_000));
	await Promise.resolve();
	expect(cell.length()).toBe(900_000);
	expect(said).toHaveLength(1);
});

test('a full cell can still be edited and made smaller', () => {
	expect(pasteProblem(MAX_CELL_CHARS - 1, 1)).toBeNull();
	expect(pasteProblem(2 * MAX_CELL_CHARS, -10)).toBeNull();
});

test('what others typed always applies: two texts must not part', () => {
	const said: Problem[] = [];
	const cell = editor('', said);
	cell.insert('y'.repeat(MAX_CELL_CHARS + 1), true);
	expect(cell.length()).toBe(MAX_CELL_CHARS + 1);
});
