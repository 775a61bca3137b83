import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import { exportNotebook } from '#lib/model/ipynb/export.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import { stringifyNotebook } from '#lib/model/ipynb/stringify.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';

export const FIXTURES = join(import.meta.dirname, '../fixtures/notebooks');
export const REAL = join(import.meta.dirname, '../../../shared/data/notebooks');

export function fixture(name: string): string {
	return readFileSync(join(FIXTURES, name), 'utf8');
}

/** The real notebooks beside the repository, where they are. */
export function realNotebooks(): { name: string; path: string; text: string }[] {
	if (!existsSync(REAL)) return [];
	return readdirSync(REAL)
		.filter((name) => name.endsWith('.ipynb'))
		.map((name) => ({ name, path: join(REAL, name), text: readFileSync(join(REAL, name), 'utf8') }));
}

/** A Python with nbformat: the project's own, or the one named in ANSATZ_NBFORMAT_PYTHON. */
export function pythonWithNbformat(): string | undefined {
	const own = join(import.meta.dirname, '../../.cache/python/bin/python');
	for (const python of [process.env.ANSATZ_NBFORMAT_PYTHON, own]) {
		if (!python || !existsSync(python)) continue;
		try {
			execFileSync(python, ['-c', 'import nbformat'], { stdio: 'ignore' });
			return python;
		} catch {
			continue;
		}
	}
	return undefined;
}

/** What Python's nbformat writes after its own upgrade to 4.5; undefined where it cannot read the file. */
export function upgradedByPython(python: string, paths: string[]): Map<string, string | undefined> {
	const out = execFileSync(python, [join(FIXTURES, 'make.py'), ...paths], {
		encoding: 'utf8',
		maxBuffer: 1e8,
		stdio: ['ignore', 'pipe', 'ignore']
	});
	const results = out.trim().split('\n').map((line) => JSON.parse(line) as { file: string; text?: string }); // prettier-ignore
	return new Map(results.map(({ file, text }) => [file, text]));
}

/** Import and export again, as text. */
export function throughUs(text: string): string {
	return stringifyNotebook(exportNotebook(importNotebook(text) satisfies NotebookContent));
}

type Loose = Record<string, unknown>;
const isLoose = (value: unknown): value is Loose =>
	typeof value === 'object' && value !== null && !Array.isArray(value);
const JSON_TYPE = /^application\/(.*\+)?json$/;

/**
 * The content of an nbformat 4 file without the accidents of writing it: lists of lines joined, transient metadata
 * away, keys in order. Written apart from the code under test on purpose. `ids: false` leaves cell ids out.
 */
export function canonical(text: string, { ids }: { ids: boolean }): string {
	const notebook = JSON.parse(text) as Loose;
	const lines = (value: unknown) => (Array.isArray(value) ? value.join('') : value);
	const bundle = (value: unknown) => {
		if (!isLoose(value)) return;
		for (const mime of Object.keys(value)) if (!JSON_TYPE.test(mime)) value[mime] = lines(value[mime]);
	};
	const metadata = notebook.metadata as Loose;
	for (const key of ['orig_nbformat', 'orig_nbformat_minor', 'signature']) delete metadata[key];
	notebook.nbformat_minor = 5;
	for (const cell of notebook.cells as Loose[]) {
		if (!ids) delete cell.id;
		delete (cell.metadata as Loose).trusted;
		cell.source = lines(cell.source);
		for (const attachment of Object.values((cell.attachments ?? {}) as Loose)) bundle(attachment);
		for (const output of (cell.outputs ?? []) as Loose[]) {
			bundle(output.data);
			if ('text' in output) output.text = lines(output.text);
		}
	}
	return JSON.stringify(sorted(notebook), null, 1);
}

/** Objects as sorted lists of pairs: no key is special then, not even `__proto__`. */
function sorted(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(sorted);
	if (!isLoose(value)) return value;
	const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
	return { entries: entries.map(([key, inner]) => [key, sorted(inner)]) };
}

/** The problem an import ends with; fails where it does not, or with another kind of error. */
export function refusal(text: string): Problem {
	try {
		importNotebook(text);
	} catch (error) {
		if (!(error instanceof ProblemError)) throw error;
		if (error.status !== 400 || error.problem.code !== 'notebook-invalid') throw error;
		return error.problem;
	}
	throw new Error('The import was expected to be refused.');
}

/** A small valid notebook of 4.5 as text, with changes. */
export function notebookText(cells: unknown[], more: Loose = {}): string {
	return JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5, ...more }, null, 1);
}

export const MARKDOWN = { cell_type: 'markdown', id: 'm', metadata: {}, source: 'text' };
export const CODE = {
	cell_type: 'code',
	id: 'c',
	metadata: {},
	source: '1',
	outputs: [],
	execution_count: null
};
