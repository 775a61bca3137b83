/** A named way to make a machine ready before a kernel starts: what one would type first. */
import type { WorkspaceId } from './ids.ts';
import type { Problem } from './problem.ts';
import type { KernelSpec } from './workspace.ts';

export type EnvironmentKind = 'venv' | 'conda' | 'modules' | 'container' | 'shell';

/** A kernel found inside an environment; its argv works only after the environment's lines. */
export type InnerKernel = Omit<KernelSpec, 'environment'>;

/** What the last try came to. */
export interface EnvironmentTrial {
	/** ISO time. */
	at: string;
	ok: boolean;
	/** Version of the Python that a kernel would be; null where there is none (or none new enough). */
	python: string | null;
	/** Its `sys.prefix`. */
	prefix: string | null;
	/** Version of ipykernel; null where it cannot be imported. */
	ipykernel: string | null;
	kernels: InnerKernel[];
	/** The end of what was printed, at most 8 KiB. */
	output: string;
	/** Why it is not ok. */
	problem: Problem | null;
}

/** What a person says about one. */
export interface EnvironmentFields {
	name: string;
	/**
	 * `venv`: `folder`; `conda`: `folder`, which is a path or a name that conda knows; `modules`: `modules` to load, in
	 * order (`use FOLDER` adds a folder of modulefiles); `container`: an Apptainer `image`; `shell`: `lines` alone.
	 * `modules` come first and `lines` last in every kind, lines by sh, for a container inside it.
	 */
	kind: EnvironmentKind;
	folder?: string;
	modules?: string[];
	image?: string;
	/** Folders bound into the container. */
	binds?: string[];
	lines: string[];
}

export interface EnvironmentSetup extends EnvironmentFields {
	/** Made from the first name; unique in its workspace, and part of the names of its kernels. */
	id: string;
	/** The last try of these fields, null before the first. */
	tried: EnvironmentTrial | null;
}

export interface EnvironmentPlace {
	workspace: WorkspaceId;
	setups: EnvironmentSetup[];
}

export const KIND_WORDS: Record<EnvironmentKind, string> = {
	venv: 'venv',
	conda: 'conda',
	modules: 'modules',
	container: 'container',
	shell: 'shell'
};

/** What it is on the machine, in a word or a path; empty for shell lines. */
export function placeOf(setup: EnvironmentFields): string {
	if (setup.kind === 'venv' || setup.kind === 'conda') return setup.folder ?? '';
	if (setup.kind === 'container') return setup.image ?? '';
	return setup.kind === 'modules' ? (setup.modules ?? []).join(' ') : '';
}

/** An id from a name that none of `taken` has: lower-case letters, digits and dashes. */
export function setupId(name: string, taken: readonly string[]): string {
	const base =
		name
			.normalize('NFKD')
			.toLowerCase()
			.replace(/[^a-z0-9]+/g, '-')
			.replace(/^-|-$/g, '')
			.slice(0, 40) || 'environment';
	let id = base;
	for (let number = 2; taken.includes(id); number++) id = `${base}-${number}`;
	return id;
}
