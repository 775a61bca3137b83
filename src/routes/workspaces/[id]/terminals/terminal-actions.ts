/** Starting and closing terminals from their pages; what does not work is said in a toast. */
import { goto, invalidate } from '$app/navigation';
import { api, problemOf } from '#lib/client/api.ts';
import { notifyProblem } from '#lib/client/notify.ts';
import type { TerminalInfo } from '#lib/model/terminal-port.ts';

export const terminalsPath = (workspace: string): string => `/workspaces/${workspace}/terminals`;

export async function startTerminal(workspace: string): Promise<void> {
	try {
		const made = await api<TerminalInfo>('POST', `/api/workspaces/${workspace}/terminals`);
		await goto(`${terminalsPath(workspace)}/${made.terminal}`, { invalidateAll: true });
	} catch (error) {
		notifyProblem(problemOf(error));
	}
}

export async function closeTerminal(workspace: string, terminal: string): Promise<boolean> {
	try {
		await api('DELETE', `/api/workspaces/${workspace}/terminals/${terminal}`);
	} catch (error) {
		const problem = problemOf(error);
		// Somebody was faster.
		if (problem.code !== 'terminal-unknown') {
			notifyProblem(problem);
			return false;
		}
	}
	await invalidate('workspace:terminals');
	return true;
}
