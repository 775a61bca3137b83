/** A batch job in words. */
import type { JobStatus, Resources, SchedulerName } from '#lib/model/job.ts';

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
					? ` Expected to start in ${duration(job.expectedStart - now)}.`
					: '';
			return `Waiting for a machine for ${duration(now - job.since)}.${ahead}${expected} Cells you run now go when it is there.${words}`;
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
	const { cpus, memory, gpus, gpuType, walltime, partition } = resources;
	return [
		count(cpus, 'core'),
		memory > 0 && memoryWords(memory),
		gpus > 0 && `${count(gpus, 'GPU')}${gpuType ? ` (${gpuType})` : ''}`,
		walltime > 0 && duration(walltime * 60),
		partition
	]
		.filter(Boolean)
		.join(', ');
}

/** Megabytes in words. */
export function memoryWords(megabytes: number): string {
	return megabytes >= 1000 ? `${Number((megabytes / 1000).toFixed(1))} GB` : `${megabytes} MB`;
}

/** Seconds in words, as exact as one needs: "40 s", "12 min", "3 h 20 min", "2 d 4 h". */
export function duration(seconds: number): string {
	const whole = Math.max(0, Math.round(seconds));
	if (whole < 60) return `${whole} s`;
	const minutes = Math.floor(whole / 60);
	if (minutes < 60) return `${minutes} min`;
	const hours = Math.floor(minutes / 60);
	if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
	return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** What is left of a job's time as a clock, "1:05:09" or "9:07"; empty without an end. */
export function countdown(job: JobStatus, now: number): string {
	if (job.endsAt === null || job.state !== 'running') return '';
	const left = Math.max(0, Math.round(job.endsAt - now));
	const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
	const two = (n: number): string => String(n).padStart(2, '0');
	return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** The warning that is due: the seconds it is about, or null. */
export function warningDue(job: JobStatus | null, now: number): number | null {
	if (job?.state !== 'running' || job.endsAt === null) return null;
	const left = job.endsAt - now;
	// The last one that has begun; a job that is shorter than ten minutes needs no warning of ten minutes.
	return left < 0 ? null : (WARNINGS.toReversed().find((limit) => left <= limit) ?? null);
}

function count(n: number, what: string): string {
	return `${n} ${what}${n === 1 ? '' : 's'}`;
}
