/** Who ran what, when and where: one row a run, written behind the room's back so that no run waits for it. */
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { runs } from '#db/schema.ts';
import type { Run } from '#lib/model/run.ts';
import type { Logger } from './logger.ts';

/** A run that was asked for and has not ended, with all that is needed to go on after a restart. */
export interface OpenRun {
	id: string;
	cell: string;
	source: string;
	request: string;
	keepGoing: boolean;
}

interface Detail {
	place: number;
	source: string;
	request: string;
	keepGoing?: boolean;
}

export class RunLedger {
	readonly #db: Database;
	readonly #notebook: string;
	readonly #logger: Logger;
	#last: Promise<unknown> = Promise.resolve();

	constructor(db: Database, notebook: string, logger: Logger) {
		this.#db = db;
		this.#notebook = notebook;
		this.#logger = logger;
	}

	/** Note new runs. */
	opened(entries: ({ run: Run } & Omit<Detail, 'place'>)[], workspace: string | null): void {
		this.#write(() =>
			this.#db.insert(runs).values(
				entries.map(({ run, ...rest }) => ({
					id: run.id,
					notebookId: this.#notebook,
					cellId: run.cell,
					userId: run.by?.id ?? null,
					workspaceId: workspace,
					state: run.state,
					sourceDigest: run.sourceDigest,
					queuedAt: new Date(run.queuedAt ?? Date.now()),
					detail: { place: run.place, ...rest } satisfies Detail
				}))
			)
		);
	}

	/** Note a run's new state; once it has ended its source is not kept. */
	changed(run: Run, kernel: string | null, workspace: string | null): void {
		const ended = run.finishedAt !== null;
		this.#write(() =>
			this.#db
				.update(runs)
				.set({
					state: run.state,
					kernelId: kernel,
					workspaceId: workspace,
					startedAt: run.startedAt === null ? null : new Date(run.startedAt),
					finishedAt: run.finishedAt === null ? null : new Date(run.finishedAt),
					...(ended ? { detail: null } : {})
				})
				.where(eq(runs.id, run.id))
		);
	}

	/** Runs that had not ended when the server did, in their order. */
	async open(): Promise<OpenRun[]> {
		const rows = await this.#db
			.select()
			.from(runs)
			.where(and(eq(runs.notebookId, this.#notebook), inArray(runs.state, ['waiting', 'queued', 'running'])))
			.orderBy(asc(runs.queuedAt));
		return rows
			.map((row) => ({ row, detail: row.detail as Detail | null }))
			.sort((a, b) => (a.detail?.place ?? 0) - (b.detail?.place ?? 0))
			.map(({ row, detail }) => ({
				id: row.id,
				cell: row.cellId,
				source: detail?.source ?? '',
				request: detail?.request ?? row.id,
				keepGoing: detail?.keepGoing ?? false
			}));
	}

	/** Everything written so far has reached the database or was logged. */
	settled(): Promise<unknown> {
		return this.#last;
	}

	#write(action: () => PromiseLike<unknown>): void {
		this.#last = this.#last
			.then(action)
			.catch((error: unknown) =>
				this.#logger.error({ notebook: this.#notebook, err: error }, 'run not recorded')
			);
	}
}
