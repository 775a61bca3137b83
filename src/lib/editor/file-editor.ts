/** The editor of one file: alone, with a history of its own, line numbers and search. */
import { closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import {
	EditorView,
	drawSelection,
	highlightActiveLine,
	highlightSpecialChars,
	keymap,
	lineNumbers
} from '@codemirror/view';
import { readOnly } from './extensions.ts';
import { editorTheme } from './theme.ts';

export const fileLanguageSlot = new Compartment();
export const wrapSlot = new Compartment();

export interface FileEditor {
	label: string;
	readOnly: boolean;
	/** What ends a line in the file. */
	lineSeparator: '\n' | '\r\n';
	save: () => void;
	changed: () => void;
}

const look = EditorView.theme({
	'&': { height: '100%' },
	'.cm-content': { padding: 'var(--space-2) 0 var(--space-7)' },
	'.cm-line': { padding: '0 var(--space-3)' },
	'.cm-gutters': {
		backgroundColor: 'transparent',
		color: 'var(--ink-faint)',
		border: '0',
		fontSize: 'var(--text-12)'
	},
	'.cm-lineNumbers .cm-gutterElement': { padding: '0 var(--space-2) 0 var(--space-3)', minWidth: '40px' },
	'.cm-activeLine': { backgroundColor: 'transparent' },
	'&.cm-focused .cm-activeLine': {
		backgroundColor: 'color-mix(in srgb, var(--accent-soft) 45%, transparent)'
	},
	'.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--ink)' },
	'.cm-cursor': { borderLeftColor: 'var(--ink)' },
	'&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
		backgroundColor: 'var(--sel)'
	},
	'.cm-selectionMatch': { backgroundColor: 'var(--accent-soft)' },
	'.cm-searchMatch': { backgroundColor: 'var(--warning-soft)' },
	'.cm-searchMatch-selected': { backgroundColor: 'var(--sel)' },
	'.cm-panels': { backgroundColor: 'var(--paper-raised)', color: 'var(--ink)', borderColor: 'var(--line)' },
	'.cm-panels-top': { borderBottom: '1px solid var(--line)' },
	'.cm-panel.cm-search': { padding: 'var(--space-2) var(--space-3)', font: 'var(--text-14) var(--font-ui)' },
	'.cm-panel.cm-search input[type=checkbox]': { accentColor: 'var(--accent)' },
	'.cm-textfield': {
		minHeight: '28px',
		border: '1px solid var(--line-strong)',
		borderRadius: 'var(--radius-1)',
		backgroundColor: 'var(--paper-raised)',
		fontSize: 'var(--text-14)'
	},
	'.cm-button': {
		minHeight: '28px',
		border: '1px solid var(--line)',
		borderRadius: 'var(--radius-1)',
		background: 'var(--paper-raised)',
		color: 'var(--ink)'
	},
	'.cm-panel.cm-search [name=close]': { color: 'var(--ink-muted)', cursor: 'pointer' }
});

/** What all editors of files share; also the two sides of a comparison. */
export function fileBase(lineSeparator: '\n' | '\r\n'): Extension[] {
	return [
		EditorState.lineSeparator.of(lineSeparator),
		lineNumbers(),
		highlightSpecialChars(),
		drawSelection(),
		EditorState.tabSize.of(4),
		editorTheme,
		look
	];
}

export function fileEditor(file: FileEditor): Extension[] {
	return [
		...fileBase(file.lineSeparator),
		readOnly(false),
		fileLanguageSlot.of([]),
		wrapSlot.of([]),
		file.readOnly ? EditorState.readOnly.of(true) : [history(), closeBrackets(), indentOnInput()],
		bracketMatching(),
		highlightActiveLine(),
		highlightSelectionMatches(),
		search({ top: true }),
		keymap.of([
			{ key: 'Mod-s', run: () => (file.save(), true), preventDefault: true },
			...closeBracketsKeymap,
			...searchKeymap,
			...historyKeymap,
			// Escape, then Tab leaves the editor: CodeMirror's own way out for the keyboard.
			indentWithTab,
			...defaultKeymap
		]),
		EditorView.contentAttributes.of({ 'aria-label': file.label, spellcheck: 'false' }),
		EditorView.updateListener.of((update) => {
			if (update.docChanged) file.changed();
		})
	];
}
