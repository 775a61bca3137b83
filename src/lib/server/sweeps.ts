/** Notebooks sent to batch systems: sent, looked at, stopped. What comes back is brought by sweep-watch.ts. */
import { and, desc, eq, sql } from 'drizzle-orm';
import type { Collab } from '#collab/start.ts';
import { chooseSpec } from '#collab/kernel-choice.ts';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import { notebookFiles, sweeps, users, versions } from '#db/schema.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { newId, type NotebookId, type WorkspaceId } from '#lib/model/ids.ts';
import type { Resources } from '#lib/model/job.ts';
import type { Json } from '#lib/model/json.ts';
import { gridPoints, pointCount } from '#lib/model/parameter-grid.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { MOST_POINTS, type SweepStart } from '#lib/model/sweep.ts';
import { sweepPreview, type SweepPreview, type SweepRow, type SweepView } from '#lib/model/sweep-view.ts';
import type { WorkspaceFiles } from '#lib/model/workspace-files.ts';
import type { KernelSpec } from '#lib/model/workspace.ts';
import { codeOf } from './bound-file.ts';
import { requireRole } from './notebook-access.ts';
import { readNotebookContent } from './notebook-files.ts';
import { openWorkspace } from './open-workspace.ts';
import { isPlainId } from './plain-line.ts';
import type { Caller } from './services.ts';
import { folderName, readResult, sweepInput, writeInputs } from './sweep-folder.ts';
import type { SweepRecord, SweepWatch } from './sweep-watch.ts';

export interface SweepRequest {
	/** One of the caller's own, connected. */
	workspace: WorkspaceId;
	/** The kernel by its name; without one, as the notebook says. */
	kernelspec: string | null;
	resources: Resources;
	/** The values of each parameter; one without values keeps its default. */
	parameters: Record<string, Json[]>;
	onError: 'stop' | 'continue';
}

/** All calls refuse with 404 where the caller has no role in the notebook, and 404 `sweep-unknown`. */
export interface Sweeps {
	/**
	 * Runners, on workspaces of their own. 400 `sweep-too-large` above MOST_POINTS jobs, 400 `parameter-invalid`, 409
	 * `parameters-language`, 409 as `chooseSpec`, 404 and 409 as all calls about workspaces.
	 */
	create(caller: Caller, id: NotebookId, request: SweepRequest): Promise<SweepRow>;
	/** The newest first. */
	list(caller: Caller, id: NotebookId): Promise<SweepRow[]>;
	/** With the state of its jobs; without it where the workspace cannot be asked. */
	get(caller: Caller, id: NotebookId, sweep: string): Promise<SweepView>;
	/** Take what is not over out of the batch system; runners. */
	stop(caller: Caller, id: NotebookId, sweep: string): Promise<void>;
	/** The notebook of a point as it ran so far, the text of an .ipynb. 404 `file-missing` before it has begun. */
	result(caller: Caller, id: NotebookId, sweep: string, point: string): Promise<string>;
	/** What there is to see of it in small. */
	preview(caller: Caller, id: NotebookId, sweep: string, point: string): Promise<SweepPreview>;
}

export interface SweepsOptions {
	db: Database;
	collab: Pick<Collab, 'log'>;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	watch: SweepWatch;
}

/** The version a run has become. */
const VERSION = sql<number | null>`(select max(${versions.number}) from ${versions} where
	${versions.notebookId} = ${sweeps.notebookId} and ${versions.origin}->>'sweep' = ${sweeps.id})`;

type Row = SweepRecord & { by: string; version: number | null };

export function createSweeps(options: SweepsOptions): Sweeps {
	const { db, collab, gateway, directory, watch } = options;

	const rows = (id: NotebookId, sweep?: string): Promise<Row[]> =>
		db
			.select({ sweep: sweeps, by: users.displayName, version: VERSION })
			.from(sweeps)
			.innerJoin(users, eq(users.id, sweeps.createdBy))
			.where(and(eq(sweeps.notebookId, id), sweep === undefined ? undefined : eq(sweeps.id, sweep)))
			.orderBy(desc(sweeps.createdAt), desc(sweeps.id))
			.then((found) => found.map((row) => ({ ...row.sweep, by: row.by, version: row.version })));

	async function rowOf(id: NotebookId, sweep: string): Promise<Row> {
		const [row] = isPlainId(sweep) ? await rows(id, sweep) : [];
		if (row) return row;
		throw new ProblemError(404, {
			code: 'sweep-unknown',
			title: 'This notebook has no such batch run.',
			remedy: 'Look at the list of its batch runs.'
		});
	}

	async function shown({ user }: Caller, row: Row): Promise<SweepRow> {
		const { id, title, points, workspaceId: workspace, folder, by, createdAt, over, version } = row;
		const person = { id: user.id, name: user.displayName, admin: user.admin };
		return {
			...{ id, title, points, workspace, folder, by, over, version, createdAt: createdAt.toISOString() },
			workspaceName: (await directory.address(workspace))?.name ?? null,
			own: await directory.mayUse(person, workspace)
		};
	}

	/** Everybody in the notebook sees what was sent from it, over the line of who sent it. */
	async function reach(workspace: WorkspaceId): Promise<WorkspaceFiles> {
		const address = await directory.address(workspace);
		if (address?.kind === 'local' && !gateway.isConnected(workspace)) await gateway.connect(address);
		if (address && gateway.isConnected(workspace)) return gateway.files(workspace);
		throw new ProblemError(409, {
			code: address ? 'workspace-disconnected' : 'workspace-unknown',
			title: address ? `${address.name} is not connected.` : 'The workspace was removed.',
			detail: 'The jobs go on without a connection; how they are is asked there.',
			...(address ? { remedy: 'Connect to it, or wait until its owner does.' } : {})
		});
	}

	async function inputs(id: NotebookId, spec: (metadata: Json) => KernelSpec, { parameters }: SweepRequest) {
		const count = pointCount(parameters);
		if (count > MOST_POINTS) {
			throw new ProblemError(400, {
				code: 'sweep-too-large',
				title: `These would be ${count} jobs; one batch run has at most ${MOST_POINTS}.`,
				remedy: 'Leave values out, or send it in parts.'
			});
		}
		const { title, content } = await readNotebookContent(db, collab.log, id);
		const chosen = spec(content.metadata);
		const points = gridPoints(parameters);
		return {
			...{ title, spec: chosen, points },
			texts: points.map((point) => ({ point, text: sweepInput(content, point.parameters, chosen) }))
		};
	}

	/** Where its file is on that workspace; null for a notebook that is none there. */
	async function fileOf(id: NotebookId, workspace: WorkspaceId): Promise<string | null> {
		const [row] = await db
			.select({ path: notebookFiles.path })
			.from(notebookFiles)
			.where(and(eq(notebookFiles.notebookId, id), eq(notebookFiles.workspaceId, workspace)));
		return row?.path ?? null;
	}

	/** The record is there before the jobs are, so that none runs of which nothing is known. */
	async function start(record: Row, spec: KernelSpec, sweep: SweepStart): Promise<void> {
		const { by: _, version: __, ...values } = record;
		await db.insert(sweeps).values(values);
		try {
			await gateway.startSweep(record.workspaceId, spec, sweep);
		} catch (error) {
			const there = await gateway.sweep(record.workspaceId, record.folder).then(
				() => true,
				(fault: unknown) => codeOf(fault) !== 'agent-no-sweep'
			);
			if (!there) await db.delete(sweeps).where(eq(sweeps.id, record.id));
			throw error;
		}
		watch.follow(record.workspaceId);
	}

	async function result(caller: Caller, id: NotebookId, sweep: string, point: string): Promise<string> {
		await requireRole(db, caller, id, 'read');
		const { workspaceId, folder } = await rowOf(id, sweep);
		return readResult(await reach(workspaceId), folder, point);
	}

	return {
		async create(caller, id, request) {
			await requireRole(db, caller, id, 'run');
			const { workspace, resources, onError } = request;
			const address = await openWorkspace(options, caller, workspace);
			const { specs } = await gateway.kernelspecs(address);
			const choose = (metadata: Json) =>
				chooseSpec(specs, request.kernelspec, metadata as Record<string, Json>, address.name);
			const { title, spec, points, texts } = await inputs(id, choose, request);
			const [sweep, createdAt] = [newId(), new Date()];
			const beside = await fileOf(id, workspace);
			const place = { beside, name: folderName(title, sweep, createdAt) };
			const folder = await writeInputs(gateway.files(workspace), place, texts);
			const record: Row = {
				...{ id: sweep, notebookId: id, workspaceId: workspace, folder, title, points: points.length },
				...{ createdBy: caller.user.id, createdAt, over: false, by: caller.user.displayName, version: null }
			};
			await start(record, spec, { folder, title, points, resources, onError });
			return shown(caller, record);
		},

		async list(caller, id) {
			await requireRole(db, caller, id, 'read');
			return Promise.all((await rows(id)).map((row) => shown(caller, row)));
		},

		async get(caller, id, sweep) {
			await requireRole(db, caller, id, 'read');
			const row = await rowOf(id, sweep);
			try {
				await reach(row.workspaceId);
				const status = await gateway.sweep(row.workspaceId, row.folder);
				// Told before it is brought back, the page would look again for nothing.
				await watch.seen(row, status).catch(() => undefined);
				const fresh = row.over ? row : await rowOf(id, sweep);
				return { ...(await shown(caller, fresh)), status, problem: null };
			} catch (error) {
				if (!(error instanceof ProblemError)) throw error;
				return { ...(await shown(caller, row)), status: null, problem: error.problem };
			}
		},

		async stop(caller, id, sweep) {
			await requireRole(db, caller, id, 'run');
			const { workspaceId, folder } = await rowOf(id, sweep);
			await reach(workspaceId);
			await gateway.stopSweep(workspaceId, folder);
		},

		result,

		async preview(caller, id, sweep, point) {
			const text = await result(caller, id, sweep, point);
			try {
				return sweepPreview(JSON.parse(text) as Json);
			} catch {
				// Where the folder is far, a file may be seen while it is being written.
				return null;
			}
		}
	};
}
