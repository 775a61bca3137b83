/** A line that IPython understands and Python does not: magic (`%time`), shell (`!ls`), help (`?name`, `name?`). */
const IPYTHON_LINE = /^\s*(?:%{1,2}[A-Za-z]|!{1,2}\S|\?{1,2}[A-Za-z_])|^\s*[%\w.]+\?{1,2}\s*$/;

/**
 * Python source with the lines that only IPython understands made comments (`pass` before it where it is indented, so
 * that a block never becomes empty). A cell magic (`%%bash` in the first line
 * of code) makes all of the cell a comment, since the cell is not Python then. Lines that begin inside a text in triple
 * quotes, inside brackets or after a backslash are left alone.
 */
export function commentMagics(source: string): string {
	const lines = source.split('\n');
	const first = lines.find((line) => line.trim() !== '');
	if (first !== undefined && /^%%[A-Za-z!]/.test(first)) return lines.map(comment).join('\n');
	const state: LineState = { quote: '', brackets: 0, continued: false };
	return lines
		.map((line) => {
			const free = state.quote === '' && state.brackets === 0 && !state.continued;
			if (free && IPYTHON_LINE.test(line))
				return line.replace(/^([ \t]*)/, (indent) => (indent === '' ? '# ' : `${indent}pass  # `));
			advance(line, state);
			return line;
		})
		.join('\n');
}

/** A line as a comment of Python; an empty line as an empty comment. */
export function comment(line: string): string {
	return line === '' ? '#' : `# ${line}`;
}

interface LineState {
	/** The triple quotes the line begins in, or ''. */
	quote: string;
	brackets: number;
	continued: boolean;
}

const TOKEN = /\\[\s\S]|"""|'''|["'#([{)\]}]/g;

/** Follows strings, comments and brackets through one line. */
function advance(line: string, state: LineState): void {
	let short = '';
	for (const { 0: token } of line.matchAll(TOKEN)) {
		if (token.startsWith('\\')) continue;
		if (state.quote !== '') {
			if (token === state.quote) state.quote = '';
		} else if (short !== '') {
			if (token[0] === short) short = '';
		} else if (token === '#') {
			break;
		} else if (token.length === 3) {
			state.quote = token;
		} else if (token === '"' || token === "'") {
			short = token;
		} else {
			state.brackets = Math.max(0, state.brackets + ('([{'.includes(token) ? 1 : -1));
		}
	}
	state.continued =
		state.quote === '' && /(?:^|[^\\])(?:\\\\)*\\$/.test(line) && !line.trimStart().startsWith('#');
}
