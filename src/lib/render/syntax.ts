/** How code is coloured: which kind of token has which name. The colours are the tokens `--syn-…` of the look. */
import { highlightCode, tagHighlighter, tags as t, type Tag } from '@lezer/highlight';

/** A syntax tree of Lezer. */
export type Tree = Parameters<typeof highlightCode>[1];

/** Token names, for the editor as for rendered pages. */
export const SYNTAX: { name: string; tags: Tag[] }[] = [
	{
		name: 'keyword',
		tags: [t.keyword, t.operatorKeyword, t.modifier, t.controlKeyword, t.definitionKeyword]
	},
	{ name: 'string', tags: [t.string, t.special(t.string), t.regexp, t.character] },
	{ name: 'number', tags: [t.number, t.bool, t.null, t.atom] },
	{ name: 'comment', tags: [t.comment, t.lineComment, t.blockComment, t.meta] },
	{
		name: 'function',
		tags: [t.function(t.variableName), t.function(t.propertyName), t.function(t.definition(t.variableName))]
	},
	{ name: 'type', tags: [t.className, t.typeName, t.definition(t.className), t.standard(t.variableName)] },
	{ name: 'operator', tags: [t.operator, t.punctuation, t.bracket, t.separator] },
	{ name: 'name', tags: [t.variableName, t.propertyName] }
];

/** Names stand in ink, as text does: no element for each of them. */
const classes = tagHighlighter(
	SYNTAX.filter(({ name }) => name !== 'name').map(({ name, tags }) => ({ tag: tags, class: `syn-${name}` }))
);

/** Code as HTML: escaped, a `<span class="syn-…">` around each token that has a colour. */
export function highlighted(code: string, tree: Tree): string {
	let html = '';
	highlightCode(
		code,
		tree,
		classes,
		(text, name) => {
			html += name === '' ? escapeHtml(text) : `<span class="${name}">${escapeHtml(text)}</span>`;
		},
		() => {
			html += '\n';
		}
	);
	return html;
}

/** Text for HTML, in elements as in quoted attributes. */
export function escapeHtml(text: string): string {
	return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
