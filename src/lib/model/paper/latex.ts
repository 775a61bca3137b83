/**
 * LaTeX in titles and names: commands for letters become the letters, commands for type faces go, mathematics stays as `$…$`.
 * And the way back: text as BibTeX takes it.
 */

/** Accents by their command, as combining characters (Unicode block 0300). */
const ACCENTS: Record<string, string> = {
	'`': '\u0300',
	"'": '\u0301',
	'^': '\u0302',
	'~': '\u0303',
	'=': '\u0304',
	u: '\u0306',
	'.': '\u0307',
	'"': '\u0308',
	r: '\u030a',
	H: '\u030b',
	v: '\u030c',
	d: '\u0323',
	c: '\u0327',
	k: '\u0328',
	b: '\u0331'
};

const LETTERS: Record<string, string> = {
	...{
		ss: 'ß',
		SS: 'ẞ',
		ae: 'æ',
		AE: 'Æ',
		oe: 'œ',
		OE: 'Œ',
		aa: 'å',
		AA: 'Å',
		o: 'ø',
		O: 'Ø',
		l: 'ł',
		L: 'Ł'
	},
	...{ i: 'ı', j: 'ȷ', dh: 'ð', DH: 'Ð', th: 'þ', TH: 'Þ', dj: 'đ', DJ: 'Đ', ng: 'ŋ', NG: 'Ŋ' },
	...{ textendash: '–', textemdash: '—', ldots: '…', dots: '…', textellipsis: '…', S: '§', P: '¶' },
	...{ textregistered: '®', copyright: '©', texttrademark: '™', pounds: '£', euro: '€', textdegree: '°' },
	...{
		textbackslash: '\\',
		textasciitilde: '~',
		textasciicircum: '^',
		textbar: '|',
		textless: '<',
		textgreater: '>'
	},
	...{ quad: ' ', qquad: ' ', newline: ' ', linebreak: ' ', LaTeX: 'LaTeX', TeX: 'TeX', textquoteright: '’' }
};

/** Text out of LaTeX. What stands between dollars (or `\(` and `\)`) is kept as `$…$`. */
export function latexToText(latex: string): string {
	return splitMaths(latex)
		.map(({ maths, text }) => (maths ? `$${text}$` : outsideMaths(text)))
		.join('');
}

export interface MathsPart {
	maths: boolean;
	text: string;
}

/**
 * A text in parts: what is outside and what is inside of `$…$`, `$$…$$`, `\(…\)` and `\[…\]`. A dollar without a partner is text.
 * It goes over the text once, however many signs there are that open nothing.
 */
export function splitMaths(text: string): MathsPart[] {
	const parts: MathsPart[] = [];
	/** Signs that close nothing any more: they are not looked for again. */
	const over = new Set<string>();
	const closeOf = (sign: string, from: number): number => {
		const at = over.has(sign) ? -1 : sign === '$' ? nextDollar(text, from) : text.indexOf(sign, from);
		if (at === -1) over.add(sign);
		return at;
	};
	let start = 0;
	let at = 0;
	while (at < text.length) {
		const found = text[at] === '$' || text[at] === '\\' ? mathsAt(text, at, closeOf) : null;
		if (!found) {
			at += text[at] === '\\' || text.startsWith('$$', at) ? 2 : 1;
			continue;
		}
		if (at > start) parts.push({ maths: false, text: text.slice(start, at) });
		parts.push({
			maths: true,
			text: text
				.slice(...found.inside)
				.replace(/\s+/g, ' ')
				.trim()
		});
		at = start = found.end;
	}
	if (start < text.length) parts.push({ maths: false, text: text.slice(start) });
	return parts;
}

/** The formula that starts here, if one does. */
function mathsAt(
	text: string,
	at: number,
	closeOf: (sign: string, from: number) => number
): { inside: [number, number]; end: number } | null {
	const two = text.slice(at, at + 2);
	if (two === '\\(' || two === '\\[') {
		const close = closeOf(two === '\\(' ? '\\)' : '\\]', at + 2);
		return close > at + 2 ? { inside: [at + 2, close], end: close + 2 } : null;
	}
	if (text[at] !== '$') return null;
	const double = two === '$$';
	const from = at + (double ? 2 : 1);
	const close = closeOf('$', from);
	if (close <= from) return null;
	if (double) return text[close + 1] === '$' ? { inside: [from, close], end: close + 2 } : null;
	// “$5 and $6” is no mathematics: a formula neither starts nor ends with a blank (as pandoc has it)
	if (/\s/.test(text[from]! + text[close - 1]!) || /\d/.test(text[close + 1] ?? '')) return null;
	return { inside: [from, close], end: close + 1 };
}

/** Where the next dollar is that no backslash stands before. */
function nextDollar(text: string, from: number): number {
	for (let at = from; at < text.length; at += 1) {
		if (text[at] === '\\') at += 1;
		else if (text[at] === '$') return at;
	}
	return -1;
}

function outsideMaths(latex: string): string {
	if (!/[\\{}~]|--|``|''/.test(latex)) return latex;
	let text = latex
		// accents: \"o, \"{o}, {\"o}, \v{c}, \'\i
		.replace(
			/\\([`'^~=."])\s*(?:\{\s*)?(\\?[ij](?![a-zA-Z])|\p{L})\s*\}?/gu,
			(_, accent: string, letter: string) => accented(accent, letter)
		)
		.replace(
			/\\([uvHcdkrb])(?:\s*\{\s*(\\?[ij]|\p{L})\s*\}|\s+(\p{L}))/gu,
			(_, accent: string, a?: string, b?: string) => accented(accent, (a ?? b)!)
		)
		.replace(/\\([a-zA-Z]+)(?:\{\}|\s+|(?![a-zA-Z]))/g, (all: string, name: string) =>
			Object.hasOwn(LETTERS, name) ? LETTERS[name]! : all
		)
		.replace(/\\([&%$#_{}])/g, (_, character: string) => `\uE000${character.charCodeAt(0)}\uE001`)
		// type faces and other commands: their argument stays
		.replace(/\\[a-zA-Z]+\*?\s*/g, '')
		.replace(/\\[,;:!/ ]/g, ' ')
		.replace(/\\\\/g, ' ')
		.replace(/[{}]/g, '')
		.replace(/(?<=[\p{L}\d.,)])~(?=[\p{L}\d($])/gu, '\u00a0')
		.replace(/---/g, '—')
		.replace(/(?<!-)--(?!-)/g, '–')
		.replace(/``/g, '“')
		.replace(/''/g, '”');
	text = text.replace(/\uE000(\d+)\uE001/g, (_, code: string) => String.fromCharCode(Number(code)));
	return text.normalize('NFC');
}

function accented(accent: string, letter: string): string {
	const base = letter.replace('\\', '');
	return `${base}${ACCENTS[accent]!}`.normalize('NFC');
}

/** The commands for characters that LaTeX reads as something else. */
const SPECIAL: Record<string, string> = {
	'\\': '\\textbackslash{}',
	'{': '\\{',
	'}': '\\}',
	$: '\\$',
	'&': '\\&',
	'#': '\\#',
	'%': '\\%',
	_: '\\_',
	'^': '\\textasciicircum{}',
	'~': '\\textasciitilde{}'
};

const COMMAND_OF = new Map<string, string>([
	...Object.entries(LETTERS)
		.filter(([, text]) => [...text].length === 1 && !/[ -~]/.test(text))
		.map(([name, text]): [string, string] => [text, `{\\${name}}`]),
	...Object.entries({
		'–': '--',
		'—': '---',
		'“': '``',
		'”': "''",
		'‘': '`',
		'’': "'",
		'\u00a0': '~',
		'…': '{\\ldots}'
	})
]);
const ACCENT_OF = new Map(Object.entries(ACCENTS).map(([command, mark]) => [mark, command]));

/**
 * Text as a value of BibTeX, mathematics as it is. `ascii`: letters beyond ASCII as commands, where there are some (BibTeX of old);
 * otherwise they stay (biblatex with biber, and BibTeX 0.99d with a UTF-8 engine).
 */
export function textToLatex(text: string, ascii = false): string {
	return splitMaths(text)
		.map((part) => (part.maths ? `$${balanced(part.text)}$` : escaped(part.text, ascii)))
		.join('');
}

function escaped(text: string, ascii: boolean): string {
	const safe = [...text].map((character) => SPECIAL[character] ?? character).join('');
	if (!ascii) return safe;
	return [...safe]
		.map((character) => {
			if (character <= '\u007f') return character;
			const [base, mark, ...more] = character.normalize('NFD');
			const command = mark && more.length === 0 ? ACCENT_OF.get(mark) : undefined;
			if (!command || !/^[a-z]$/i.test(base!)) return COMMAND_OF.get(character) ?? character;
			return `{\\${command}{${/^[ij]$/.test(base!) ? `\\${base}` : base}}}`;
		})
		.join('');
}

/** A formula with its braces in pairs: one too many would end the value, and the entry with it. */
function balanced(maths: string): string {
	let depth = 0;
	for (const [token] of maths.matchAll(/\\[^]|[{}]/g)) {
		if (token === '{') depth += 1;
		else if (token === '}') depth -= 1;
		if (depth < 0) break;
	}
	return depth === 0 ? maths : maths.replace(/(?<!\\)[{}]/g, '');
}
