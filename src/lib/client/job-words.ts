/** A batch job in words. */
import * as v from 'valibot';
import { resourcesSchema, type JobStatus, type Resources, type SchedulerName } from '#lib/model/job.ts';
import { elapsed, span } from './render/words.ts';
import { memory } from './usage-words.ts';

export const SCHEDULER_NAMES: Record<SchedulerName, string> = { htcondor: 'HTCondor', slurm: 'Slurm' };

/** Seconds before the end of a job at which everybody in the notebook is warned. */
export const WARNINGS = [600, 60] as const;

/** The state in a word or two. */
export function jobWord({ state }: JobStatus): string {
	switch (state) {
		case 'submitting':
			return 'submitting';
		case 'queued':
			return 'in the queue';
		case 'held':
			return 'held';
		case 'starting':
			return 'job starting';
		case 'running':
			return 'job running';
		case 'ended':
			return 'job ended';
	}
}

/** What a waiting or running job is doing, in a sentence. `now` in seconds since 1970. */
export function jobSentence(job: JobStatus, now: number): string {
	const name = SCHEDULER_NAMES[job.scheduler];
	const words = job.words.trim() === '' ? '' : ` ${name} says: ${job.words.trim()}`;
	switch (job.state) {
		case 'submitting':
			return `The job is handed over to ${name}.`;
		case 'queued': {
			const ahead =
				job.ahead === null
					? ''
					: job.ahead === 0
						? ' It is the next.'
						: ` ${count(job.ahead, 'job')} before it.`;
			const expected =
				job.expectedStart !== null && job.expectedStart > now
					? ` Expected to start in ${span(job.expectedStart - now)}.`
					: '';
			return `Waiting for a machine for ${span(now - job.since)}.${ahead}${expected} Cells you run now go when it is there.${words}`;
		}
		case 'held':
			return `The job is held back and waits for somebody.${words}`;
		case 'starting':
			return `The job has begun${job.node ? ` on ${job.node}` : ''}; the kernel is starting.`;
		case 'running':
			return `Running on ${job.node || 'a machine of the cluster'}.`;
		case 'ended':
			return `The job has ended.${words}`;
	}
}

/** What was asked for: "4 cores, 8 GB, 1 GPU, 2 h". */
export function resourceWords(resources: Resources): string {
	const { cpus, memory: asked, gpus, gpuType, walltime, partition } = resources;
	return [
		count(cpus, 'core'),
		asked > 0 && jobMemory(asked),
		gpus > 0 && `${count(gpus, 'GPU')}${gpuType ? ` (${gpuType})` : ''}`,
		walltime > 0 && span(walltime * 60),
		partition
	]
		.filter(Boolean)
		.join(', ');
}

/** What is wrong with what was typed, by the name of the field; null: nothing. */
export function resourceFaults(resources: Resources): Record<string, string> | null {
	const read = v.safeParse(resourcesSchema, resources);
	if (read.success) return null;
	return Object.fromEntries(
		read.issues.map((issue) => [
			String(issue.path?.[0]?.key),
			issue.type === 'number' || issue.type === 'integer' ? 'A whole number, please.' : issue.message
		])
	);
}

/** Memory as batch systems count it, in megabytes of 2^20 bytes. */
export function jobMemory(megabytes: number): string {
	return memory(megabytes * 2 ** 20);
}

/** What is left of a job's time as a running clock; empty without an end. */
export function countdown(job: JobStatus, now: number): string {
	return job.endsAt === null || job.state !== 'running' ? '' : elapsed(1000 * (job.endsAt - now));
}

/** The warning that is due: the seconds it is about, or null. */
export function warningDue(job: JobStatus | null, now: number): number | null {
	if (job?.state !== 'running' || job.endsAt === null) return null;
	const { since, endsAt } = job;
	const left = endsAt - now;
	// The last that has begun. A job that had less from its start needs not be told so.
	const due = WARNINGS.filter((limit) => left <= limit && limit < endsAt - since).at(-1);
	return left < 0 ? null : (due ?? null);
}

function count(n: number, what: string): string {
	return `${n} ${what}${n === 1 ? '' : 's'}`;
}
