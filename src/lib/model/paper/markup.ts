/**
 * The markup that services put into titles and abstracts (JATS, MathML, HTML) as plain text. Mathematics becomes `$…$`, type faces
 * go, scripts and styles vanish with what they hold. What looks like a tag and is none that we know stays as it is written.
 */
import type { ChildNode, Element } from 'domhandler';
import { parseDocument } from 'htmlparser2';
import { latexToText, splitMaths } from './latex.ts';
import { mathmlToLatex } from './mathml.ts';
import { oneLine, paragraphs } from './text.ts';

const INLINE =
	'a|abbr|b|bold|big|cite|code|del|em|ext-link|font|i|ins|italic|kbd|mark|monospace|named-content|overline|q|roman|s|sans-serif|' +
	'sc|scp|small|span|strike|strong|styled-content|sub|sup|tt|u|underline|uri|var|xref|inf|emph|inline';
const BLOCK =
	'abstract|address|article|blockquote|br|break|dd|def-list|disp-formula|disp-quote|div|dl|dt|h[1-6]|hr|li|list|list-item|ol|p|' +
	'section|sec|table|tbody|td|th|tr|title|ul|label';
const FORMULA =
	'alternatives|inline-formula|tex-math|math|m[a-z]+|semantics|annotation|annotation-xml|inline-graphic|graphic|img';
const GONE =
	'script|style|noscript|template|object|embed|iframe|frame|svg|head|meta|link|textarea|select|form|input|button|video|audio';
const TAG = new RegExp(`^<(/?)(?:[\\w.-]+:)?(${INLINE}|${BLOCK}|${FORMULA}|${GONE})(?=[\\s/>])`, 'i');
const DROPPED = new Set([...GONE.split('|'), 'inline-graphic', 'graphic', 'img', 'label', 'xref']);
const BLOCKS = new RegExp(`^(?:${BLOCK}|sectitle)$`);
const DEEPEST = 100;

/** One line out of markup, or out of LaTeX: for titles, names of journals and the like. */
export function lineOf(value: unknown, most: number): string | undefined {
	if (typeof value !== 'string') return oneLine(value, most);
	return oneLine(latexToText(reduce(value, most, (text) => text)), most);
}

/** Paragraphs of Markdown out of markup: what Markdown would take for its own is escaped. */
export function markdownOf(value: unknown, most: number): string | undefined {
	return typeof value === 'string' ? paragraphs(reduce(value, most, asMarkdown), most) : undefined;
}

/** Paragraphs of Markdown out of text that holds no markup but LaTeX, as arXiv and INSPIRE give abstracts. */
export function markdownOfLatex(value: unknown, most: number): string | undefined {
	if (typeof value !== 'string') return undefined;
	const text = splitMaths(value.slice(0, most * 4))
		.map((part) => (part.maths ? `$${part.text}$` : asMarkdown(latexToText(part.text))))
		.join('');
	return paragraphs(text, most);
}

function reduce(markup: string, most: number, escape: (text: string) => string): string {
	const known = onlyKnownTags(markup.slice(0, most * 10 + 10_000));
	const document = parseDocument(known, { decodeEntities: true, recognizeSelfClosing: true });
	return walk(document.children, escape, 0);
}

/** Brackets of tags that we do not know become characters; prefixes of namespaces go. */
function onlyKnownTags(markup: string): string {
	const text = between(markup, '<![CDATA[', ']]>', (inside) =>
		inside.replace(/&/g, '&amp;').replace(/</g, '&lt;')
	);
	return between(
		between(text, '<!--', '-->', () => ''),
		'<?',
		'?>',
		() => ''
	)
		.replace(/<!doctype[^<>]*>/gi, '')
		.replace(/<[^<]*/g, (piece) => {
			const [start, slash, name] = TAG.exec(piece) ?? [];
			if (start === undefined || !piece.includes('>')) return `&lt;${piece.slice(1)}`;
			const plain = name!.toLowerCase();
			return `<${slash}${plain === 'title' ? 'sectitle' : plain}${piece.slice(start.length)}`;
		});
}

/** What stands between two signs replaced, with the signs; once over the text. */
function between(text: string, open: string, close: string, replace: (inside: string) => string): string {
	let result = '';
	let from = 0;
	for (;;) {
		const start = text.indexOf(open, from);
		const end = start === -1 ? -1 : text.indexOf(close, start + open.length);
		if (end === -1) return result + text.slice(from);
		result += text.slice(from, start) + replace(text.slice(start + open.length, end));
		from = end + close.length;
	}
}

function walk(nodes: ChildNode[], escape: (text: string) => string, depth: number): string {
	return depth > DEEPEST ? '' : nodes.map((node) => textOf(node, escape, depth)).join('');
}

function textOf(node: ChildNode, escape: (text: string) => string, depth: number): string {
	if (node.type === 'text') {
		return splitMaths(node.data)
			.map((part) => (part.maths ? `$${part.text}$` : escape(part.text)))
			.join('');
	}
	if (!isElement(node) || DROPPED.has(node.name)) return '';
	const { name, children } = node;
	if (name === 'math') return formula(mathmlToLatex(node));
	if (name === 'tex-math') return formula(texOf(plainText(node)));
	if (name === 'alternatives' || name === 'inline-formula' || name === 'disp-formula') {
		const tex = find(node, 'tex-math') ?? find(node, 'math');
		if (tex) return textOf(tex, escape, depth + 1);
	}
	if (name === 'sub' || name === 'inf') return script(node, '_', escape, depth);
	if (name === 'sup') return script(node, '^', escape, depth);
	if (name === 'br' || name === 'break') return '\n';
	const inner = walk(children, escape, depth + 1);
	if (name === 'sectitle') {
		// the heading over the whole says nothing; those over its parts do
		const heading = inner.trim();
		return /^(?:abstract|summary|zusammenfassung|résumé)?[.:]?$/i.test(heading)
			? '\n\n'
			: `\n\n${heading}\n\n`;
	}
	if (name === 'li' || name === 'list-item') return `\n\n- ${inner.trim()}\n\n`;
	return BLOCKS.test(name) ? `\n\n${inner}\n\n` : inner;
}

/** LaTeX of a `tex-math` element: some publishers wrap each formula in a whole document. */
function texOf(text: string): string {
	const [, body] = /\\begin\{document\}([^]*?)\\end\{document\}/.exec(text) ?? [];
	return (body ?? text)
		.trim()
		.replace(/^(\${1,2}|\\\(|\\\[)([^]*?)(\${1,2}|\\\)|\\\])$/, '$2')
		.replace(/^\\begin\{(?:equation|displaymath|math|align)\*?\}([^]*?)\\end\{\w+\*?\}$/, '$1');
}

function formula(latex: string): string {
	// a dollar inside would end the formula
	const text = latex
		.replace(/(?<!\\)\$/g, '')
		.replace(/\s+/g, ' ')
		.trim();
	return text === '' ? '' : `$${text}$`;
}

const RAISED: Record<string, string> = Object.fromEntries(
	[...'0123456789+-−=()ni'].map((from, at) => [from, [...'⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ'][at]!])
);
const LOWERED: Record<string, string> = Object.fromEntries(
	[...'0123456789+-−=()'].map((from, at) => [from, [...'₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎'][at]!])
);

/** H₂O: characters of Unicode where there are some for all of it, else a formula. */
function script(node: Element, sign: '^' | '_', escape: (text: string) => string, depth: number): string {
	const text = plainText(node).trim();
	if (find(node, 'math') || find(node, 'tex-math')) return walk(node.children, escape, depth + 1);
	const map = sign === '^' ? RAISED : LOWERED;
	const characters = [...text];
	if (characters.every((character) => Object.hasOwn(map, character)))
		return characters.map((character) => map[character]!).join('');
	return formula(`${sign}{\\mathrm{${text.replace(/[\\{}$%#&_^~]/g, '')}}}`);
}

/** Characters that Markdown would read as its own, escaped. */
function asMarkdown(text: string): string {
	return text
		.replace(/[\\`*[\]$]/g, '\\$&')
		.replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
		.replace(/<(?=[a-z/!?])/gi, '\\<')
		.replace(/&(?=#?\w+;)/g, '\\&')
		.replace(/^([^\S\n]*)([#>+-]|\d{1,9}[.)])(?=\s)/gm, '$1\\$2');
}

function plainText(node: ChildNode, depth = 0): string {
	if (node.type === 'text') return node.data;
	return isElement(node) && depth < DEEPEST
		? node.children.map((child) => plainText(child, depth + 1)).join('')
		: '';
}

function find(node: Element, name: string, depth = 0): Element | undefined {
	if (depth > DEEPEST) return undefined;
	for (const child of node.children) {
		if (!isElement(child)) continue;
		const found = child.name === name ? child : find(child, name, depth + 1);
		if (found) return found;
	}
	return undefined;
}

function isElement(node: ChildNode): node is Element {
	return node.type === 'tag' || node.type === 'script' || node.type === 'style';
}
