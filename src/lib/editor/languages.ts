import { python } from '@codemirror/lang-python';
import { markdown } from '@codemirror/lang-markdown';
import { StreamLanguage, type StreamParser } from '@codemirror/language';
import type { Extension } from '@codemirror/state';

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

/** The grammar for a cell. Unknown languages are plain text: no colours rather than wrong ones. */
export async function languageFor(type: 'code' | 'markdown' | 'raw', language: string): Promise<Extension> {
	if (type === 'markdown') return markdown();
	if (type === 'raw') return [];
	const name = language.toLowerCase();
	if (name === 'python' || name === 'ipython' || name === '') return python();
	const legacy = LEGACY[ALIASES[name] ?? name];
	return legacy ? StreamLanguage.define(await legacy()) : [];
}

/** The same without waiting, for the two languages nearly every cell is in. */
export function languageNow(type: 'code' | 'markdown' | 'raw', language: string): Extension | null {
	if (type === 'markdown') return markdown();
	if (type === 'raw') return [];
	return /^(ipython|python)?$/i.test(language) ? python() : null;
}
