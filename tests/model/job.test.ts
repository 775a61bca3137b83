/** What may be asked of a batch system: nothing that could break out of a submit file or a command. */
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { plainResources, resourcesSchema } from '#lib/model/job.ts';
import { presetsAt, sitePresetSchema } from '#lib/model/job-preset.ts';
import { roomCommand } from '#lib/model/room-command.ts';
import { deathSentence } from '#lib/model/run.ts';

test.each([
	{ cpus: 0 },
	{ cpus: 1.5 },
	{ cpus: NaN },
	{ memory: -1 },
	{ gpus: 65 },
	{ walltime: 1e9 },
	{ partition: 'gpu\nexecutable = /bin/sh' },
	{ partition: 'gpu --uid=0' },
	{ partition: '--uid=0' },
	{ account: 'a"b' },
	{ gpuType: "a100'; rm" },
	{ requirements: 'Cpus > 1\nqueue 1000' },
	{ requirements: 'a\u0000b' },
	{ container: '$(touch /tmp/x)' },
	{ scheduler: 'pbs' }
])('%j is refused', (change) => {
	const wish = { ...plainResources('htcondor'), ...change };
	expect(v.safeParse(resourcesSchema, wish).success).toBe(false);
	expect(v.safeParse(roomCommand, { do: 'start', workspace: 'w', resources: wish }).success).toBe(false);
});

test.each([
	['', ['login1.cluster.org', '10.1.2.3', 'localhost']],
	['login*.cluster.org', ['login1.cluster.org', 'LOGIN.cluster.org']],
	['*.cluster.org', ['login1.cluster.org', 'a.b.cluster.org', 'LOGIN.cluster.org']],
	['10.0.0.0/8', ['10.1.2.3']],
	['localhost', ['localhost']]
])('a preset for “%s” is for workspaces there alone', (hosts, there) => {
	const preset = v.parse(sitePresetSchema, { name: 'a', hosts, resources: plainResources('slurm') });
	const all = ['login1.cluster.org', 'LOGIN.cluster.org', 'a.b.cluster.org', 'login1.cluster.org.uk'];
	const found = [...all, '10.1.2.3', 'localhost'].filter((host) => presetsAt([preset], host).length > 0);
	expect(found.sort()).toEqual([...(hosts === '' ? [...all, '10.1.2.3', 'localhost'] : there)].sort());
});

test('what is usual passes', () => {
	const wish = {
		...plainResources('slurm'),
		...{ partition: 'gpu-long', account: 'physics.cms', requirements: 'a100|h100', gpuType: 'a100' },
		container: 'docker://python:3.12'
	};
	expect(v.parse(resourcesSchema, wish)).toEqual(wish);
});

test.each([
	['evicted', /took the machine back \(“preempted by root”\).*nothing was run again/],
	['held', /holds the job.*preempted by root/],
	['walltime', /time of the batch job was over/],
	['removed', /was removed/],
	['node-failed', /machine the kernel ran on failed/],
	['unreachable', /could not be reached/],
	['lost', /ended without a word of its kernel/],
	['out-of-memory', /more memory than it had asked for/]
])('the end of a job by %s is said in a sentence with the scheduler’s words', (reason, sentence) => {
	expect(deathSentence({ reason, words: 'preempted by root.' })).toMatch(sentence);
});
