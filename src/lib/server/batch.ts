/** The batch systems of a workspace: what can be had there, and the jobs of the account. */
import type { Collab } from '#collab/start.ts';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { presetsAt, type JobPreset } from '#lib/model/job-preset.ts';
import type { JobAct, JobEntry, ListedJob, Offer, SchedulerName } from '#lib/model/job.ts';
import { notebooksOfKernels } from './kernel-notebooks.ts';
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

export function createBatch(rooms: BatchOptions): Batch {
	const { gateway } = rooms;

	/** The jobs with the notebooks of their kernels, as far as the caller may see them. */
	async function withNotebooks({ user }: Caller, jobs: JobEntry[]): Promise<ListedJob[]> {
		const kernels = jobs.flatMap(({ kernel }) => kernel ?? []);
		const of = await notebooksOfKernels(rooms, user.id, kernels);
		return jobs.map((job) => ({ ...job, notebook: of.get(job.kernel ?? '') ?? null }));
	}

	return {
		async offers(caller, workspace) {
			const address = await openWorkspace(rooms, caller, workspace);
			const [offers, { jobPresets }] = await Promise.all([gateway.offers(workspace), readSettings(rooms.db)]);
			const here = presetsAt(jobPresets, address.kind === 'ssh' ? address.host : 'localhost');
			const presets = here.filter(({ resources }) =>
				offers.some(({ scheduler }) => scheduler === resources.scheduler)
			);
			return { offers, presets };
		},
		async jobs(caller, workspace) {
			await openWorkspace(rooms, caller, workspace);
			const { jobs } = await gateway.jobs(workspace);
			return { jobs: await withNotebooks(caller, jobs) };
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
