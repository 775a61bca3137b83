/** How code looks: only tokens, so that light, dark and a change between them need nothing here. */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags as t } from '@lezer/highlight';
import { SYNTAX } from '#lib/render/syntax.ts';

const base = EditorView.theme({
	'&': { color: 'var(--ink)', backgroundColor: 'transparent', fontSize: 'var(--text-14)' },
	'&.cm-focused': { outline: 'none' },
	'.cm-scroller': { fontFamily: 'var(--font-code)', lineHeight: 'var(--leading-code)', overflowX: 'auto' },
	'.cm-content': { padding: '0', caretColor: 'var(--ink)', minHeight: '1.5em' },
	'.cm-line': { padding: '0' },
	'&.cm-focused .cm-content': { outline: 'none' },
	'.cm-content ::selection': { backgroundColor: 'var(--sel)' },
	'&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--sel)', color: 'inherit' },
	'&.cm-focused .cm-nonmatchingBracket': { color: 'var(--error)', backgroundColor: 'transparent' },
	'.cm-placeholder': { color: 'var(--ink-faint)' },
	'.cm-other-caret': {
		position: 'relative',
		borderLeft: '2px solid var(--who)',
		marginLeft: '-1px',
		marginRight: '-1px',
		pointerEvents: 'none'
	},
	// The name shows while somebody moves and steps back then: it hangs over the line above.
	'.cm-other-caret::before': {
		content: 'attr(data-name)',
		position: 'absolute',
		left: '-2px',
		bottom: '100%',
		padding: '0 4px',
		borderRadius: 'var(--radius-1)',
		backgroundColor: 'var(--who)',
		color: 'var(--who-ink)',
		font: '500 11px/1.4 var(--font-ui)',
		whiteSpace: 'nowrap',
		zIndex: '5',
		visibility: 'hidden'
	},
	// Lists and notes beside the text hang in the body: see `tooltips` in extensions.ts.
	'.cm-tooltip': {
		maxWidth: 'min(720px, calc(100vw - 16px))',
		overflow: 'hidden',
		border: '1px solid var(--line)',
		borderRadius: 'var(--radius-2)',
		backgroundColor: 'var(--paper-raised)',
		color: 'var(--ink)',
		boxShadow: 'var(--shadow)',
		zIndex: '40'
	},
	'.cm-tooltip.cm-tooltip-autocomplete > ul': {
		minWidth: '220px',
		maxWidth: 'min(560px, calc(100vw - 24px))',
		maxHeight: 'min(18em, 40vh)',
		padding: 'var(--space-1)',
		fontFamily: 'var(--font-code)',
		fontSize: 'var(--text-14)',
		lineHeight: 'var(--leading-code)'
	},
	'.cm-tooltip.cm-tooltip-autocomplete > ul > li': {
		display: 'flex',
		alignItems: 'center',
		gap: 'var(--space-2)',
		minHeight: 'calc(var(--control) - 4px)',
		padding: '0 var(--space-2)',
		borderRadius: 'var(--radius-1)'
	},
	'.cm-tooltip-autocomplete ul li[aria-selected], .cm-tooltip-autocomplete-disabled ul li[aria-selected]': {
		backgroundColor: 'var(--accent-soft)',
		color: 'var(--ink)'
	},
	'.cm-completionIcon': {
		flex: 'none',
		width: '1.2em',
		padding: '0',
		color: 'var(--ink-muted)',
		opacity: '1'
	},
	'.cm-completionLabel': { flex: '1', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
	'.cm-completionMatchedText': { color: 'var(--accent)', textDecoration: 'none', fontWeight: '600' },
	'.cm-completion-word': {
		flex: 'none',
		marginLeft: 'var(--space-4)',
		color: 'var(--ink-faint)',
		font: 'var(--text-12) var(--font-ui)'
	},
	'.cm-kernel-text': {
		maxHeight: 'min(22em, 45vh)',
		overflow: 'auto',
		padding: 'var(--space-3)',
		outline: 'none',
		whiteSpace: 'pre-wrap',
		overflowWrap: 'anywhere',
		font: 'var(--text-14) / var(--leading-code) var(--font-code)'
	},
	'.cm-kernel-text:focus-visible': { boxShadow: 'inset 0 0 0 2px var(--focus)' },
	'.cm-kernel-signature .cm-kernel-text': {
		padding: 'var(--space-1) var(--space-2)',
		fontSize: 'var(--text-12)'
	},
	'.cm-kernel-hint': {
		padding: 'var(--space-1) var(--space-3)',
		borderTop: '1px solid var(--line)',
		color: 'var(--ink-faint)',
		font: 'var(--text-12) var(--font-ui)'
	},
	'.cm-other-caret.cm-beside::before': { left: '2px', bottom: '1px' },
	'.cm-other-caret.cm-named::before': { visibility: 'visible' }
});

const colours = HighlightStyle.define([
	...SYNTAX.map(({ name, tags }) => ({
		tag: tags,
		color: `var(--syn-${name})`,
		...(name === 'comment' ? { fontStyle: 'italic' } : {})
	})),
	{ tag: t.heading, fontWeight: '600', color: 'var(--ink)' },
	{ tag: t.strong, fontWeight: '700' },
	{ tag: t.emphasis, fontStyle: 'italic' },
	{ tag: [t.link, t.url], color: 'var(--accent)' },
	{ tag: t.monospace, color: 'var(--syn-function)' },
	{ tag: [t.processingInstruction, t.contentSeparator], color: 'var(--ink-faint)' }
]);

export const editorTheme: Extension = [base, syntaxHighlighting(colours)];
