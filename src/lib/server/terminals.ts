/** Terminals for the routes: those of a person's workspaces, and those shown in a notebook. */
import { and, asc, eq } from 'drizzle-orm';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import { notebooks, terminalShares, users } from '#db/schema.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { newId } from '#lib/model/ids.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { TerminalShare } from '#lib/model/terminal-message.ts';
import type { TerminalInfo, TerminalPort } from '#lib/model/terminal-port.ts';
import type { WorkspaceAddress } from '#lib/model/workspace.ts';
import { requireRole } from './notebook-access.ts';
import { isPlainId } from './plain-line.ts';
import type { Caller } from './services.ts';

/** A terminal as its owner's list has it. */
export interface TerminalRow extends TerminalInfo {
	shares: TerminalShare[];
}

/** A terminal shown in a notebook. */
export interface SharedTerminal {
	workspace: string;
	workspaceName: string;
	terminal: string;
	owner: { id: string; name: string };
	/** The others may type. */
	write: boolean;
	/** Null while the server has no connection to the workspace. */
	info: TerminalInfo | null;
}

export interface Terminals {
	/** The terminals of one of the caller's workspaces; 409 `workspace-disconnected` without a connection. */
	list(caller: Caller, workspace: string): Promise<{ workspace: string; terminals: TerminalRow[] }>;
	/** A login shell. */
	start(
		caller: Caller,
		workspace: string,
		how: { cols: number; rows: number; cwd?: string }
	): Promise<TerminalRow>;
	/** Hang up and forget. */
	close(caller: Caller, workspace: string, terminal: string): Promise<void>;
	/** Those shown in a notebook, for who may run there. */
	shared(caller: Caller, notebook: string): Promise<SharedTerminal[]>;
	/** Show one of the caller's own to those who may run in the notebook, or change whether they may type. */
	share(
		caller: Caller,
		notebook: string,
		share: { workspace: string; terminal: string; write: boolean }
	): Promise<void>;
	/** Take it out of the notebook: who showed it, and the notebook's owners. */
	unshare(caller: Caller, notebook: string, terminal: string): Promise<void>;
}

export interface TerminalsOptions {
	db: Database;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	/** What a notebook shows of this terminal is another thing now. */
	onShareChanged(workspace: string, terminal: string, notebook: string): void;
}

export function createTerminals({ db, gateway, directory, onShareChanged }: TerminalsOptions): Terminals {
	async function own(caller: Caller, workspace: string): Promise<WorkspaceAddress> {
		const { id, displayName: name, admin } = caller.user;
		const may = isPlainId(workspace) && (await directory.mayUse({ id, name, admin }, workspace));
		const address = may ? await directory.address(workspace) : null;
		if (address) return address;
		throw new ProblemError(404, {
			code: 'workspace-unknown',
			title: 'There is no such workspace.',
			detail: 'It was removed, or it belongs to somebody else.',
			remedy: 'Choose one of yours.'
		});
	}

	async function port(address: WorkspaceAddress): Promise<TerminalPort> {
		if (address.kind === 'local') await gateway.connect(address);
		if (gateway.isConnected(address.id)) return gateway.terminals(address.id);
		throw new ProblemError(409, {
			code: 'workspace-disconnected',
			title: `${address.name} is not connected.`,
			detail: 'Terminals that were started there go on running.',
			remedy: 'Connect to it first.'
		});
	}

	async function find(address: WorkspaceAddress, terminal: string): Promise<TerminalInfo> {
		const found = (await (await port(address)).list()).find((each) => each.terminal === terminal);
		if (found) return found;
		throw new ProblemError(404, {
			code: 'terminal-unknown',
			title: 'There is no such terminal.',
			detail: 'It was closed, or the machine was restarted.',
			remedy: 'Start a new one.'
		});
	}

	return {
		async list(caller, workspace) {
			const address = await own(caller, workspace);
			const [terminals, shares] = await Promise.all([
				port(address).then((reached) => reached.list()),
				db
					.select({
						terminal: terminalShares.terminal,
						notebook: notebooks.id,
						title: notebooks.title,
						write: terminalShares.write
					})
					.from(terminalShares)
					.innerJoin(notebooks, eq(notebooks.id, terminalShares.notebookId))
					.where(and(eq(terminalShares.workspaceId, workspace), eq(terminalShares.ownerId, caller.user.id)))
			]);
			return {
				workspace: address.name,
				terminals: terminals.map((info) => ({
					...info,
					shares: shares
						.filter(({ terminal }) => terminal === info.terminal)
						.map(({ notebook, title, write }) => ({ notebook, title, write }))
				}))
			};
		},

		async start(caller, workspace, how) {
			const address = await own(caller, workspace);
			const terminal = newId();
			await (await port(address)).start(terminal, how);
			return { ...(await find(address, terminal)), shares: [] };
		},

		async close(caller, workspace, terminal) {
			const address = await own(caller, workspace);
			await find(address, terminal);
			await (await port(address)).close(terminal);
			const gone = await db
				.delete(terminalShares)
				.where(and(eq(terminalShares.workspaceId, workspace), eq(terminalShares.terminal, terminal)))
				.returning();
			for (const { notebookId } of gone) onShareChanged(workspace, terminal, notebookId);
		},

		async shared(caller, notebook) {
			await requireRole(db, caller, notebook, 'run');
			const rows = await db
				.select({ share: terminalShares, id: users.id, name: users.displayName, admin: users.admin })
				.from(terminalShares)
				.innerJoin(users, eq(users.id, terminalShares.ownerId))
				.where(eq(terminalShares.notebookId, notebook))
				.orderBy(asc(terminalShares.createdAt));
			const lists = new Map<string, Promise<TerminalInfo[] | null>>();
			const found = await Promise.all(
				rows.map(async ({ share, ...owner }): Promise<SharedTerminal | null> => {
					const { workspaceId: workspace, terminal, write } = share;
					if (!(await directory.mayUse(owner, workspace))) return null;
					const address = await directory.address(workspace);
					if (!address) return null;
					if (!lists.has(workspace)) {
						const list = port(address).then((reached) => reached.list());
						lists.set(
							workspace,
							// Without a connection it is still shown, and said so.
							list.catch(() => null)
						);
					}
					const list = await lists.get(workspace)!;
					const info = list?.find((each) => each.terminal === terminal) ?? null;
					if (list && !info) return null;
					const { id, name } = owner;
					return { workspace, workspaceName: address.name, terminal, owner: { id, name }, write, info };
				})
			);
			return found.filter((each) => each !== null);
		},

		async share(caller, notebook, { workspace, terminal, write }) {
			await requireRole(db, caller, notebook, 'run');
			const address = await own(caller, workspace);
			await find(address, terminal);
			const { notebookId, workspaceId } = terminalShares;
			await db
				.insert(terminalShares)
				.values({ notebookId: notebook, workspaceId: workspace, terminal, ownerId: caller.user.id, write })
				.onConflictDoUpdate({
					target: [notebookId, workspaceId, terminalShares.terminal],
					set: { write, ownerId: caller.user.id }
				});
			onShareChanged(workspace, terminal, notebook);
		},

		async unshare(caller, notebook, terminal) {
			const role = await requireRole(db, caller, notebook, 'run');
			const gone = await db
				.delete(terminalShares)
				.where(
					and(
						eq(terminalShares.notebookId, notebook),
						eq(terminalShares.terminal, terminal),
						role === 'owner' ? undefined : eq(terminalShares.ownerId, caller.user.id)
					)
				)
				.returning();
			for (const { workspaceId } of gone) onShareChanged(workspaceId, terminal, notebook);
			if (gone.length > 0) return;
			throw new ProblemError(404, {
				code: 'terminal-unknown',
				title: 'No such terminal of yours is shown in this notebook.',
				detail: 'It was taken back already, or somebody else shows it.',
				remedy: 'Who shows it, or an owner of the notebook, can take it back.'
			});
		}
	};
}
