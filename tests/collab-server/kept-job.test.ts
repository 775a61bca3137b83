/** A restart in a batch job: the job is kept for the next life, and only where both lives can be told apart. */
import { expect, test } from 'vitest';
import { KeptJob } from '#collab/kept-job.ts';

function kept(): { job: KeptJob; left: string[] } {
	const left: string[] = [];
	return { job: new KeptJob((kernel) => left.push(kernel)), left };
}

test('the next life has the same id, and begins only when the former has said its last', async () => {
	const { job, left } = kept();
	job.keep('k');
	let taken: string | null | undefined;
	const taking = job.take().then((kernel) => (taken = kernel));
	await new Promise((resolve) => setImmediate(resolve));
	expect(taken).toBeUndefined();
	expect(job.ended('k', 'exit')).toBe(true);
	await taking;
	expect(taken).toBe('k');
	expect(await job.take()).toBeNull();
	expect(left).toEqual([]);
});

test.each(['evicted', 'walltime', 'removed', 'lost'])(
	'a job that ended by itself (%s) is not kept',
	async (reason) => {
		const { job, left } = kept();
		job.keep('k');
		expect(job.ended('k', reason)).toBe(false);
		expect(await job.take()).toBeNull();
		expect(left).toEqual([]);
	}
);

test('a shutdown for good keeps nothing; a job that is not wanted any more goes', async () => {
	const { job, left } = kept();
	job.keep(null);
	expect(job.ended('k', 'exit')).toBe(false);
	expect(await job.take()).toBeNull();
	job.keep('k');
	expect(job.ended('k', 'exit')).toBe(true);
	job.drop();
	expect(left).toEqual(['k']);
	expect(await job.take()).toBeNull();
});
