import { api } from './api.ts';

/** Make a notebook whose kernel is started at once on a workspace; answers its path. Rejects with ProblemError. */
export async function newNotebookWith(
	workspace: string,
	kernelspec: string,
	gpus?: number[]
): Promise<string> {
	const { id } = await api<{ id: string }>('POST', '/api/notebooks', {});
	const start = { action: 'start', workspace, kernelspec, ...(gpus ? { gpus } : {}) };
	await api('POST', `/api/notebooks/${id}/kernel`, start);
	return `/notebooks/${id}`;
}
