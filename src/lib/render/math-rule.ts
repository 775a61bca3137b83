/**
 * TeX in markdown: `$…$`, `$$…$$`, `\(…\)`, `\[…\]` and `\begin{env}…\end{env}`, as Jupyter takes them. A dollar counts
 * only when it hugs its formula (`$5 and $6` stays text).
 */
import type { MarkdownIt, StateBlock as BlockState, StateInline as InlineState } from 'markdown-it';

export function mathRule(md: MarkdownIt, render: (tex: string, display: boolean) => string): void {
	md.inline.ruler.before('escape', 'math', inlineMath);
	md.block.ruler.before('fence', 'math_block', blockMath, {
		alt: ['paragraph', 'reference', 'blockquote', 'list']
	});
	md.renderer.rules.math_inline = (tokens, i) => render(tokens[i]!.content, false);
	md.renderer.rules.math_display = (tokens, i) => render(tokens[i]!.content, true);
	md.renderer.rules.math_block = (tokens, i) => `<p class="math">${render(tokens[i]!.content, true)}</p>\n`;
}

const FENCES = [
	{ open: '$$', close: '$$', display: true },
	{ open: '\\[', close: '\\]', display: true },
	{ open: '\\(', close: '\\)', display: false },
	{ open: '$', close: '$', display: false }
] as const;

function inlineMath(state: InlineState, silent: boolean): boolean {
	const { src, pos, posMax } = state;
	const environment = src[pos] === '\\' ? environmentAt(src, pos, posMax) : null;
	if (environment) {
		if (!silent) state.push('math_display', 'math', 0).content = environment;
		state.pos = pos + environment.length;
		return true;
	}
	const fence = FENCES.find(({ open }) => src.startsWith(open, pos));
	if (!fence) return false;
	const start = pos + fence.open.length;
	const end = closing(src, start, posMax, fence.close);
	if (end < 0 || src.slice(start, end).trim() === '') return false;
	if (fence.open === '$') {
		if (/\s/.test(src[start]!) || /\s/.test(src[end - 1]!) || /[0-9]/.test(src[end + 1] ?? '')) return false;
	}
	if (!silent) {
		state.push(fence.display ? 'math_display' : 'math_inline', 'math', 0).content = src.slice(start, end);
	}
	state.pos = end + fence.close.length;
	return true;
}

/** Position of the closing fence that no backslash takes away, or -1. */
function closing(src: string, from: number, max: number, close: string): number {
	for (let at = src.indexOf(close, from); at >= 0 && at < max; at = src.indexOf(close, at + 1)) {
		let backslashes = 0;
		while (src[at - 1 - backslashes] === '\\') backslashes++;
		if (backslashes % 2 === 0) return at;
	}
	return -1;
}

function environmentAt(src: string, pos: number, max: number): string | null {
	const begin = /^\\begin\{([a-zA-Z]+\*?)\}/.exec(src.slice(pos, pos + 60));
	if (!begin) return null;
	const end = `\\end{${begin[1]}}`;
	const at = src.indexOf(end, pos);
	return at < 0 || at >= max ? null : src.slice(pos, at + end.length);
}

function blockMath(state: BlockState, startLine: number, endLine: number, silent: boolean): boolean {
	const start = state.bMarks[startLine]! + state.tShift[startLine]!;
	const first = state.src.slice(start, state.eMarks[startLine]!);
	const environment = /^\\begin\{([a-zA-Z]+\*?)\}/.exec(first);
	const [open, close] = environment
		? ['', `\\end{${environment[1]}}`]
		: first.startsWith('$$')
			? ['$$', '$$']
			: first.startsWith('\\[')
				? ['\\[', '\\]']
				: ['', ''];
	if (close === '') return false;
	for (let line = startLine; line < endLine; line++) {
		const text = state.src.slice(state.bMarks[line]! + state.tShift[line]!, state.eMarks[line]!);
		if (line > startLine && state.sCount[line]! < state.blkIndent) return false;
		const at = text.indexOf(close, line === startLine ? open.length : 0);
		if (at < 0) continue;
		// Text after the formula on the same line: a paragraph with a formula in it, for the inline rule.
		if (text.slice(at + close.length).trim() !== '') return false;
		if (silent) return true;
		const content = state.getLines(startLine, line + 1, state.blkIndent, false).trim();
		const token = state.push('math_block', 'math', 0);
		token.block = true;
		token.content = content.slice(open.length, environment ? undefined : -close.length).trim();
		token.map = [startLine, line + 1];
		state.line = line + 1;
		return true;
	}
	return false;
}
