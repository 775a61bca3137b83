/**
 * Runs examples again when it is time: one after the other on each workspace, and only while there is a line to it. What is
 * known is in the database and on the workspace, so what runs goes on while the server is away, and is looked at again after.
 */
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { eq } from 'drizzle-orm';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import { papers } from '#db/schema-papers.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { newId, type WorkspaceId } from '#lib/model/ids.ts';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import type { CheckReport } from '#lib/model/paper/check.ts';
import { verdict } from '#lib/model/paper/check-words.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { beginCheck, clearCheck, leftChecks, LIMIT_S, lookAtCheck } from './paper-check.ts';
import {
	checkedPapers,
	claimCheck,
	deadChecks,
	endCheck,
	filesOf,
	runningChecks,
	type CheckRow
} from './paper-check-rows.ts';
import { ownersOf } from './paper-owners.ts';
import { endOf, reportOf } from './paper-report.ts';
import { readContent, type PaperRow } from './paper-rows.ts';
import { workspaceOwner } from './workspace-book.ts';

const decompress = promisify(zstdDecompress);

/** Milliseconds. */
const EVERY_MS = 60_000;
const LOOK_MS = 2_000;
/** A check of which nothing is there so long after its claim was never begun. */
const BEGUN_MS = 120_000;
const AWAY_MS = 24 * 3_600_000;
/** Looks in a row that may fail while there is a line. */
const PATIENCE = 5;

/** A check has ended with another word than the one before it. */
export interface CheckTurn {
	paper: PaperRow;
	check: CheckRow;
	report: CheckReport;
	owners: string[];
}

export interface CheckTurnsOptions {
	db: Database;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	onTurn(turn: CheckTurn): void;
	logger: { error(fields: object, message: string): void };
	/** Milliseconds between two looks for what is due, and for how what runs is. */
	every?: number;
	look?: number;
}

type End = { state: 'verified' | 'failed' | 'aborted'; report: CheckReport | null };

export class CheckTurns {
	readonly #options: CheckTurnsOptions;
	readonly #following = new Map<string, Promise<void>>();
	/** Those whose record may be there before they are followed. */
	readonly #claiming = new Set<string>();
	#looking: Promise<void> | null = null;
	#again = false;
	#timer: NodeJS.Timeout | null = null;
	readonly #stop = new AbortController();

	constructor(options: CheckTurnsOptions) {
		this.#options = options;
	}

	/** From now on. */
	begin(): void {
		this.#timer = setInterval(() => this.lookAround(), this.#options.every ?? EVERY_MS).unref();
		this.lookAround();
	}

	/** Follow what runs and begin what is due, wherever there is a line: now, when a line comes up, when a check has ended. */
	lookAround(): void {
		if (this.#stop.signal.aborted) return;
		// what has changed since the look under way began is seen by the next
		if (this.#looking) return void (this.#again = true);
		this.#again = false;
		this.#looking = this.#look()
			.catch((error: unknown) => {
				this.#options.logger.error({ err: error }, 'checks of papers could not be looked after');
			})
			.finally(() => {
				this.#looking = null;
				if (this.#again) this.lookAround();
			});
	}

	/** Begin a check of the newest version now; null where another goes on there. */
	async start(paper: PaperRow, workspace: WorkspaceId): Promise<CheckRow | null> {
		const id = newId();
		this.#claiming.add(id);
		try {
			const row = await claimCheck(this.#options.db, id, paper, workspace);
			this.#claiming.delete(id);
			if (row) this.#follow(row, workspace, paper);
			return row;
		} finally {
			this.#claiming.delete(id);
		}
	}

	/** No more looking; what runs on workspaces goes on. */
	async stop(): Promise<void> {
		this.#stop.abort();
		if (this.#timer) clearInterval(this.#timer);
		await Promise.allSettled([this.#looking, ...this.#following.values()]);
	}

	async #look(): Promise<void> {
		const { db, gateway } = this.#options;
		for (const row of await runningChecks(db))
			if (row.workspaceId !== null && gateway.isConnected(row.workspaceId))
				this.#follow(row, row.workspaceId);
		for (const row of await deadChecks(db, new Date(Date.now() - AWAY_MS)))
			if (!this.#following.has(row.id))
				await this.#end(
					row,
					aborted('The machine it ran on was away for a day, or its workspace was removed.')
				);
		const now = new Date();
		const due = (await checkedPapers(db)).filter((one) => one.due <= now);
		due.sort((a, b) => a.due.getTime() - b.due.getTime());
		for (const { paper } of due) {
			if (this.#stop.signal.aborted) return;
			const workspace = paper.checkWorkspaceId;
			if (!gateway.isConnected(workspace) || !(await this.#isAllowed(paper, workspace))) continue;
			await this.start(paper, workspace);
		}
	}

	/** Its owner must own the card still: what others publish does not run under their account. */
	async #isAllowed(paper: PaperRow, workspace: WorkspaceId): Promise<boolean> {
		const owner = await workspaceOwner(this.#options.db, workspace);
		return owner !== null && (await ownersOf(this.#options.db, paper)).includes(owner);
	}

	#follow(row: CheckRow, workspace: WorkspaceId, paper: PaperRow | null = null): void {
		if (this.#following.has(row.id) || this.#claiming.has(row.id) || this.#stop.signal.aborted) return;
		const work = this.#run(row, workspace, paper)
			.catch((error: unknown) => {
				this.#options.logger.error({ check: row.id, err: error }, 'a check of a paper');
			})
			.finally(() => {
				this.#following.delete(row.id);
				// the next in line need not wait for the timer
				if (!this.#stop.signal.aborted) this.lookAround();
			});
		this.#following.set(row.id, work);
	}

	/** `paper` is given where it has to be begun. Comes back early where the line is lost: the next one goes on. */
	async #run(row: CheckRow, workspace: WorkspaceId, paper: PaperRow | null): Promise<void> {
		const { db, gateway, look } = this.#options;
		const known = paper ?? (await paperOf(db, row));
		const content = known && importNotebook(await textOf(db, known, row.number));
		let end: End | null = content === null ? aborted('The card is gone.') : null;
		try {
			if (paper && content) await this.#begin(row, workspace, content);
		} catch (error) {
			if (!gateway.isConnected(workspace)) return;
			end = aborted(wordsOf(error));
		}
		for (let failed = 0; end === null;) {
			try {
				end = await this.#outcome(row, workspace, content!);
				failed = 0;
			} catch (error) {
				if (!gateway.isConnected(workspace) || this.#stop.signal.aborted) return;
				if (++failed >= PATIENCE) end = aborted(wordsOf(error));
			}
			if (end === null && !(await this.#wait(look ?? LOOK_MS))) return;
		}
		await this.#end(row, end);
		// Nothing of it stays there; where this fails, the next check on the workspace does it.
		await clearCheck(gateway, workspace, row.id).catch(() => undefined);
	}

	async #begin(row: CheckRow, workspace: WorkspaceId, content: NotebookContent): Promise<void> {
		const { db, gateway, directory } = this.#options;
		const address = await directory.address(workspace);
		if (!address)
			throw new ProblemError(409, { code: 'workspace-gone', title: 'The workspace was removed.' });
		await this.#clearOthers(workspace);
		const files = await filesOf(db, row.paperId, row.number);
		await beginCheck(gateway, address, { check: row.id, content, files });
	}

	/** What earlier checks left there when the line broke at their end. */
	async #clearOthers(workspace: WorkspaceId): Promise<void> {
		const { db, gateway } = this.#options;
		const running = new Set((await runningChecks(db, workspace)).map(({ id }) => id));
		for (const check of await leftChecks(gateway, workspace))
			if (!running.has(check)) await clearCheck(gateway, workspace, check).catch(() => undefined);
	}

	/** null while it runs. */
	async #outcome(row: CheckRow, workspace: WorkspaceId, content: NotebookContent): Promise<End | null> {
		const found = await lookAtCheck(this.#options.gateway, workspace, row.id);
		if (found.state === 'running') return null;
		// another instance of the server may be about to begin it
		if (found.state === 'gone' && Date.now() - row.startedAt.getTime() < BEGUN_MS) return null;
		if (found.state === 'gone') return aborted('It was cut: the machine or its agent ended it.');
		if (found.state === 'late') return { state: 'failed', report: empty(TOO_LONG) };
		const ended = endOf(found.notebook);
		if (ended && ended.reason !== 'walltime') return aborted(ended.words);
		const words = ended ? TOO_LONG : '';
		const report = reportOf(content, found.notebook, { cpus: found.cpus, words });
		return { state: verdict(report), report };
	}

	async #end(row: CheckRow, end: End): Promise<void> {
		const { db, onTurn } = this.#options;
		const written = await endCheck(db, row.id, end);
		if (!written || end.state === 'aborted' || end.report === null) return;
		const { row: check, before } = written;
		const paper = await paperOf(db, check);
		// a first check that finds all well is no news
		if (!paper || (before?.state ?? 'verified') === end.state) return;
		onTurn({ paper, check, report: end.report, owners: await ownersOf(db, paper) });
	}

	/** False when there is no more looking. */
	#wait(ms: number): Promise<boolean> {
		const { signal } = this.#stop;
		return new Promise((resolve) => {
			const over = (): void => {
				clearTimeout(timer);
				signal.removeEventListener('abort', over);
				resolve(!signal.aborted);
			};
			const timer = setTimeout(over, ms);
			signal.addEventListener('abort', over);
		});
	}
}

const TOO_LONG = `It takes longer than ${LIMIT_S / 60} minutes.`;

function aborted(words: string): End {
	return { state: 'aborted', report: empty(words) };
}

function empty(words: string): CheckReport {
	return { seconds: 0, cpus: null, words, cells: [] };
}

function wordsOf(error: unknown): string {
	if (!(error instanceof ProblemError)) throw error;
	const { title, detail } = error.problem;
	return detail === undefined ? title : `${title} ${detail}`;
}

async function paperOf(db: Database, { paperId }: CheckRow): Promise<PaperRow | null> {
	const [paper] = await db.select().from(papers).where(eq(papers.id, paperId));
	return paper ?? null;
}

async function textOf(db: Database, paper: PaperRow, number: number): Promise<string> {
	return (await decompress(await readContent(db, paper, number))).toString('utf8');
}
