import type { NotebookSession } from './session.svelte.ts';

/**
 * Whether this person may ask the kernel something aside from runs, and whether it can answer: `busy` is a kernel that
 * runs a cell and has no subshell, `none` one that does not live.
 */
export function kernelAsks(session: NotebookSession): 'yes' | 'busy' | 'none' | 'no' {
	if (!session.can('run') || session.status.ended !== null) return 'no';
	const { state, subshell } = session.runtime.kernel;
	if (state === 'idle') return 'yes';
	if (state === 'busy') return subshell ? 'yes' : 'busy';
	return 'none';
}
