/** Code with its colours, made on the server. */
import { LanguageSupport } from '@codemirror/language';
import type { JsonObject } from '#lib/model/json.ts';
import { grammarOf, type Grammar } from '#lib/render/grammars.ts';
import { escapeHtml, highlighted } from '#lib/render/syntax.ts';

/** Longer code than this is shown without colours. Characters. */
const LONGEST_COLOURED = 200_000;

/** `%%bash` at the start of a cell of IPython: the rest is of another language. */
const MAGICS: Record<string, string> = {
	...{ bash: 'bash', sh: 'bash', script: 'bash', R: 'r', julia: 'julia' },
	...{
		javascript: 'javascript',
		js: 'javascript',
		sql: 'sql',
		html: '',
		latex: '',
		writefile: '',
		markdown: ''
	}
};

/** The language of a notebook's code, as its metadata say it; Python where they say nothing. */
export function languageOf(metadata: JsonObject): string {
	for (const [part, field] of [
		['language_info', 'name'],
		['kernelspec', 'language']
	] as const) {
		const held = metadata[part];
		if (typeof held !== 'object' || held === null || Array.isArray(held)) continue;
		const said = held[field];
		if (typeof said === 'string' && said.trim() !== '') return said.trim();
	}
	return 'python';
}

/** Code as HTML for a `<code>` element. Grammars are fetched once and kept in `grammars`. */
export async function sourceHtml(
	source: string,
	language: string,
	grammars: Map<string, Promise<Grammar | null>>
): Promise<string> {
	if (source.length > LONGEST_COLOURED) return escapeHtml(source);
	const magic = /^%%(\w+)[^\n]*\n/.exec(source);
	if (magic && Object.hasOwn(MAGICS, magic[1]!)) {
		const [line] = magic;
		const rest = await sourceHtml(source.slice(line.length), MAGICS[magic[1]!] || 'text', grammars);
		return `<span class="syn-comment">${escapeHtml(line.trimEnd())}</span>\n${rest}`;
	}
	const known = grammars.get(language) ?? grammarOf(language);
	grammars.set(language, known);
	const grammar = await known;
	if (!grammar) return escapeHtml(source);
	const { parser } = grammar instanceof LanguageSupport ? grammar.language : grammar;
	return highlighted(source, parser.parse(source));
}
