/**
 * Notebooks that are files of workspaces. Who edits one writes its file; what is changed in the file outside is merged into
 * the notebook first, so that nothing is ever overwritten: a file is written only where it still is as it was read last.
 */
import { and, eq } from 'drizzle-orm';
import { posix } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Collab } from '#collab/start.ts';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import { members, notebookFiles, notebooks } from '#db/schema.ts';
import type { BoundAction, BoundFile, BoundState, LastMerge } from '#lib/model/bound-notebook.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import type { NotebookId, WorkspaceId } from '#lib/model/ids.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import type { PersonNews } from '#lib/model/person-line.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import type { WorkspaceFiles } from '#lib/model/workspace-files.ts';
import { codeOf, MISSING, noNotebook, notBound, readFile, taken } from './bound-file.ts';
import { agreedText, mergeFile, notebookText } from './bound-merge.ts';
import { requireRole } from './notebook-access.ts';
import { createNotebook } from './notebook-files.ts';
import { openWorkspace } from './open-workspace.ts';
import type { Caller } from './services.ts';

/** Folders watched at once; the ones longest without use are let go, and looked at when they are used again. */
const MAX_WATCHES = 200;
/** Times a file may change while it is being written before that is said. */
const ATTEMPTS = 5;
/** What is being written when the server stops has so long. */
const STOP_MS = 3000;

export interface BoundNotebooks {
	/**
	 * The notebook of a file, made and bound when there is none. Refuses with 404 and 409 as all calls about files, 400
	 * `notebook-invalid`, 409 `file-bound` where it is open in somebody else's notebook.
	 */
	open(
		caller: Caller,
		workspace: WorkspaceId,
		path: string
	): Promise<{ id: NotebookId; made: boolean; warnings: string[] }>;
	/** The file of a notebook; null when it has none. */
	read(caller: Caller, id: NotebookId): Promise<BoundFile | null>;
	/** Answers as `read`, when it is done. */
	act(caller: Caller, id: NotebookId, action: BoundAction): Promise<BoundFile | null>;
}

export interface BoundNotebooksOptions {
	db: Database;
	collab: Pick<Collab, 'rooms' | 'hocuspocus' | 'log'>;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	tell(user: string, news: PersonNews): void;
	logger: { error(fields: object, message: string): void };
}

export interface BoundNotebooksService extends BoundNotebooks {
	/** A notebook was edited, or a run in it has ended. */
	changed(id: NotebookId): void;
	/** There is a line to a workspace (again). */
	workspaceUp(workspace: WorkspaceId): void;
	/** No more watching; resolves when nothing is being written. */
	stop(): Promise<void>;
}

type Row = typeof notebookFiles.$inferSelect;

/** What is known of a bound notebook besides its row. */
interface Live {
	/** What is being done with it; the next waits for it. */
	work: Promise<void>;
	/** Something is to be looked at after what is being done now. */
	again: boolean;
	/** The notebook may say something else than the file. */
	dirty: boolean;
	state: BoundState;
	problem: Problem | null;
	merged: LastMerge | null;
	stopWatching: (() => void) | null;
}

export function createBoundNotebooks(options: BoundNotebooksOptions): BoundNotebooksService {
	const { db, gateway, directory, tell, logger } = options;
	const lives = new Map<NotebookId, Live>();
	const opening = new Map<string, Promise<unknown>>();
	/** Bound notebooks by what is asked at every edit of any notebook; null until it is read. */
	let known: Promise<Set<NotebookId>> | null = null;
	let stopped = false;

	const rowOf = async (id: NotebookId): Promise<Row | null> =>
		(await db.select().from(notebookFiles).where(eq(notebookFiles.notebookId, id)))[0] ?? null;

	const boundIds = (): Promise<Set<NotebookId>> => {
		known ??= db
			.select({ id: notebookFiles.notebookId })
			.from(notebookFiles)
			.then((rows) => new Set(rows.map(({ id }) => id)));
		known.catch(() => (known = null));
		return known;
	};

	function liveOf(id: NotebookId): Live {
		let live = lives.get(id);
		// Nothing is known after a start of the server: what was edited before may not be written.
		live ??= {
			...{ work: Promise.resolve(), again: false, dirty: true },
			...{ state: 'pending', problem: null, merged: null, stopWatching: null }
		};
		// The last one used comes last.
		lives.delete(id);
		lives.set(id, live);
		return live;
	}

	function watch({ notebookId, workspaceId, path }: Row, live: Live): void {
		if (live.stopWatching || stopped) return;
		const files = gateway.files(workspaceId);
		live.stopWatching = files.watch(posix.dirname(path), () => void sync(notebookId));
		const watched = [...lives.values()].filter((other) => other.stopWatching);
		for (const other of watched.slice(0, Math.max(0, watched.length - MAX_WATCHES))) unwatch(other);
	}

	function unwatch(live: Live): void {
		live.stopWatching?.();
		live.stopWatching = null;
	}

	/** One after the other: `act` gets the row as it is when its turn comes, null when the notebook is bound no more. */
	function inTurn<T>(id: NotebookId, act: (row: Row | null, live: Live) => Promise<T>): Promise<T> {
		const live = liveOf(id);
		const done = live.work.then(async () => act(await rowOf(id), live));
		live.work = done.then(
			() => undefined,
			() => undefined
		);
		return done;
	}

	/** Bring notebook and file together. Calls that come while one waits for its turn are one. Never rejects. */
	async function sync(id: NotebookId): Promise<void> {
		const live = liveOf(id);
		if (stopped) return;
		if (live.again) return live.work;
		live.again = true;
		await inTurn(id, async (row) => {
			live.again = false;
			if (!row) return forget(id);
			const before = shown(live);
			await together(row, live);
			if (shown(live) !== before) await tellMembers(id, { type: 'file', notebook: id });
		}).catch((error: unknown) => logger.error({ notebook: id, err: error }, 'a file of a notebook'));
	}

	async function together(row: Row, live: Live, recreate = false): Promise<void> {
		try {
			const files = await reach(row.workspaceId);
			watch(row, live);
			for (let attempt = 1; ; attempt++) {
				try {
					row = await takeOver(files, row, live, recreate);
					await write(files, row, live, recreate);
					break;
				} catch (error) {
					if (codeOf(error) !== 'file-changed' || attempt >= ATTEMPTS) throw error;
					recreate = false;
				}
			}
			Object.assign(live, { state: 'saved', problem: null });
		} catch (error) {
			if (!(error instanceof ProblemError)) throw error;
			await remember(row, live, error);
		}
	}

	/** It did not work: what is to be said of the file now. */
	async function remember(row: Row, live: Live, { problem, status }: ProblemError): Promise<void> {
		const missing = problem.code === 'file-missing';
		if (problem.code === 'workspace-unknown') unwatch(live);
		// Without a line nothing is known of the file: what was said of it stays, unless there is something to write.
		const noLine = problem.code === 'workspace-disconnected' || status >= 500;
		if (noLine && live.dirty) {
			// Before the text is read, so that an edit meanwhile counts.
			live.dirty = false;
			if ((await notebookText(options, row.notebookId)) !== baseOf(row)) live.dirty = true;
		}
		if (missing) live.state = 'missing';
		else if (live.state !== 'missing') live.state = live.dirty || !noLine ? 'pending' : 'saved';
		live.problem = missing || live.state === 'missing' ? MISSING : live.state === 'saved' ? null : problem;
	}

	async function reach(workspace: WorkspaceId): Promise<WorkspaceFiles> {
		if (gateway.isConnected(workspace)) return gateway.files(workspace);
		const address = await directory.address(workspace);
		if (address?.kind === 'local' && (await gateway.connect(address)).state === 'connected')
			return gateway.files(workspace);
		throw new ProblemError(409, {
			code: address ? 'workspace-disconnected' : 'workspace-unknown',
			title: address ? `${address.name} is not connected.` : 'The workspace of the file was removed.',
			remedy: address ? 'Connect to it; the file is written then.' : 'Unbind the notebook; it stays.'
		});
	}

	/** What was changed in the file since it was read or written last comes into the notebook. */
	async function takeOver(files: WorkspaceFiles, row: Row, live: Live, absent: boolean): Promise<Row> {
		const facts = await files.stat(row.path).catch((error: unknown) => {
			if (absent && codeOf(error) === 'file-missing') return null;
			throw error;
		});
		if (facts === null || facts.version === row.version) return row;
		const { text, version } = await readFile(files, row.path);
		const { base, merged } = await mergeFile(options, row.notebookId, baseOf(row), text);
		live.dirty = true;
		if (merged) live.merged = merged;
		const after = await agree(row, version, base);
		if (merged) await tellMembers(row.notebookId, mergeNotice(row, merged));
		return after;
	}

	async function write(files: WorkspaceFiles, row: Row, live: Live, recreate: boolean): Promise<void> {
		if (!live.dirty && !recreate) return;
		live.dirty = false;
		try {
			const text = await notebookText(options, row.notebookId);
			if (text === baseOf(row) && !recreate) return;
			const expected = recreate ? null : row.version;
			const { version } = await files.save(row.path, [Buffer.from(text)], { expected });
			await agree(row, version, text);
		} catch (error) {
			live.dirty = true;
			throw error;
		}
	}

	async function agree(row: Row, version: string, text: string): Promise<Row> {
		const change = { version, base: zstdCompressSync(text), updatedAt: new Date() };
		await db.update(notebookFiles).set(change).where(eq(notebookFiles.notebookId, row.notebookId));
		return { ...row, ...change };
	}

	async function tellMembers(notebook: NotebookId, news: PersonNews): Promise<void> {
		const people = await db
			.select({ user: members.userId })
			.from(members)
			.where(eq(members.notebookId, notebook));
		for (const { user } of people) tell(user, news);
	}

	function forget(id: NotebookId): void {
		const live = lives.get(id);
		if (live) unwatch(live);
		lives.delete(id);
		void boundIds().then((ids) => ids.delete(id));
	}

	async function bindNew(caller: Caller, workspace: WorkspaceId, path: string, files: WorkspaceFiles) {
		const { text, version } = await readFile(files, path);
		const file = importNotebook(text);
		const base = agreedText(file);
		const title = posix.basename(path).replace(/\.ipynb$/i, '');
		const { id } = await createNotebook(db, caller.user.id, { ipynb: base, title });
		const bound = await db
			.insert(notebookFiles)
			.values({ notebookId: id, workspaceId: workspace, path, version, base: zstdCompressSync(base) })
			.onConflictDoNothing()
			.returning();
		if (bound.length === 0) {
			await db.delete(notebooks).where(eq(notebooks.id, id));
			throw taken();
		}
		(await boundIds()).add(id);
		const live = liveOf(id);
		Object.assign(live, { dirty: false, state: 'saved' });
		watch(bound[0]!, live);
		return { id, made: true, warnings: file.warnings };
	}

	const service: BoundNotebooksService = {
		async open(caller, workspace, asked) {
			await openWorkspace({ gateway, directory }, caller, workspace);
			const files = gateway.files(workspace);
			const { path, type } = await files.stat(asked);
			if (type !== 'file' || !path.isWellFormed() || !/\.ipynb$/i.test(path)) throw noNotebook();
			const key = `${workspace} ${path}`;
			const before = opening.get(key) ?? Promise.resolve();
			const mine = before.then(async () => {
				const [row] = await db
					.select()
					.from(notebookFiles)
					.where(and(eq(notebookFiles.workspaceId, workspace), eq(notebookFiles.path, path)));
				if (!row) return bindNew(caller, workspace, path, files);
				await requireRole(db, caller, row.notebookId, 'read').catch((error: unknown) => {
					if (error instanceof ProblemError) throw taken();
					throw error;
				});
				await sync(row.notebookId);
				return { id: row.notebookId, made: false, warnings: [] };
			});
			const settled = mine.then(
				() => undefined,
				() => undefined
			);
			opening.set(key, settled);
			try {
				return await mine;
			} finally {
				if (opening.get(key) === settled) opening.delete(key);
			}
		},

		async read(caller, id) {
			await requireRole(db, caller, id, 'read');
			const row = await rowOf(id);
			if (!row) return null;
			const isNew = !lives.has(id);
			const live = liveOf(id);
			if (isNew || !live.stopWatching) void sync(id);
			const workspaceName = (await directory.address(row.workspaceId))?.name ?? null;
			const { state, problem, merged } = live;
			return { workspace: row.workspaceId, workspaceName, path: row.path, state, problem, merged };
		},

		async act(caller, id, action) {
			await requireRole(db, caller, id, action === 'unbind' ? 'share' : 'edit');
			await inTurn(id, async (row, live) => {
				if (!row) {
					forget(id);
					throw notBound();
				}
				live.dirty = true;
				if (action === 'unbind') {
					await db.delete(notebookFiles).where(eq(notebookFiles.notebookId, id));
					forget(id);
				} else await together(row, live, action === 'recreate');
				await tellMembers(id, { type: 'file', notebook: id });
			});
			return service.read(caller, id);
		},

		changed(id) {
			boundIds()
				.then((ids) => {
					if (!ids.has(id)) return;
					liveOf(id).dirty = true;
					return sync(id);
				})
				.catch((error: unknown) => logger.error({ notebook: id, err: error }, 'a file was not written'));
		},

		workspaceUp(workspace) {
			db.select({ id: notebookFiles.notebookId })
				.from(notebookFiles)
				.where(eq(notebookFiles.workspaceId, workspace))
				.then(async (rows) => {
					for (const { id } of rows) await sync(id);
				})
				.catch((error: unknown) => logger.error({ workspace, err: error }, 'files were not written'));
		},

		async stop() {
			stopped = true;
			for (const live of lives.values()) unwatch(live);
			const work = Promise.all([...lives.values()].map((live) => live.work));
			// A machine that does not answer keeps no server from stopping; what is not written is written later.
			let timer: NodeJS.Timeout | undefined;
			await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, STOP_MS)))]);
			clearTimeout(timer);
		}
	};
	return service;
}

function baseOf({ base }: Row): string {
	return zstdDecompressSync(base).toString();
}

/** What people are shown of the state: another text means that there is something new to see. */
function shown({ state, problem, merged }: Live): string {
	return [state, problem?.code, merged?.at].join(' ');
}

function mergeNotice({ notebookId, path }: Row, { at, summary }: LastMerge): PersonNews {
	const title = `${posix.basename(path)} was changed outside.`;
	return {
		type: 'notice',
		notice: { id: `merged-${notebookId}-${at}`, title, detail: summary, href: `/notebooks/${notebookId}` }
	};
}
