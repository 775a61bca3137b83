/** Grammars for files by the language's name (client/file-kinds.ts); what notebooks know too comes from languages.ts. */
import { StreamLanguage, type StreamParser } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { languageFor } from './languages.ts';

const MODES: Record<string, () => Promise<unknown>> = {
	yaml: async () => (await import('@codemirror/legacy-modes/mode/yaml')).yaml,
	toml: async () => (await import('@codemirror/legacy-modes/mode/toml')).toml,
	properties: async () => (await import('@codemirror/legacy-modes/mode/properties')).properties,
	xml: async () => (await import('@codemirror/legacy-modes/mode/xml')).html,
	css: async () => (await import('@codemirror/legacy-modes/mode/css')).css,
	latex: async () => (await import('@codemirror/legacy-modes/mode/stex')).stex,
	fortran: async () => (await import('@codemirror/legacy-modes/mode/fortran')).fortran,
	cmake: async () => (await import('@codemirror/legacy-modes/mode/cmake')).cmake,
	dockerfile: async () => (await import('@codemirror/legacy-modes/mode/dockerfile')).dockerFile,
	lua: async () => (await import('@codemirror/legacy-modes/mode/lua')).lua,
	perl: async () => (await import('@codemirror/legacy-modes/mode/perl')).perl,
	ruby: async () => (await import('@codemirror/legacy-modes/mode/ruby')).ruby,
	rust: async () => (await import('@codemirror/legacy-modes/mode/rust')).rust,
	go: async () => (await import('@codemirror/legacy-modes/mode/go')).go,
	diff: async () => (await import('@codemirror/legacy-modes/mode/diff')).diff
};

/** No colours for what nobody knows. */
export async function fileLanguage(language: string): Promise<Extension> {
	if (language === '') return [];
	if (language === 'markdown') return languageFor('markdown', '');
	const mode = MODES[language];
	if (mode) return StreamLanguage.define((await mode()) as StreamParser<unknown>);
	return languageFor('code', language);
}
