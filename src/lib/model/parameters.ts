/**
 * The parameters of a notebook: what the first code cell tagged `parameters` assigns at the top level, as papermill has it
 * (https://papermill.readthedocs.io/en/latest/usage-parameterize.html). Read with a scanner of strings, brackets and
 * comments, not by running anything.
 */
import type { Cell } from './cell.ts';
import type { JsonObject } from './json.ts';

export const PARAMETERS_TAG = 'parameters';
export const INJECTED_TAG = 'injected-parameters';

export interface Parameter {
	name: string;
	/** The default as it stands in the cell. */
	text: string;
	/** A type said in the cell (`x: int = 1`, `# type: int`); empty without. */
	type: string;
	/** The comment behind it. */
	help: string;
}

/** The tags of a cell as nbformat has them (`metadata.tags`); what is no text is left out. */
export function tagsOf(metadata: JsonObject): string[] {
	const { tags } = metadata;
	return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
}

/** The first code cell with a tag. */
export function taggedCell(cells: readonly Cell[], tag: string): Cell | undefined {
	return cells.find(({ type, metadata }) => type === 'code' && tagsOf(metadata).includes(tag));
}

/** What the notebook's cell for parameters assigns, in order; a name assigned twice has its last value. None without one. */
export function notebookParameters(cells: readonly Cell[], language: string): Parameter[] {
	const cell = taggedCell(cells, PARAMETERS_TAG);
	return cell ? parametersIn(cell.source, language) : [];
}

/** Names of languages as kernels say them, to the few whose assignments are read here. */
export type ParameterLanguage = 'python' | 'r' | 'julia' | 'bash';
const LANGUAGES: Record<string, ParameterLanguage> = {
	...{ python: 'python', python3: 'python', ipython: 'python', sage: 'python' },
	...{ r: 'r', julia: 'julia', bash: 'bash', sh: 'bash' }
};

export function parameterLanguage(language: string): ParameterLanguage | null {
	return LANGUAGES[language.toLowerCase()] ?? null;
}

const ASSIGNMENT: Record<ParameterLanguage, RegExp> = {
	python: /^([\p{L}_][\p{L}\p{N}_]*)\s*(?::\s*([^=]+?)\s*)?=(?!=)\s*([\s\S]*)$/u,
	r: /^([\p{L}.][\p{L}\p{N}._]*)\s*()(?:<-|=(?!=))\s*([\s\S]*)$/u,
	julia: /^(?:const\s+)?([\p{L}_][\p{L}\p{N}_!]*)\s*(?:::\s*([^=]+?)\s*)?=(?!=)\s*([\s\S]*)$/u,
	bash: /^(?:export\s+)?([A-Za-z_]\w*)()=([\s\S]*)$/
};

/** The assignments of a cell in a language that `parameterLanguage` knows; none in others. */
export function parametersIn(source: string, language: string): Parameter[] {
	const known = parameterLanguage(language);
	if (known === null) return [];
	const found = new Map<string, Parameter>();
	for (const { code, comment } of statements(source, known)) {
		// What is indented belongs to something else.
		const match = ASSIGNMENT[known].exec(code);
		if (!match || match[3] === '') continue;
		const [, name, annotation = '', value] = match;
		const said = /^type:\s*(\S+)\s*/.exec(comment);
		found.set(name!, {
			name: name!,
			text: value!,
			type: annotation.replace(/^(['"])(.*)\1$/, '$2') || (said?.[1] ?? ''),
			help: said ? comment.slice(said[0].length) : comment
		});
	}
	return [...found.values()];
}

interface Statement {
	code: string;
	/** The comment behind it on its last line. */
	comment: string;
}

/** The source cut at line ends and semicolons that are in no string and no bracket. */
function statements(source: string, language: ParameterLanguage): Statement[] {
	const found: Statement[] = [];
	let code = '';
	let comment = '';
	let depth = 0;
	const end = (): void => {
		if (code.trim() !== '') found.push({ code: code.trimEnd(), comment: comment.trim() });
		code = comment = '';
	};
	for (let at = 0; at < source.length;) {
		const letter = source[at]!;
		const quoted = stringAt(source, at, language);
		if (quoted > 0) {
			code += source.slice(at, at + quoted);
			at += quoted;
			continue;
		}
		if (letter === '#' && (language !== 'bash' || /(^|\s)$/.test(code))) {
			const line = source.slice(at).split('\n', 1)[0]!;
			if (depth === 0) comment = line.replace(/^#+\s*/, '');
			at += line.length;
			continue;
		}
		if (letter === '\\' && source[at + 1] === '\n') {
			code += ' ';
			at += 2;
			continue;
		}
		if ('([{'.includes(letter)) depth++;
		else if (')]}'.includes(letter)) depth = Math.max(0, depth - 1);
		if (depth === 0 && (letter === '\n' || letter === ';')) {
			end();
			// Behind a semicolon a space is no indentation.
			if (letter === ';') while (source[at + 1] === ' ') at++;
		} else code += letter;
		at++;
	}
	end();
	return found;
}

/** How many letters the string that begins here has; 0 where none begins. One that is not closed goes to the end. */
function stringAt(source: string, at: number, language: ParameterLanguage): number {
	const quote = source[at]!;
	if (quote !== '"' && (quote !== "'" || language === 'julia')) return 0;
	const triple = (language === 'python' || language === 'julia') && source.startsWith(quote.repeat(3), at);
	const close = triple ? quote.repeat(3) : quote;
	for (let next = at + close.length; next < source.length; next++) {
		if (source[next] === '\\' && !(language === 'bash' && quote === "'")) next++;
		else if (source.startsWith(close, next)) return next + close.length - at;
		else if (source[next] === '\n' && !triple && language === 'python') return next - at;
	}
	return source.length - at;
}
