/** The grammars of the languages that kernels speak. */
import { python } from '@codemirror/lang-python';
import { StreamLanguage, type LanguageSupport, type StreamParser } from '@codemirror/language';

/** Grammars of kernels other than Python, by the kernelspec's `language`; fetched when first needed. */
const LEGACY: Record<string, () => Promise<StreamParser<unknown>>> = {
	r: async () => (await import('@codemirror/legacy-modes/mode/r')).r as StreamParser<unknown>,
	julia: async () => (await import('@codemirror/legacy-modes/mode/julia')).julia as StreamParser<unknown>,
	bash: async () => (await import('@codemirror/legacy-modes/mode/shell')).shell as StreamParser<unknown>,
	'c++': async () => (await import('@codemirror/legacy-modes/mode/clike')).cpp as StreamParser<unknown>,
	javascript: async () =>
		(await import('@codemirror/legacy-modes/mode/javascript')).javascript as StreamParser<unknown>,
	octave: async () => (await import('@codemirror/legacy-modes/mode/octave')).octave as StreamParser<unknown>,
	sql: async () => (await import('@codemirror/legacy-modes/mode/sql')).standardSQL as StreamParser<unknown>
};
const ALIASES: Record<string, string> = {
	sh: 'bash',
	shell: 'bash',
	zsh: 'bash',
	cpp: 'c++',
	c: 'c++',
	js: 'javascript',
	typescript: 'javascript'
};

export type Grammar = LanguageSupport | StreamLanguage<unknown>;

/** Python, the language nearly every cell is in: without waiting. */
export function pythonNow(language: string): LanguageSupport | null {
	return /^(ipython\d?|python\d?|py)?$/i.test(language) ? python() : null;
}

/** The grammar of a language, or null for one we know none of: no colours rather than wrong ones. */
export async function grammarOf(language: string): Promise<Grammar | null> {
	const now = pythonNow(language);
	if (now) return now;
	const said = language.toLowerCase();
	const name = Object.hasOwn(ALIASES, said) ? ALIASES[said]! : said;
	return Object.hasOwn(LEGACY, name) ? StreamLanguage.define(await LEGACY[name]!()) : null;
}
