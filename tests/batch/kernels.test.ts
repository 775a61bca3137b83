/**
 * Kernels in jobs of real batch systems, from the notebook to the execute node: HTCondor with a shared home, HTCondor whose
 * nodes do not have the homes, and Slurm.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { JobStatus } from '#lib/model/job.ts';
import { withoutClusters, type Cluster } from '../support/cluster.ts';
import { startHTCondor, type HTCondor } from '../support/htcondor.ts';
import { startSlurm } from '../support/slurm.ts';
import { openDesk, PATIENT, type Desk, type Desktop } from './notebook.ts';

const LONG = { timeout: 240_000 };
const COUNT = 'import time\nfor i in range(200):\n    print("line", i, flush=True)\n    time.sleep(0.05)';
const lines = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('line '));
const ALL = Array.from({ length: 200 }, (_, i) => `line ${i}`);

const SYSTEMS = [
	{
		name: 'HTCondor with a shared home',
		scheduler: 'htcondor',
		start: () => startHTCondor(),
		all: true
	},
	{
		name: 'HTCondor without a shared home',
		scheduler: 'htcondor',
		start: () => startHTCondor({ sharedHome: false }),
		// What depends on the home alone: the rest is the same scheduler's.
		all: false
	},
	{ name: 'Slurm', scheduler: 'slurm', start: () => startSlurm(), all: true }
] as const;

const missing = withoutClusters();
if (missing !== null) console.warn(`Kernels in batch jobs are left out. ${missing}`);

describe.skipIf(missing !== null).each(SYSTEMS)('$name', ({ scheduler, start, all }) => {
	let cluster: Cluster;
	let desk: Desk;
	let open: Desktop[] = [];
	const notebook = async (...sources: string[]): Promise<Desktop> => {
		const made = await desk.notebook(...sources);
		open.push(made);
		return made;
	};
	/** As the scheduler itself says. */
	const queueEmpty = (): Promise<void> =>
		vi.waitFor(async () => {
			const ask = scheduler === 'slurm' ? 'squeue --noheader --me' : 'condor_q -af ClusterId';
			expect((await cluster.run(ask)).stdout.trim()).toBe('');
		}, PATIENT);
	/** Slurm goes on showing jobs for a while that have ended. */
	const living = async () => (await desk.jobs()).filter(({ state }) => state !== 'ended');
	const noWorkers = (): Promise<void> =>
		vi.waitFor(async () => {
			expect((await cluster.asRoot('pgrep -af "[w]orker|[i]pykernel" || true')).stdout).toBe('');
		}, PATIENT);

	beforeAll(async () => {
		cluster = await start();
		desk = await openDesk(cluster, scheduler);
	}, 120_000);
	// One that failed on the way must not keep the next one waiting.
	afterEach(async () => {
		for (const each of open) {
			if (each.kernel().kernel !== null) await each.act('shutdown').catch(() => undefined);
			each.tab.close();
		}
		open = [];
		await queueEmpty();
	}, 120_000);
	afterAll(async () => {
		await desk?.end();
		await cluster?.stop();
	}, 60_000);

	test('what is free is offered', LONG, async () => {
		const { body } = await desk.call('GET', `/api/workspaces/${desk.workspace}/offers`);
		// The other one is installed there, too, and answers nobody.
		const offer = body.offers.find((each: { scheduler: string }) => each.scheduler === scheduler);
		expect(offer).toMatchObject({ way: 'attach' });
		const { partitions } = offer;
		// HTCondor's two slots are on one machine here, which then has the memory of both.
		const nodes = scheduler === 'slurm' ? { nodes: 2, memory: 1024 } : { nodes: 1, memory: 2048 };
		expect(partitions[0]).toMatchObject({ ...nodes, cpus: 2, cpusFree: 2, gpus: 0 });
		if (scheduler === 'slurm') {
			expect(partitions.map(({ name }: { name: string }) => name)).toEqual(['main', 'short']);
			expect(partitions[1].walltime).toBe(10);
		}
	});

	test('queued, running, output, interrupt, shutdown, and the queue is empty', LONG, async () => {
		const page = await notebook(
			'import os, socket\nprint("in a job:", "_CONDOR_SCRATCH_DIR" in os.environ or "SLURM_JOB_ID" in os.environ)',
			'import time\nprint("sleeps", flush=True)\ntime.sleep(600)',
			'1 / 0'
		);
		const seen = new Set<string>();
		page.tab.runtimeDoc.on('update', () => seen.add(page.job()?.state ?? 'none'));
		await page.start();
		// Queued while the job waits: it goes when the kernel is there.
		page.run(0);
		expect(await page.ended(0)).toBe('done');
		expect(page.text(0)).toBe('in a job: True\n');
		expect([...seen]).toEqual(expect.arrayContaining(['queued', 'running']));
		expect(page.job()).toMatchObject({ scheduler, state: 'running', end: null });
		expect(page.job()!.node).not.toBe('');
		expect(page.job()!.endsAt! - Date.now() / 1000).toBeGreaterThan(3000);
		const { id } = page.job()!;
		const { kernel } = page.kernel();
		// The list is the scheduler's, which is asked every few seconds.
		await vi.waitFor(async () => {
			expect(await living()).toMatchObject([{ scheduler, id, state: 'running', kernel, cpus: 1 }]);
		}, PATIENT);

		page.run(1);
		await vi.waitFor(() => expect(page.text(1)).toContain('sleeps'), PATIENT);
		await page.act('interrupt');
		expect(await page.ended(1)).not.toBe('done');
		expect(page.text(1)).toContain('KeyboardInterrupt');

		// A restart keeps the job: nobody waits in the queue a second time.
		await page.act('restart');
		page.run(2);
		expect(await page.ended(2)).toBe('error');
		expect(page.text(2)).toContain('ZeroDivisionError');
		expect(page.job()).toMatchObject({ id, state: 'running' });

		await page.act('shutdown');
		await page.kernelIs('none');
		await queueEmpty();
		await noWorkers();
		expect(page.kernel().problem).toBeNull();
	});

	if (all)
		test('a job that waits is cancelled; it says why it waits', LONG, async () => {
			const page = await notebook('print(1)');
			await page.start({ memory: 900 });
			const second = await notebook('print(2)');
			await second.start({ memory: 900 });
			const third = await notebook('print(3)');
			await third.start({ memory: 900 });
			third.run(0);
			await Promise.all([page.kernelIs('idle'), second.kernelIs('idle')]);
			await third.jobIs('queued');
			await vi.waitFor(() => expect(third.job()!.words).not.toBe(''), PATIENT);
			expect(third.kernel().state).toBe('starting');
			const fourth = await notebook('print(4)');
			await fourth.start({ memory: 900 });
			await fourth.jobIs('queued');
			// HTCondor has no order across users, and says none.
			const places = (...numbers: number[]) => (scheduler === 'slurm' ? numbers : numbers.map(() => null));
			const ahead = (...of: Desktop[]) => of.map((each) => each.job()!.ahead);
			await vi.waitFor(() => expect(ahead(third, fourth)).toEqual(places(0, 1)), PATIENT);
			if (scheduler === 'slurm') {
				const soon = Date.now() / 1000;
				await vi.waitFor(() => expect(third.job()!.expectedStart).toBeGreaterThan(soon), PATIENT);
			}
			await third.act('shutdown');
			await third.kernelIs('none');
			await vi.waitFor(() => expect(ahead(fourth)).toEqual(places(0)), PATIENT);
			await fourth.act('shutdown');
			await fourth.kernelIs('none');
			await vi.waitFor(async () => expect(await living()).toHaveLength(2), PATIENT);
			await Promise.all([page.act('shutdown'), second.act('shutdown')]);
			await queueEmpty();
			await noWorkers();
		});

	test('the server is killed in the middle of a run: every line is there once', LONG, async () => {
		const page = await notebook(COUNT);
		await page.start();
		page.run(0);
		await vi.waitFor(() => expect(lines(page.text(0)).length).toBeGreaterThan(20), PATIENT);
		await desk.killServer();
		await desk.connect();
		await page.reopen();
		expect(await page.ended(0)).toBe('done');
		expect(lines(page.text(0))).toEqual(ALL);
		await page.act('shutdown');
		await queueEmpty();
	});

	if (all)
		test('the scheduler is started anew in the middle of a run', LONG, async () => {
			const page = await notebook(COUNT);
			await page.start();
			page.run(0);
			await vi.waitFor(() => expect(lines(page.text(0)).length).toBeGreaterThan(20), PATIENT);
			if (scheduler === 'slurm') await cluster.asRoot('scontrol reconfigure');
			else await (cluster as HTCondor).restartSchedd();
			expect(await page.ended(0)).toBe('done');
			expect(lines(page.text(0))).toEqual(ALL);
			await page.act('shutdown');
			await queueEmpty();
		});

	const removed = {
		how: 'removed by hand',
		does: ({ id }: JobStatus) => cluster.run(`${scheduler === 'slurm' ? 'scancel' : 'condor_rm'} ${id}`),
		says: /was removed/
	};
	const killed = {
		how: 'its agent killed',
		does: () => cluster.asRoot('pkill -9 -f "[w]orker"'),
		says: /./
	};
	const ENDS =
		scheduler === 'slurm'
			? [
					removed,
					killed,
					{
						how: 'its node failed',
						does: ({ node }: JobStatus) =>
							cluster.asRoot(
								`scontrol update NodeName=${node} State=DOWN Reason=broken && scontrol update NodeName=${node} State=RESUME`
							),
						says: /machine the kernel ran on failed/
					}
				]
			: [
					removed,
					killed,
					{
						how: 'evicted',
						does: ({ id }: JobStatus) => cluster.asRoot(`condor_vacate_job ${id}`),
						says: /took the machine back/
					},
					{
						how: 'held',
						does: ({ id }: JobStatus) => cluster.run(`condor_hold ${id}`),
						says: /holds the job/
					}
				];
	test.each(all ? ENDS : ENDS.filter(({ how }) => how === 'evicted'))(
		'$how: said in a sentence, nothing run again, and no orphan',
		LONG,
		async ({ does, says }) => {
			const page = await notebook('print("line 0")\nimport time; time.sleep(300)', 'print("again")');
			await page.start();
			page.run(0);
			await vi.waitFor(() => expect(page.text(0)).toContain('line 0'), PATIENT);
			await does(page.job()!);
			await page.kernelIs('dead');
			expect(page.kernel().problem!.title).toMatch(says);
			expect(page.text(0)).toMatch(/^line 0\n/);
			expect(page.job()).toMatchObject({ state: 'ended' });
			await queueEmpty();
			await noWorkers();
		}
	);

	if (all)
		test('more memory than was asked for', LONG, async () => {
			const page = await notebook('x = bytearray(700_000_000)\nimport time; time.sleep(200)');
			await page.start({ memory: 300 });
			page.run(0);
			await page.kernelIs('dead');
			expect(page.kernel().problem!.title).toMatch(/out of memory|more memory than it had asked for/);
			await queueEmpty();
			await noWorkers();
		});

	// An hour of them would show the same: the scheduler's own limit is two minutes behind ours.
	if (all)
		test('it is given more time, and lives on beyond its first end', LONG, async () => {
			const page = await notebook('import time; time.sleep(75); print("still here")');
			await page.start({ walltime: 1 });
			page.run(0);
			await page.jobIs('running');
			const { endsAt, id } = page.job()!;
			const extend = () =>
				desk.call('POST', `/api/notebooks/${page.id}/kernel`, { action: 'extend', minutes: 30 });
			if (scheduler === 'htcondor') {
				await vi.waitFor(() => expect(page.job()!.extends).toBe(true), PATIENT);
				expect((await extend()).status).toBe(200);
				// The scheduler's own limit, two minutes behind ours; that it holds is seen in pools.test.ts.
				expect((await cluster.run(`condor_q ${id} -af AllowedJobDuration`)).stdout.trim()).toBe('1980');
			} else {
				// Slurm lets operators alone do that: its refusal is told, and what one of them does is followed.
				expect(page.job()!.extends).toBe(false);
				const { status, body } = await extend();
				expect([status, body.detail]).toEqual([409, expect.stringMatching(/denied|not permitted|Access/i)]);
				await cluster.asRoot(`scontrol update JobId=${id} TimeLimit=33`);
			}
			await vi.waitFor(() => expect(page.job()!.endsAt! - endsAt!).toBe(1800), PATIENT);
			expect(await page.ended(0)).toBe('done');
			expect(page.text(0)).toBe('still here\n');
			expect(page.job()!.endsAt! - Date.now() / 1000).toBeGreaterThan(1500);
			await page.act('shutdown');
			await queueEmpty();
		});

	if (all)
		test('its time is over', LONG, async () => {
			const page = await notebook('import time; time.sleep(400)');
			await page.start({ walltime: 1 });
			page.run(0);
			await page.jobIs('running');
			expect(page.job()!.endsAt! - Date.now() / 1000).toBeLessThan(61);
			await vi.waitFor(() => expect(page.kernel().state).toBe('dead'), { timeout: 150_000, interval: 200 });
			expect(page.kernel().problem!.title).toMatch(/time of the batch job was over/);
			await queueEmpty();
			await noWorkers();
		});
});
