/**
 * The editor of a cell as an array of extensions. CodeMirror's own history is absent on purpose: undo belongs to the
 * notebook, where typing and changes of structure are one history.
 */
import { closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, indentLess, indentMore } from '@codemirror/commands';
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { EditorView, highlightSpecialChars, keymap, placeholder, tooltips } from '@codemirror/view';
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next';
import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';
import type { CellType } from '#lib/model/cell.ts';
import type { Problem } from '#lib/model/problem.ts';
import { kernelCompletion } from './kernel-completion.ts';
import { kernelInspection } from './kernel-inspection.ts';
import type { KernelTalk } from './kernel-talk.ts';
import { languageNow } from './languages.ts';
import { pasteLimit } from './paste-limit.ts';
import { remoteCursors } from './remote-cursors.ts';
import { editorTheme } from './theme.ts';

export interface CellEditor {
	text: Y.Text;
	awareness: Awareness;
	undo: Y.UndoManager;
	type: CellType;
	language: string;
	readOnly: boolean;
	/** Shown while the cell is empty. */
	hint: string;
	/** Said by screen readers. */
	label: string;
	refused: (problem: Problem) => void;
	/** The kernel behind it, for completion and documentation. */
	kernel: KernelTalk;
	/** The caret wants to leave over the edge of the cell. Returns whether there was somewhere to go. */
	leave: (direction: 'up' | 'down') => boolean;
}

/** What may change during the life of an editor. */
export const languageSlot = new Compartment();
export const readOnlySlot = new Compartment();

export function readOnly(on: boolean): Extension {
	return on ? [EditorState.readOnly.of(true), EditorView.editable.of(false)] : [];
}

export function editorExtensions(cell: CellEditor): Extension[] {
	return [
		readOnlySlot.of(readOnly(cell.readOnly)),
		languageSlot.of(languageNow(cell.type, cell.language) ?? []),
		pasteLimit(cell.refused),
		yCollab(cell.text, null, { undoManager: cell.undo }),
		remoteCursors(cell.text, cell.awareness),
		cell.type === 'code' && !cell.readOnly
			? [kernelCompletion(cell.kernel), kernelInspection(cell.kernel), besideTheText]
			: [],
		keymap.of([
			...yUndoManagerKeymap,
			{ key: 'ArrowUp', run: (view) => atEdge(view, 'up') && cell.leave('up') },
			{ key: 'ArrowDown', run: (view) => atEdge(view, 'down') && cell.leave('down') },
			...(cell.type === 'code' ? closeBracketsKeymap : []),
			{ key: 'Tab', run: indent, shift: indentLess },
			...defaultKeymap
		]),
		highlightSpecialChars(),
		indentUnit.of('    '),
		EditorState.tabSize.of(4),
		cell.type === 'code' ? [bracketMatching(), closeBrackets(), indentOnInput()] : EditorView.lineWrapping,
		// Tab must not lead into the text, where it indents: the way in is Enter on the cell, the way out Escape.
		EditorView.contentAttributes.of({
			'aria-label': cell.label,
			tabindex: '-1',
			spellcheck: String(cell.type === 'markdown')
		}),
		placeholder(cell.hint),
		editorTheme
	];
}

/** Lists and notes hang in the body: a cell is drawn lazily and cuts off what leaves it. They stay below the page's bar. */
const besideTheText = tooltips({
	...(typeof document === 'undefined' ? {} : { parent: document.body }),
	tooltipSpace: ({ dom }) => {
		const { clientWidth, clientHeight } = dom.ownerDocument.documentElement;
		return { left: 8, top: 60, right: clientWidth - 8, bottom: clientHeight - 8 };
	}
});

/** Spaces to the next stop, as Python wants them; a selection moves as a block. */
function indent(view: EditorView): boolean {
	const { main } = view.state.selection;
	if (!main.empty) return indentMore(view);
	const column = main.head - view.state.doc.lineAt(main.head).from;
	view.dispatch(view.state.replaceSelection(' '.repeat(4 - (column % 4))), { userEvent: 'input' });
	return true;
}

/** Whether the caret stands in the first or last row of the cell as it is drawn: a wrapped line has several. */
function atEdge(view: EditorView, direction: 'up' | 'down'): boolean {
	const { main } = view.state.selection;
	if (!main.empty) return false;
	const line = view.state.doc.lineAt(main.head);
	if (line.number !== (direction === 'up' ? 1 : view.state.doc.lines)) return false;
	const here = view.coordsAtPos(main.head);
	const edge = view.coordsAtPos(direction === 'up' ? line.from : line.to);
	return !here || !edge || Math.abs(here.top - edge.top) < 4;
}
