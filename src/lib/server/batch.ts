/** The batch systems of a workspace: what can be had there, and the jobs of the account. */
import { and, desc, eq } from 'drizzle-orm';
import type { Collab } from '#collab/start.ts';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import { sweeps } from '#db/schema.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { presetsAt, type JobPreset } from '#lib/model/job-preset.ts';
import type { JobAct, JobEntry, ListedJob, Offer, SchedulerName } from '#lib/model/job.ts';
import { readableNotebooks } from './kernel-notebooks.ts';
import { openWorkspace } from './open-workspace.ts';
import type { Caller } from './services.ts';
import { readSettings } from './settings.ts';

/** All calls refuse with 404 for a workspace that is not the caller's, with 409 without a connection. */
export interface Batch {
	/** The schedulers of the workspace, what is free there now, and what administrators offer to ask for there. */
	offers(caller: Caller, workspace: string): Promise<{ offers: Offer[]; presets: JobPreset[] }>;
	/** All jobs of the account, whoever made them. */
	jobs(caller: Caller, workspace: string): Promise<{ jobs: ListedJob[] }>;
	/** 409 `agent-job` where the scheduler refuses, in its words. */
	act(caller: Caller, workspace: string, scheduler: SchedulerName, job: string, act: JobAct): Promise<void>;
	/** The end of a job's log. */
	log(caller: Caller, workspace: string, scheduler: SchedulerName, job: string): Promise<{ text: string }>;
}

export interface BatchOptions {
	db: Database;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	collab: Pick<Collab, 'rooms'>;
}

/** Batch runs of a workspace whose jobs are looked up for the list. */
const MOST_SWEEPS = 20;

export function createBatch(rooms: BatchOptions): Batch {
	const { db, gateway, collab } = rooms;

	/** By scheduler and number the jobs of batch runs that go on, each with its run and its notebook. */
	async function sweepJobs(workspace: string): Promise<Map<string, { sweep: string; notebook: string }>> {
		const rows = await db
			.select({ sweep: sweeps.id, notebook: sweeps.notebookId, folder: sweeps.folder })
			.from(sweeps)
			.where(and(eq(sweeps.workspaceId, workspace), eq(sweeps.over, false)))
			.orderBy(desc(sweeps.createdAt))
			.limit(MOST_SWEEPS);
		const found = await Promise.all(
			rows.map(async ({ folder, ...of }) => {
				// A list without a link is a list all the same.
				const status = await gateway.sweep(workspace, folder).catch(() => null);
				return (status?.points ?? []).map(({ job }) => [`${status!.scheduler} ${job}`, of] as const);
			})
		);
		return new Map(found.flat());
	}

	/** The jobs with the notebooks they are about, as far as the caller may see them. */
	async function withNotebooks({ user }: Caller, workspace: string, jobs: JobEntry[]): Promise<ListedJob[]> {
		const [kernels, runs] = await Promise.all([collab.rooms.kernels(), sweepJobs(workspace)]);
		const about = jobs.map((job) => {
			const run = runs.get(`${job.scheduler} ${job.id}`);
			const notebook = job.kernel === null ? run?.notebook : kernels.get(job.kernel);
			return { job, notebook, sweep: run?.sweep ?? null };
		});
		const ids = about.flatMap(({ notebook }) => (notebook === undefined ? [] : [notebook]));
		const readable = await readableNotebooks(db, user.id, ids);
		return about.map(({ job, notebook, sweep }) => {
			const found = readable.get(notebook ?? '') ?? null;
			return { ...job, notebook: found, sweep: found && sweep };
		});
	}

	return {
		async offers(caller, workspace) {
			const address = await openWorkspace(rooms, caller, workspace);
			const [offers, { jobPresets }] = await Promise.all([gateway.offers(workspace), readSettings(db)]);
			const here = presetsAt(jobPresets, address.kind === 'ssh' ? address.host : 'localhost');
			const presets = here.filter(({ resources }) =>
				offers.some(({ scheduler }) => scheduler === resources.scheduler)
			);
			return { offers, presets };
		},
		async jobs(caller, workspace) {
			await openWorkspace(rooms, caller, workspace);
			const { jobs } = await gateway.jobs(workspace);
			return { jobs: await withNotebooks(caller, workspace, jobs) };
		},
		async act(caller, workspace, scheduler, job, act) {
			await openWorkspace(rooms, caller, workspace);
			await gateway.jobAct(workspace, scheduler, job, act);
		},
		async log(caller, workspace, scheduler, job) {
			await openWorkspace(rooms, caller, workspace);
			return { text: await gateway.jobLog(workspace, scheduler, job) };
		}
	};
}
