/**
 * One check on its workspace: the notebook of a version with its data in a folder of its own, run by the agent as a task, which
 * needs no line to us and goes on while the server is away.
 */
import { posix } from 'node:path';
import { chooseSpec } from '#collab/kernel-choice.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import type { WorkspaceId } from '#lib/model/ids.ts';
import type { JsonObject } from '#lib/model/json.ts';
import type { ImportedNotebook, NotebookContent } from '#lib/model/ipynb/content.ts';
import { exportNotebook } from '#lib/model/ipynb/export.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import { stringifyNotebook } from '#lib/model/ipynb/stringify.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { KernelSpec, WorkspaceAddress } from '#lib/model/workspace.ts';
import type { WorkspaceFiles } from '#lib/model/workspace-files.ts';
import { codeOf, readFile } from './bound-file.ts';

/** Seconds that a whole example may take. */
export const LIMIT_S = 30 * 60;
/** For the run to write down that time is over, before it is ended from outside. */
const GRACE_S = 60;
const PARENT = '~/.cache';
const ROOT = 'ansatz-checks';

export interface CheckInput {
	check: string;
	content: NotebookContent;
	/** Beside the notebook; `path` relative, with `/`. */
	files: { path: string; bytes(): Promise<Uint8Array> }[];
}

/** `gone`: nobody knows any more what became of it. */
export type CheckLook =
	| { state: 'running' }
	| { state: 'late' }
	| { state: 'gone' }
	| { state: 'over'; notebook: ImportedNotebook; cpus: number | null };

/** Puts everything there and starts it. Rejects with ProblemError. */
export async function beginCheck(
	gateway: KernelGateway,
	address: WorkspaceAddress,
	{ check, content, files }: CheckInput
): Promise<void> {
	const { specs } = await gateway.kernelspecs(address);
	const spec = chooseSpec(specs, null, content.metadata, address.name);
	requireLanguage(spec, content, address.name);
	const cpus = await gateway.survey(address.id).then(
		({ cores }) => cores,
		() => null
	);
	const there = gateway.files(address.id);
	await makeFolder(there, PARENT);
	const root = await makeFolder(there, posix.join(PARENT, ROOT));
	// what is in it may be a draft
	await there.operate({ do: 'mode', path: root, mode: 0o700 });
	const place = await makeFolder(there, posix.join(root, check));
	const work = await makeFolder(there, posix.join(place, 'work'));
	await putFiles(there, work, files);
	const { widgets: _, ...metadata } = content.metadata;
	const input = stringifyNotebook(exportNotebook({ cells: content.cells, outputs: {}, metadata }));
	await there.save(posix.join(place, 'input.ipynb'), [Buffer.from(input)]);
	const { argv, env, interruptMode, language } = spec;
	const start = {
		sweep: check,
		point: 'check',
		folder: place,
		cwd: work,
		parameters: {},
		onError: 'continue'
	};
	const how = JSON.stringify({ ...start, argv, env, interruptMode, language });
	await there.save(posix.join(place, 'start.json'), [Buffer.from(how)]);
	const options = JSON.stringify({ scheduler: 'none', folder: place, walltime: LIMIT_S });
	await gateway.startTask(address.id, taskOf(check), {
		argv: ['{python}', '{agent}', 'run-notebook', posix.join(place, 'job'), options],
		timeout: LIMIT_S + GRACE_S,
		about: { kind: 'paper-check', folder: place, cpus }
	});
}

/** How it is now. Rejects with ProblemError where the workspace cannot be asked. */
export async function lookAtCheck(
	gateway: KernelGateway,
	workspace: WorkspaceId,
	check: string
): Promise<CheckLook> {
	const task = await gateway.task(workspace, taskOf(check)).catch((error: unknown) => {
		if (codeOf(error) === 'agent-no-task') return null;
		throw error;
	});
	if (task === null || task.state === 'lost' || task.state === 'cancelled') return { state: 'gone' };
	if (task.state === 'running') return { state: 'running' };
	const { folder, cpus } = task.about;
	try {
		const root = String(folder);
		const { text } = await readFile(gateway.files(workspace), posix.join(root, 'output.ipynb'), { root });
		const known = typeof cpus === 'number' ? cpus : null;
		return { state: 'over', notebook: importNotebook(text), cpus: known };
	} catch (error) {
		if (!['file-missing', 'notebook-invalid', 'too-large'].includes(codeOf(error) ?? '')) throw error;
		return { state: task.state === 'late' ? 'late' : 'gone' };
	}
}

/** Ends it where it runs, with its kernel, and leaves nothing of it there. */
export async function clearCheck(
	gateway: KernelGateway,
	workspace: WorkspaceId,
	check: string
): Promise<void> {
	const task = taskOf(check);
	await gateway.forgetTask(workspace, task).catch(async (error: unknown) => {
		if (codeOf(error) === 'agent-alive') await gateway.cancelTask(workspace, task);
	});
	const path = posix.join(PARENT, ROOT, check);
	await gateway.files(workspace).operate({ do: 'delete', paths: [path] });
}

/** The checks of which something is there. */
export async function leftChecks(gateway: KernelGateway, workspace: WorkspaceId): Promise<string[]> {
	try {
		return (await gateway.files(workspace).list(posix.join(PARENT, ROOT))).names;
	} catch (error) {
		if (codeOf(error) === 'file-missing') return [];
		throw error;
	}
}

/** Another language makes errors of every cell, which say nothing of the example. */
function requireLanguage({ language }: KernelSpec, { metadata }: NotebookContent, workspace: string): void {
	const { kernelspec, language_info: info } = metadata as Record<string, JsonObject | undefined>;
	const wanted = kernelspec?.language ?? info?.name;
	if (typeof wanted !== 'string' || wanted.toLowerCase() === language.toLowerCase()) return;
	throw new ProblemError(409, {
		code: 'kernel-language',
		title: `There is no kernel for ${wanted} on ${workspace}.`,
		remedy: 'Install one there, or choose another workspace.'
	});
}

function taskOf(check: string): string {
	return `paper-check-${check}`;
}

async function putFiles(there: WorkspaceFiles, work: string, files: CheckInput['files']): Promise<void> {
	const made = new Set(['.']);
	for (const { path, bytes } of files) {
		const parts = posix.dirname(path).split('/');
		for (let depth = 1; depth <= parts.length; depth++) {
			const folder = parts.slice(0, depth).join('/');
			if (!made.has(folder)) await makeFolder(there, folder, work);
			made.add(folder);
		}
		await there.save(path, [await bytes()], { root: work });
	}
}

/** Makes a folder, or finds it, and answers its absolute path. */
async function makeFolder(there: WorkspaceFiles, path: string, root?: string): Promise<string> {
	const within = root === undefined ? {} : { root };
	const { done, problems } = await there.operate({ do: 'folder', path }, within);
	if (done[0] !== undefined) return done[0];
	if (problems[0]?.code === 'exists') return (await there.stat(path, within)).path;
	throw new ProblemError(409, {
		code: 'check-folder',
		title: `The folder ${path} cannot be made.`,
		...(problems[0] ? { detail: problems[0].message } : {}),
		remedy: 'Look at the folder above it, and try again.'
	});
}
