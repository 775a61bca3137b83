/** Reading the file of a bound notebook, and what people are told when it does not work. */
import { notebookFault } from '#lib/model/ipynb/fault.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import type { Confined, WorkspaceFiles } from '#lib/model/workspace-files.ts';

/** As for imported files. */
const LIMIT_BYTES = 50 * 1024 * 1024;

/** The text of a notebook file with its version. Refuses with 413 above 50 MB and with `notebook-invalid` for no UTF-8. */
export async function readFile(
	files: WorkspaceFiles,
	path: string,
	options: Confined = {}
): Promise<{ text: string; version: string }> {
	const { facts, bytes } = await files.read(path, options);
	if (facts.size > LIMIT_BYTES) {
		await bytes.return?.();
		throw new ProblemError(413, {
			code: 'too-large',
			title: 'The notebook is larger than 50 MB.',
			remedy: 'Clear large outputs in it.'
		});
	}
	const parts: Uint8Array[] = [];
	for await (const part of bytes) parts.push(part);
	try {
		// What is not understood must not be written back as something else.
		const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
		return { text, version: facts.version };
	} catch (cause) {
		throw notebookFault('It is not UTF-8 text.', undefined, cause);
	}
}

export function codeOf(error: unknown): string | null {
	return error instanceof ProblemError ? error.problem.code : null;
}

export const MISSING: Problem = {
	code: 'file-missing',
	title: 'The file is not there any more.',
	detail: 'It was deleted, renamed or moved. The notebook has everything.',
	remedy: 'Write it anew, or unbind the notebook.'
};

export function taken(): ProblemError {
	return new ProblemError(409, {
		code: 'file-bound',
		title: 'This file is open in a notebook you have no access to.',
		remedy: 'Ask its owner to share it, or import a copy.'
	});
}

export function noNotebook(): ProblemError {
	return new ProblemError(400, {
		code: 'not-a-notebook',
		title: 'Only a file whose name ends with .ipynb, in UTF-8, opens as a notebook.',
		remedy: 'Choose a notebook, or rename the file.'
	});
}

export function notBound(): ProblemError {
	return new ProblemError(409, {
		code: 'file-unbound',
		title: 'This notebook is no file of a workspace.',
		remedy: 'Open one from the files of a workspace.'
	});
}
