/** The folder of a sweep on its workspace: made, filled with the inputs, read again. */
import { posix } from 'node:path';
import type { Json, JsonObject } from '#lib/model/json.ts';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import { exportNotebook } from '#lib/model/ipynb/export.ts';
import { stringifyNotebook } from '#lib/model/ipynb/stringify.ts';
import { injectParameters } from '#lib/model/parameter-cell.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { SweepPoint } from '#lib/model/sweep.ts';
import type { WorkspaceFiles } from '#lib/model/workspace-files.ts';
import type { KernelSpec } from '#lib/model/workspace.ts';
import { readFile } from './bound-file.ts';

/** Where the folders of sweeps are, below the home folder or beside the file of a bound notebook. */
const RUNS = 'ansatz-runs';
/** Files written at once: a line to far away has time for several. */
const AT_ONCE = 8;

/** A notebook as a job takes it: its parameters set, for the kernel that will run it, without outputs. Throws as `injectParameters`. */
export function sweepInput(
	content: NotebookContent,
	parameters: Record<string, Json>,
	spec: KernelSpec
): string {
	const { widgets: _, ...metadata } = content.metadata;
	const kernelspec: JsonObject = { name: spec.name, display_name: spec.displayName, language: spec.language };
	const cells = injectParameters(content.cells, parameters, spec.language);
	return stringifyNotebook(exportNotebook({ cells, outputs: {}, metadata: { ...metadata, kernelspec } }));
}

/**
 * Makes a folder of its own with the inputs in it and answers its absolute path. `beside`: the file next to which it is to
 * be; the home folder without. Rejects with ProblemError.
 */
export async function writeInputs(
	files: WorkspaceFiles,
	{ beside, name }: { beside: string | null; name: string },
	inputs: { point: SweepPoint; text: string }[]
): Promise<string> {
	const parent = posix.join(beside === null ? '~' : posix.dirname(beside), RUNS);
	await folder(files, parent, true);
	const made = await folder(files, posix.join(parent, name), false);
	const within = await folder(files, posix.join(made, 'inputs'), false);
	const waiting = inputs.values();
	await Promise.all(
		Array.from({ length: AT_ONCE }, async () => {
			for (const { point, text } of waiting)
				await files.save(posix.join(within, `${point.name}.ipynb`), [Buffer.from(text)], { expected: null });
		})
	);
	return made;
}

/** Makes a folder and answers its absolute path; `known`: one that is there is as good. */
async function folder(files: WorkspaceFiles, path: string, known: boolean): Promise<string> {
	const { done, problems } = await files.operate({ do: 'folder', path });
	if (done[0] !== undefined) return done[0];
	if (known && problems[0]?.code === 'exists') return (await files.stat(path)).path;
	throw new ProblemError(409, {
		code: 'sweep-folder',
		title: `The folder ${path} cannot be made.`,
		...(problems[0] ? { detail: problems[0].message } : {}),
		remedy: 'Look at the folder above it, and try again.'
	});
}

/** Letters, digits and dashes of a title, the day and some letters nobody else has. */
export function folderName(title: string, id: string, now: Date): string {
	const slug = title
		.normalize('NFKD')
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, '-')
		.slice(0, 40)
		.replace(/^-|-$/g, '');
	return `${slug || 'notebook'}-${now.toISOString().slice(0, 10)}-${id.slice(0, 6)}`;
}

/** The notebook of a point as it ran so far. 404 `file-missing` before it has begun. */
export async function readResult(files: WorkspaceFiles, root: string, point: string): Promise<string> {
	if (!/^[\w-]{1,80}$/.test(point)) {
		throw new ProblemError(404, {
			code: 'point-unknown',
			title: 'This sweep has no such job.',
			remedy: 'Look at the list of its jobs.'
		});
	}
	return (await readFile(files, `${root}/${point}.ipynb`, { root })).text;
}
