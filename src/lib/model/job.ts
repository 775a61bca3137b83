/**
 * Batch jobs in which kernels run: what is asked of a scheduler, and what everybody sees of the job. The other side is
 * `agent/JOBS.md`.
 */
import * as v from 'valibot';

export const SCHEDULERS = ['htcondor', 'slurm'] as const;
export type SchedulerName = (typeof SCHEDULERS)[number];

/** A word that goes into a submit file: neither a line nor a quotation can be smuggled in. */
const word = v.pipe(
	v.string(),
	v.maxLength(200),
	v.regex(/^(?!-)[\w.:@/+-]*$/, 'Letters, digits and . : @ / + - _ only.')
);
const whole = (least: number, most: number) =>
	v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

/** What a job asks for. A field that is empty is left to the scheduler. */
export const resourcesSchema = v.object({
	scheduler: v.picklist(SCHEDULERS),
	cpus: whole(1, 1024),
	/** Megabytes of 2^20 bytes; 0: the scheduler's own. */
	memory: whole(0, 16_000_000),
	gpus: whole(0, 64),
	/** As the pool names it. */
	gpuType: word,
	/** Minutes; 0: as long as the scheduler lets it. */
	walltime: whole(0, 60 * 24 * 60),
	/** Slurm's partition. */
	partition: word,
	/** HTCondor's accounting group, Slurm's account. */
	account: word,
	/** An expression on the machine (HTCondor), or features it must have (Slurm's constraint). */
	requirements: v.pipe(v.string(), v.maxLength(1000), v.regex(/^[^\p{Cc}]*$/u, 'Must be one line.')),
	/** A container image the job runs in. */
	container: word
});
export type Resources = v.InferOutput<typeof resourcesSchema>;

/** The least: one core, an hour. */
export function plainResources(scheduler: SchedulerName): Resources {
	return {
		...{ scheduler, cpus: 1, memory: 2048, gpus: 0, gpuType: '', walltime: 60 },
		...{ partition: '', account: '', requirements: '', container: '' }
	};
}

/**
 * `submitting`: on its way to the scheduler · `queued` · `held`: waits for a person or an administrator · `starting`: runs, and
 * our agent there has not answered yet · `running` · `ended`.
 */
export type JobState = 'submitting' | 'queued' | 'held' | 'starting' | 'running' | 'ended';

/** Why a job ended. `lost`: it is away, and nobody could say why. */
export const JOB_ENDS = [
	'finished',
	'removed',
	'evicted',
	'held',
	'walltime',
	'out-of-memory',
	'node-failed',
	'unreachable',
	'lost'
] as const;
export type JobEnd = (typeof JOB_ENDS)[number];

/** What everybody in the notebook sees of the job of its kernel. Times are in seconds since 1970. */
export interface JobStatus {
	scheduler: SchedulerName;
	/** The scheduler's own; null before it is there. */
	id: string | null;
	state: JobState;
	/** Since when. */
	since: number;
	/** How many jobs are before it, as far as the scheduler tells; null otherwise. */
	ahead: number | null;
	/** The scheduler's own words for why it waits, is held or ended. */
	words: string;
	expectedStart: number | null;
	/** The machine it runs on; empty before. */
	node: string;
	/** When its walltime is over; null where there is none. */
	endsAt: number | null;
	/** Whether it runs and may be given more time. */
	extends: boolean;
	end: JobEnd | null;
}

/** How the login node comes to a job's node: by the scheduler's own command, or called back from there. */
export const JOB_WAYS = ['attach', 'call-back'] as const;
export type JobWay = (typeof JOB_WAYS)[number];

/** A part of the cluster one can ask for: Slurm's partition; HTCondor has one, without a name. */
export interface Partition {
	name: string;
	isDefault: boolean;
	nodes: number;
	cpus: number;
	cpusFree: number;
	/** Megabytes of the largest node. */
	memory: number;
	gpus: number;
	gpusFree: number;
	gpuTypes: string[];
	/** Minutes; null: no limit. */
	walltime: number | null;
}

/** A scheduler of a workspace and what could be had of it just now. */
export interface Offer {
	scheduler: SchedulerName;
	version: string;
	partitions: Partition[];
	/** Null: there is none. */
	way: JobWay | null;
	/** Why there is no way, or why it is not the usual one; empty otherwise. */
	words: string;
	/** Whether a job of the account that runs may be given more time. */
	extends: boolean;
}

/** A job of the account in the list of all of them, whoever made it. */
export interface JobEntry {
	scheduler: SchedulerName;
	id: string;
	name: string;
	state: 'queued' | 'held' | 'running' | 'ended' | 'other';
	words: string;
	node: string;
	submitted: number | null;
	started: number | null;
	cpus: number | null;
	/** Megabytes asked for, and used at most. */
	memory: number | null;
	memoryUsed: number | null;
	gpus: number | null;
	/** The kernel of ours that runs in it. */
	kernel: string | null;
}

/** The same on a page: with the notebook whose kernel runs in it, or that runs in it itself, where the reader may see that. */
export interface ListedJob extends JobEntry {
	notebook: { id: string; title: string } | null;
	/** The batch run it is part of. */
	sweep: string | null;
}

/** A batch job in which a kernel of ours runs, on the page of what else runs there. */
export interface KernelJob {
	kernel: string;
	scheduler: SchedulerName;
	/** The scheduler's own. */
	id: string | null;
	node: string;
	/** Where the reader may see it. */
	notebook: { id: string; title: string } | null;
}

export type JobAct = 'remove' | 'hold' | 'release';
