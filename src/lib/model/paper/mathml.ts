/** Presentation MathML as LaTeX, as far as titles and abstracts of papers use it. Letters and signs stay Unicode, which KaTeX reads. */
import type { ChildNode, Element } from 'domhandler';

/** Signs over a base, by their command. */
const OVER: Record<string, string> = {
	...{
		'¯': 'bar',
		'‾': 'bar',
		'―': 'bar',
		_: 'bar',
		'-': 'bar',
		'−': 'bar',
		'^': 'hat',
		ˆ: 'hat',
		'̂': 'hat'
	},
	...{ '~': 'tilde', '˜': 'tilde', '∼': 'tilde', '→': 'vec', '⃗': 'vec', '˙': 'dot', '.': 'dot', '¨': 'ddot' },
	...{ ˇ: 'check', '˘': 'breve', '⏞': 'overbrace', '↔': 'overleftrightarrow' }
};
const VARIANTS: Record<string, string> = {
	...{ normal: 'mathrm', bold: 'mathbf', italic: 'mathit', script: 'mathcal', fraktur: 'mathfrak' },
	...{ 'double-struck': 'mathbb', 'bold-italic': 'boldsymbol', 'sans-serif': 'mathsf', monospace: 'mathtt' }
};
/** Names that LaTeX sets upright by a command of the same name. */
const FUNCTIONS = new Set(
	(
		'arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup ln log max min Pr ' +
		'sec sin sinh sup tan tanh'
	).split(' ')
);
/** How deep elements may be in each other: what is deeper is left out. */
const DEEPEST = 60;

/** LaTeX for a `math` element, without dollars. */
export function mathmlToLatex(math: Element): string {
	const [tex] = descendants(math).filter(
		(node) => node.name === 'annotation' && /tex/i.test(node.attribs.encoding ?? '')
	);
	if (tex) return tidy(textOf(tex));
	return tidy(all(math.children, 0));
}

function all(nodes: ChildNode[], depth: number): string {
	return nodes.map((node) => one(node, depth)).join('');
}

function one(node: ChildNode | undefined, depth: number): string {
	if (!node || depth > DEEPEST) return '';
	if (node.type === 'text') return escaped(node.data.trim());
	if (!isElement(node)) return '';
	const parts = node.children.filter(isElement);
	const part = (at: number): string => one(parts[at], depth + 1);
	const grouped = (at: number): string => `{${part(at)}}`;
	switch (node.name) {
		case 'mi':
			return identifierOf(textOf(node), node.attribs.mathvariant);
		case 'mn':
		case 'ms':
			return variant(escaped(textOf(node)), node.attribs.mathvariant);
		case 'mo':
			return operatorOf(textOf(node));
		case 'mtext':
			return textOf(node).trim() === '' ? ' ' : `\\text{${escaped(textOf(node))}}`;
		case 'mspace':
			return ' ';
		case 'mfrac':
			return `\\frac${grouped(0)}${grouped(1)}`;
		case 'msqrt':
			return `\\sqrt{${all(node.children, depth + 1)}}`;
		case 'mroot':
			return `\\sqrt[${part(1)}]${grouped(0)}`;
		case 'msup':
			return `${base(part(0))}^${grouped(1)}`;
		case 'msub':
			return `${base(part(0))}_${grouped(1)}`;
		case 'msubsup':
			return `${base(part(0))}_${grouped(1)}^${grouped(2)}`;
		case 'munder':
			return under(part(0), part(1));
		case 'mover':
			return over(part(0), part(1));
		case 'munderover':
			return `${base(part(0))}_${grouped(1)}^${grouped(2)}`;
		case 'mmultiscripts':
			return scripts(parts, depth);
		case 'mfenced': {
			const { open = '(', close = ')', separators = ',' } = node.attribs;
			const inner = parts.map((child) => one(child, depth + 1)).join(escaped(separators.slice(0, 1)));
			return `${operatorOf(open)}${inner}${operatorOf(close)}`;
		}
		case 'mtable':
			return `\\begin{matrix}${parts.map((row) => one(row, depth + 1)).join('\\\\')}\\end{matrix}`;
		case 'mtr':
		case 'mlabeledtr':
			return parts.map((cell) => one(cell, depth + 1)).join('&');
		case 'semantics':
			return part(0);
		case 'annotation':
		case 'annotation-xml':
		case 'mphantom':
		case 'maction':
			return node.name === 'maction' ? part(0) : '';
		default:
			return all(node.children, depth + 1);
	}
}

function scripts(parts: Element[], depth: number): string {
	const from = parts.findIndex(({ name }) => name === 'mprescripts');
	const after = parts.slice(1, from === -1 ? undefined : from);
	const before = from === -1 ? [] : parts.slice(from + 1);
	const pairs = (list: Element[]): string => {
		let text = '';
		for (let at = 0; at < list.length; at += 2) {
			const [low, high] = [one(list[at], depth + 1), one(list[at + 1], depth + 1)];
			text += `${low && `_{${low}}`}${high && `^{${high}}`}`;
		}
		return text;
	};
	return `${before.length ? `{}${pairs(before)}` : ''}${base(one(parts[0], depth + 1))}${pairs(after)}`;
}

function over(below: string, sign: string): string {
	const command = OVER[sign.trim()];
	return command ? `\\${command}{${below}}` : `\\overset{${sign}}{${below}}`;
}

function under(above: string, sign: string): string {
	return /^[_¯‾̲]$/.test(sign.trim()) ? `\\underline{${above}}` : `\\underset{${sign}}{${above}}`;
}

/** What takes a script: one sign by itself, or in braces. */
function base(text: string): string {
	return /^(?:.|\\[a-zA-Z]+(?:\{[^{}]*\})?)?$/su.test(text) && text !== '' ? text : `{${text}}`;
}

function identifierOf(text: string, style: string | undefined): string {
	const name = text.trim();
	if (FUNCTIONS.has(name)) return `\\${name} `;
	if ([...name].length > 1 && (style === undefined || style === 'normal'))
		return `\\mathrm{${escaped(name)}}`;
	return variant(escaped(name), style);
}

function variant(text: string, style: string | undefined): string {
	const command = style === undefined ? undefined : VARIANTS[style];
	return command && text !== '' ? `\\${command}{${text}}` : text;
}

function operatorOf(text: string): string {
	const sign = text.trim();
	// invisible times, function application, separator, plus
	if (/^[\u2061-\u2064]*$/.test(sign)) return '';
	if (FUNCTIONS.has(sign)) return `\\${sign} `;
	if (sign === '−' || sign === '–') return '-';
	if (/^[\p{L}]{2,}$/u.test(sign)) return `\\mathrm{${sign}}`;
	return escaped(sign);
}

function escaped(text: string): string {
	return text
		.replace(/\\/g, '\\backslash ')
		.replace(/[{}%#&$_]/g, '\\$&')
		.replace(/\^/g, '\\hat{}')
		.replace(/~/g, '\\sim ');
}

function tidy(latex: string): string {
	return latex.replace(/\s+/g, ' ').trim();
}

function textOf(node: ChildNode, depth = 0): string {
	if (node.type === 'text') return node.data;
	return isElement(node) && depth < DEEPEST
		? node.children.map((child) => textOf(child, depth + 1)).join('')
		: '';
}

function descendants(node: Element, depth = 0): Element[] {
	if (depth > DEEPEST) return [];
	return node.children.filter(isElement).flatMap((child) => [child, ...descendants(child, depth + 1)]);
}

function isElement(node: ChildNode): node is Element {
	return node.type === 'tag';
}
