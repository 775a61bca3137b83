/**
 * The terminals of one workspace as its pages show them, looked at again now and then. Not by the page's own load: a
 * server that is away for a moment would put an error page in the place of a terminal that comes back by itself.
 */
import { getContext, setContext } from 'svelte';
import { api, OFFLINE, problemOf } from '#lib/client/api.ts';
import { notifyProblem } from '#lib/client/notify.ts';
import type { Problem } from '#lib/model/problem.ts';
import type { TerminalShare } from '#lib/model/terminal-message.ts';
import type { TerminalInfo } from '#lib/model/terminal-port.ts';

export type TerminalListing = TerminalInfo & { shares: TerminalShare[] };

export class TerminalList {
	readonly workspace: { id: string; name: string };
	terminals = $state.raw<TerminalListing[]>([]);
	/** Why there is no list. */
	problem = $state.raw<Problem | null>(null);

	constructor(
		workspace: { id: string; name: string },
		first: { terminals: TerminalListing[]; problem: Problem | null }
	) {
		this.workspace = workspace;
		this.terminals = first.terminals;
		this.problem = first.problem;
	}

	get path(): string {
		return `/workspaces/${this.workspace.id}/terminals`;
	}

	async look(): Promise<void> {
		try {
			({ terminals: this.terminals } = await api<{ terminals: TerminalListing[] }>('GET', this.#api));
			this.problem = null;
		} catch (error) {
			const problem = problemOf(error);
			// Without the server the list stays as it is; a terminal says so itself.
			if (problem.code !== OFFLINE.code) this.problem = problem;
		}
	}

	/** The address of a new one; null when it could not be started, which a toast says. */
	async start(): Promise<string | null> {
		try {
			const { terminal } = await api<TerminalInfo>('POST', this.#api);
			await this.look();
			return `${this.path}/${terminal}`;
		} catch (error) {
			notifyProblem(problemOf(error));
			return null;
		}
	}

	/** Whether it is closed; why not is said in a toast. */
	async close(terminal: string): Promise<boolean> {
		try {
			await api('DELETE', `${this.#api}/${terminal}`);
		} catch (error) {
			const problem = problemOf(error);
			// Somebody was faster.
			if (problem.code !== 'terminal-unknown') {
				notifyProblem(problem);
				return false;
			}
		}
		await this.look();
		return true;
	}

	get #api(): string {
		return `/api/workspaces/${this.workspace.id}/terminals`;
	}
}

const KEY = Symbol('terminal list');

export function provideTerminals(list: TerminalList): void {
	setContext(KEY, list);
}

export function useTerminals(): TerminalList {
	return getContext<TerminalList>(KEY);
}
