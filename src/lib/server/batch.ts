/** The batch systems of a workspace: what can be had there, and the jobs of the account. */
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import type { JobAct, JobEntry, Offer, SchedulerName } from '#lib/model/job.ts';
import { openWorkspace } from './open-workspace.ts';
import type { Caller } from './services.ts';

/** All calls refuse with 404 for a workspace that is not the caller's, with 409 without a connection. */
export interface Batch {
	/** The schedulers of the workspace and what is free there now; none where there are none. */
	offers(caller: Caller, workspace: string): Promise<{ offers: Offer[] }>;
	/** All jobs of the account, whoever made them. */
	jobs(caller: Caller, workspace: string): Promise<{ jobs: JobEntry[] }>;
	/** 409 `agent-job` where the scheduler refuses, in its words. */
	act(caller: Caller, workspace: string, scheduler: SchedulerName, job: string, act: JobAct): Promise<void>;
	/** The end of a job's log. */
	log(caller: Caller, workspace: string, scheduler: SchedulerName, job: string): Promise<{ text: string }>;
}

export function createBatch(rooms: { gateway: KernelGateway; directory: WorkspaceDirectory }): Batch {
	const { gateway } = rooms;
	return {
		async offers(caller, workspace) {
			await openWorkspace(rooms, caller, workspace);
			return { offers: await gateway.offers(workspace) };
		},
		async jobs(caller, workspace) {
			await openWorkspace(rooms, caller, workspace);
			return { jobs: (await gateway.jobs(workspace)).jobs };
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
