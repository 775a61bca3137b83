import { markdown } from '@codemirror/lang-markdown';
import type { Extension } from '@codemirror/state';
import { grammarOf, pythonNow } from '#lib/render/grammars.ts';

/** The grammar for a cell. Unknown languages are plain text: no colours rather than wrong ones. */
export async function languageFor(type: 'code' | 'markdown' | 'raw', language: string): Promise<Extension> {
	return languageNow(type, language) ?? (await grammarOf(language)) ?? [];
}

/** The same without waiting, for the two languages nearly every cell is in. */
export function languageNow(type: 'code' | 'markdown' | 'raw', language: string): Extension | null {
	if (type === 'markdown') return markdown();
	if (type === 'raw') return [];
	return pythonNow(language);
}
