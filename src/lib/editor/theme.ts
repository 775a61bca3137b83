/** How code looks: only tokens, so that light, dark and a change between them need nothing here. */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags as t } from '@lezer/highlight';

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
	'.cm-other-caret.cm-beside::before': { left: '2px', bottom: '1px' },
	'.cm-other-caret.cm-named::before': { visibility: 'visible' }
});

const colours = HighlightStyle.define([
	{
		tag: [t.keyword, t.operatorKeyword, t.modifier, t.controlKeyword, t.definitionKeyword],
		color: 'var(--syn-keyword)'
	},
	{ tag: [t.string, t.special(t.string), t.regexp, t.character], color: 'var(--syn-string)' },
	{ tag: [t.number, t.bool, t.null, t.atom], color: 'var(--syn-number)' },
	{
		tag: [t.comment, t.lineComment, t.blockComment, t.meta],
		color: 'var(--syn-comment)',
		fontStyle: 'italic'
	},
	{
		tag: [t.function(t.variableName), t.function(t.propertyName), t.function(t.definition(t.variableName))],
		color: 'var(--syn-function)'
	},
	{
		tag: [t.className, t.typeName, t.definition(t.className), t.standard(t.variableName)],
		color: 'var(--syn-type)'
	},
	{ tag: [t.operator, t.punctuation, t.bracket, t.separator], color: 'var(--syn-operator)' },
	{ tag: [t.variableName, t.propertyName], color: 'var(--syn-name)' },
	{ tag: t.heading, fontWeight: '600', color: 'var(--ink)' },
	{ tag: t.strong, fontWeight: '700' },
	{ tag: t.emphasis, fontStyle: 'italic' },
	{ tag: [t.link, t.url], color: 'var(--accent)' },
	{ tag: t.monospace, color: 'var(--syn-function)' },
	{ tag: [t.processingInstruction, t.contentSeparator], color: 'var(--ink-faint)' }
]);

export const editorTheme: Extension = [base, syntaxHighlighting(colours)];
