import type { Cell } from '../cell.ts';
import type { JsonObject } from '../json.ts';
import { bareLines, isTextList } from './lines.ts';
import { isObject, own } from './object.ts';
import { comment, commentMagics } from './python-lines.ts';

/**
 * A notebook as a Python script in percent format, which Jupytext, VS Code, Spyder and PyCharm read: `# %%` before each
 * code cell, `# %% [markdown]` and `# %% [raw]` before the others, whose text stands in comments. Tags follow the mark
 * as `tags=[…]`. Lines that only IPython understands become comments, so that Python runs the script.
 * Outputs are not in it. A kernel that is not Python is named in the first line.
 */
export function toScript(cells: readonly Cell[], metadata: JsonObject): string {
	const parts: string[] = [];
	const language = notebookLanguage(metadata);
	if (language !== 'python') parts.push(`# The code of this notebook is ${language}, not Python.`);
	for (const cell of cells) {
		const mark = ['# %%', cell.type === 'code' ? '' : `[${cell.type}]`, tagsText(cell.metadata)];
		const text =
			cell.type === 'code' ? codeText(cell.source, language) : bareLines(cell.source).map(comment).join('\n');
		parts.push([mark.filter(Boolean).join(' '), text].filter(Boolean).join('\n'));
	}
	return parts.length === 0 ? '' : `${parts.join('\n\n')}\n`;
}

/** The language of the code of a notebook, in small letters; `python` where it is not said. */
export function notebookLanguage(metadata: JsonObject): string {
	for (const [key, name] of [
		['language_info', 'name'],
		['kernelspec', 'language']
	] as const) {
		const info = own(metadata, key);
		const language = isObject(info) ? own(info, name) : undefined;
		if (typeof language === 'string' && /^[\w+#.-]{1,40}$/.test(language)) return language.toLowerCase();
	}
	return 'python';
}

function codeText(source: string, language: string): string {
	const text = bareLines(source).join('\n');
	return language === 'python' ? commentMagics(text) : text.split('\n').map(comment).join('\n');
}

function tagsText(metadata: JsonObject): string {
	const tags = own(metadata, 'tags');
	return isTextList(tags) && tags.length > 0 ? `tags=${JSON.stringify(tags)}` : '';
}
