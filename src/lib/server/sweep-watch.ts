/**
 * Follows the sweeps that go on, wherever a line is: a single run that has ended becomes a version of its notebook, and who
 * works in it is told. All that is known is in the database and on the workspace, so it goes on after a restart, and after
 * a workspace was away.
 */
import { and, eq } from 'drizzle-orm';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import { members, sweeps } from '#db/schema.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import type { WorkspaceId } from '#lib/model/ids.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import type { ImportedNotebook } from '#lib/model/ipynb/content.ts';
import type { PersonNews } from '#lib/model/person-line.ts';
import { isOver, type PointStatus, type SweepStatus } from '#lib/model/sweep.ts';
import { codeOf } from './bound-file.ts';
import { readResult } from './sweep-folder.ts';
import { addVersion } from './versions.ts';

export type SweepRecord = typeof sweeps.$inferSelect;

/** What is told of the end of one. */
export interface SweepEnd {
	sweep: SweepRecord;
	workspaceName: string;
	/** Points that did not come to their end. */
	failed: number;
	/** From its making to the end of its last job; null where that is not known. */
	seconds: number | null;
	/** Where to look, a path of this site. */
	path: string;
}

export interface SweepWatchOptions {
	db: Database;
	gateway: Pick<KernelGateway, 'isConnected' | 'connect' | 'sweep' | 'files'>;
	directory: WorkspaceDirectory;
	tell(user: string, news: PersonNews): void;
	/** For the mail of who sent it. */
	onEnd(end: SweepEnd): void;
	logger: { error(fields: object, message: string): void };
	/** Milliseconds between two looks. */
	every?: number;
}

const EVERY_MS = 10_000;
/** A record whose folder has no sweep so long after its making was never begun. */
const NEVER_BEGUN_MS = 10 * 60_000;

export class SweepWatch {
	readonly #options: SweepWatchOptions;
	readonly #timers = new Map<WorkspaceId, NodeJS.Timeout>();
	readonly #looking = new Map<WorkspaceId, Promise<void>>();
	readonly #settling = new Map<string, Promise<void>>();
	#stopped = false;

	constructor(options: SweepWatchOptions) {
		this.#options = options;
	}

	/** Look after what goes on there from now on, as long as there is a line. */
	follow(workspace: WorkspaceId): void {
		if (this.#stopped || this.#looking.has(workspace)) return;
		clearTimeout(this.#timers.get(workspace));
		this.#timers.delete(workspace);
		const look = this.#look(workspace)
			.catch((error: unknown) => {
				this.#options.logger.error({ workspace, err: error }, 'sweeps could not be looked after');
				return true;
			})
			.then((more) => {
				this.#looking.delete(workspace);
				if (!more || this.#stopped) return;
				const timer = setTimeout(() => this.follow(workspace), this.#options.every ?? EVERY_MS);
				this.#timers.set(workspace, timer);
			});
		this.#looking.set(workspace, look);
	}

	/** After a start of the server: what does not wait for a person to sign in. */
	async begin(): Promise<void> {
		const { db, gateway, directory } = this.#options;
		const open = await db
			.selectDistinct({ workspace: sweeps.workspaceId })
			.from(sweeps)
			.where(eq(sweeps.over, false));
		for (const { workspace } of open) {
			const address = await directory.address(workspace);
			if (address?.kind === 'local') await gateway.connect(address);
			if (gateway.isConnected(workspace)) this.follow(workspace);
		}
	}

	/** Somebody has just seen how it is: what is over is brought back now. Resolves when it is. */
	async seen(row: SweepRecord, status: SweepStatus): Promise<void> {
		if (row.over || !isOver(status) || this.#stopped) return;
		let settled = this.#settling.get(row.id);
		if (!settled) {
			settled = this.#settle(row, status).finally(() => this.#settling.delete(row.id));
			this.#settling.set(row.id, settled);
		}
		await settled;
	}

	/** No more looking; resolves when nothing is being brought back. */
	async stop(): Promise<void> {
		this.#stopped = true;
		this.#timers.forEach((timer) => clearTimeout(timer));
		await Promise.allSettled([...this.#looking.values(), ...this.#settling.values()]);
	}

	/** Whether there is something to look at again. */
	async #look(workspace: WorkspaceId): Promise<boolean> {
		const { db, gateway, logger } = this.#options;
		const rows = await db
			.select()
			.from(sweeps)
			.where(and(eq(sweeps.workspaceId, workspace), eq(sweeps.over, false)));
		for (const row of rows) {
			if (!gateway.isConnected(workspace) || this.#stopped) return false;
			try {
				await this.seen(row, await gateway.sweep(workspace, row.folder));
			} catch (error) {
				const age = Date.now() - row.createdAt.getTime();
				if (codeOf(error) === 'agent-no-sweep' && age > NEVER_BEGUN_MS) await this.#close(row);
				// Without a line, or with one that is slow, there is another look.
				else if (codeOf(error) === null) logger.error({ sweep: row.id, err: error }, 'a sweep');
			}
		}
		return rows.length > 0;
	}

	async #close(row: SweepRecord): Promise<void> {
		await this.#options.db.update(sweeps).set({ over: true }).where(eq(sweeps.id, row.id));
	}

	async #settle(row: SweepRecord, status: SweepStatus): Promise<void> {
		const { db } = this.#options;
		const [first] = status.points;
		const single = row.points === 1 && first !== undefined ? first : null;
		const content = single && (await this.#result(row, single));
		const workspaceName = (await this.#options.directory.address(row.workspaceId))?.name ?? 'a workspace';
		const version = await db.transaction(async (tx) => {
			const [fresh] = await tx.select().from(sweeps).where(eq(sweeps.id, row.id)).for('update');
			// Deleted, or brought back by another instance meanwhile.
			if (!fresh || fresh.over) return undefined;
			await tx.update(sweeps).set({ over: true }).where(eq(sweeps.id, row.id));
			if (!single || !content) return null;
			const { started, finished } = single;
			return addVersion(tx, {
				...{ notebook: row.notebookId, by: row.createdBy, content },
				origin: {
					kind: 'run',
					sweep: row.id,
					point: single.name,
					parameters: single.parameters,
					workspace: workspaceName,
					seconds: started !== null && finished !== null ? Math.max(0, finished - started) : null,
					failure: failureOf(single)
				}
			});
		});
		if (version === undefined) return;
		const page = `/notebooks/${row.notebookId}`;
		const path = version === null ? `${page}/sweeps/${row.id}` : `${page}/versions/${version}`;
		await this.#announce(row, status, workspaceName, path);
	}

	/** The executed notebook; null where the job left none that can be read. Rejects where it may be read later. */
	async #result(row: SweepRecord, point: PointStatus): Promise<ImportedNotebook | null> {
		try {
			const files = this.#options.gateway.files(row.workspaceId);
			return importNotebook(await readResult(files, row.folder, point.name));
		} catch (error) {
			if (['file-missing', 'notebook-invalid', 'too-large'].includes(codeOf(error) ?? '')) return null;
			throw error;
		}
	}

	async #announce(
		sweep: SweepRecord,
		status: SweepStatus,
		workspaceName: string,
		path: string
	): Promise<void> {
		const { db, tell, onEnd } = this.#options;
		const failed = status.points.filter(({ state }) => state !== 'done').length;
		const ends = status.points.map(({ finished }) => finished).filter((time) => time !== null);
		const seconds = ends.length > 0 ? Math.max(0, Math.max(...ends) - status.made) : null;
		const people = await db
			.select({ user: members.userId })
			.from(members)
			.where(eq(members.notebookId, sweep.notebookId));
		const notice = {
			id: `sweep-${sweep.id}`,
			title: endTitle({ sweep, workspaceName, failed }),
			...(failed > 0 && status.points.length > 1
				? { detail: `${failed} of ${status.points.length} jobs did not come to the end of the notebook.` }
				: {}),
			href: path
		};
		for (const { user } of people) tell(user, { type: 'notice', notice });
		onEnd({ sweep, workspaceName, failed, seconds, path });
	}
}

/** How it ended, in one sentence. */
export function endTitle({
	sweep: { title, points },
	workspaceName,
	failed
}: Pick<SweepEnd, 'sweep' | 'workspaceName' | 'failed'>): string {
	if (points === 1) return `“${title}” ${failed > 0 ? 'failed' : 'has run'} on ${workspaceName}.`;
	return `The ${points} jobs of “${title}” on ${workspaceName} are over.`;
}

function failureOf({ state, words }: PointStatus): string | null {
	if (state === 'done') return null;
	return words || (state === 'failed' ? 'A cell failed.' : 'The job ended before the notebook did.');
}
