/** A batch job in words, and when its end is warned of. */
import { expect, test } from 'vitest';
import { countdown, jobSentence, resourceWords, warningDue } from '#lib/client/job-words.ts';
import { span } from '#lib/client/render/words.ts';
import { kernelWord } from '#lib/client/kernel-words.ts';
import { plainResources, type JobStatus } from '#lib/model/job.ts';

const NOW = 1_000_000;
const job = (change: Partial<JobStatus> = {}): JobStatus => ({
	...{ scheduler: 'htcondor', id: '12.0', state: 'queued', since: NOW - 90, ahead: null, words: '' },
	...{ expectedStart: null, node: '', endsAt: null, extends: false, end: null },
	...change
});

test('a waiting job says its place, when it may start, and the scheduler’s own reason', () => {
	expect(jobSentence(job({ ahead: 3, expectedStart: NOW + 3600, words: 'no match' }), NOW)).toBe(
		'Waiting for a machine for 1 min. 3 jobs before it. Expected to start in 1 h. Cells you run now go when it is there. HTCondor says: no match'
	);
	expect(jobSentence(job({ ahead: 0 }), NOW)).toContain('It is the next.');
	// What was expected for a moment that is over says nothing any more.
	expect(jobSentence(job({ expectedStart: NOW - 5 }), NOW)).not.toContain('Expected');
	expect(jobSentence(job({ state: 'held', words: 'memory' }), NOW)).toContain('HTCondor says: memory');
});

test.each([
	[{ state: 'queued', endsAt: NOW + 30 }, null],
	[{ state: 'running', endsAt: null }, null],
	[{ state: 'running', endsAt: NOW + 601 }, null],
	[{ state: 'running', endsAt: NOW + 600 }, 600],
	[{ state: 'running', endsAt: NOW + 61 }, 600],
	[{ state: 'running', endsAt: NOW + 60 }, 60],
	// Five minutes from the start on: only the last of them is news.
	[{ state: 'running', since: NOW, endsAt: NOW + 300 }, null],
	[{ state: 'running', since: NOW - 250, endsAt: NOW + 50 }, 60],
	[{ state: 'running', endsAt: NOW - 1 }, null]
] as [Partial<JobStatus>, number | null][])('%j is warned of: %j', (change, due) => {
	expect(warningDue(job({ since: NOW - 3600, ...change }), NOW)).toBe(due);
});

test('times and resources as people say them', () => {
	expect([5, 60, 3600, 3660, 49 * 3600].map(span)).toEqual(['5 s', '1 min', '1 h', '1 h 1 min', '2 d 1 h']);
	expect(countdown(job({ state: 'running', endsAt: NOW + 3909 }), NOW)).toBe('1:05:09');
	expect(countdown(job({ state: 'running', endsAt: NOW + 59 }), NOW)).toBe('59 s');
	expect(countdown(job({ endsAt: NOW + 59 }), NOW)).toBe('');
	expect(
		resourceWords({ ...plainResources('slurm'), cpus: 4, gpus: 1, gpuType: 'a100', partition: 'gpu' })
	).toBe('4 cores, 2.0 GB, 1 GPU (a100), 1 h, gpu');
});

test('the kernel’s chip says that its job waits, and no more once the kernel is up', () => {
	expect(kernelWord({ state: 'starting', job: job() }).word).toBe('in the queue');
	expect(kernelWord({ state: 'starting', job: job({ state: 'running' }) }).word).toBe('starting');
	expect(kernelWord({ state: 'idle', job: job() }).word).toBe('idle');
});
