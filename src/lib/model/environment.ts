/** A named way to make a machine ready before a kernel starts: what one would type first. */
import type { WorkspaceId } from './ids.ts';

export interface EnvironmentSetup {
	id: string;
	name: string;
	/**
	 * `venv`: `folder`; `conda`: `folder` or `name`; `modules`: `modules` to load, in order; `container`: an Apptainer
	 * `image`; `shell`: `lines` alone. `lines` are run last, by sh, in every kind.
	 */
	kind: 'venv' | 'conda' | 'modules' | 'container' | 'shell';
	folder?: string;
	modules?: string[];
	image?: string;
	/** Folders bound into the container. */
	binds?: string[];
	lines: string[];
	/** Lines of sh that are tried and known to work: the last try, null before the first. */
	tried: { at: string; ok: boolean; python: string | null; kernels: string[]; output: string } | null;
}

export interface EnvironmentPlace {
	workspace: WorkspaceId;
	setups: EnvironmentSetup[];
}
