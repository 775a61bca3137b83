import katex from 'katex';

/**
 * TeX as HTML. Untrusted: no links, no HTML, no endless expansion; what does not parse is shown as it was written.
 * `mathml` alone needs no style sheet and no fonts of KaTeX.
 */
export function renderTex(
	tex: string,
	display: boolean,
	output: 'htmlAndMathml' | 'mathml' = 'htmlAndMathml'
): string {
	return katex.renderToString(tex, {
		output,
		displayMode: display,
		throwOnError: false,
		trust: false,
		maxExpand: 1000,
		maxSize: 50,
		strict: 'ignore',
		errorColor: 'var(--error)'
	});
}

/** The value of a `text/latex` output: formulas with their fences, text between them as it is. */
export function texParts(latex: string): { text: string; math: boolean; display: boolean }[] {
	const parts: { text: string; math: boolean; display: boolean }[] = [];
	const fence =
		/\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\]|\\\(([\s\S]+?)\\\)|\$([^$]+?)\$|(\\begin\{([a-zA-Z]+\*?)\}[\s\S]+?\\end\{\6\})/g;
	let last = 0;
	for (const match of latex.matchAll(fence)) {
		if (match.index > last) parts.push({ text: latex.slice(last, match.index), math: false, display: false });
		const display = match[1] ?? match[2] ?? match[5];
		parts.push({ text: display ?? match[3] ?? match[4] ?? '', math: true, display: display !== undefined });
		last = match.index + match[0].length;
	}
	if (last === 0) return [{ text: latex, math: true, display: true }];
	if (last < latex.length) parts.push({ text: latex.slice(last), math: false, display: false });
	return parts.filter((part) => part.math || part.text.trim() !== '');
}
