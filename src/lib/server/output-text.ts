import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import type { NbOutput } from '#lib/model/ipynb/nb-output.ts';
import type { Json } from '#lib/model/json.ts';

/** What the cells of a notebook answered, as plain text without terminal colours: cell id → text. */
export function outputTexts(content: NotebookContent): Record<string, string> {
	return Object.fromEntries(
		Object.entries(content.outputs).map(([cell, { outputs }]) => [cell, outputs.map(outputText).join('')])
	);
}

/** One output as plain text; empty where it has none. */
export function outputText(output: NbOutput): string {
	if (output.output_type === 'stream') return withoutColours(joined(output.text));
	if (output.output_type === 'error') return withoutColours(output.traceback.join('\n'));
	const plain = output.data['text/plain'];
	return plain === undefined ? '' : `${withoutColours(joined(plain))}\n`;
}

/** nbformat text: a string or a list of lines; other JSON as JSON. */
export function joined(value: Json): string {
	return Array.isArray(value) ? value.join('') : typeof value === 'string' ? value : JSON.stringify(value);
}

/** Without the escape sequences of a terminal (ECMA-48 CSI). */
export function withoutColours(text: string): string {
	return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
}
