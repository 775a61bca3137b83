/** A kernel in a job of a pool that lets nobody into its jobs: the job calls back to the submit node. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { caller } from '../support/api.ts';
import { withoutClusters } from '../support/cluster.ts';
import { startHTCondor, type HTCondor } from '../support/htcondor.ts';
import { openDesk, PATIENT, type Desk } from './notebook.ts';

const missing = withoutClusters();
if (missing !== null) console.warn(`Jobs that call back are left out. ${missing}`);

let pool: HTCondor;
let desk: Desk;

beforeAll(async () => {
	if (missing !== null) return;
	pool = await startHTCondor({ sharedHome: false, config: ['ENABLE_SSH_TO_JOB = False'] });
	desk = await openDesk(pool, 'htcondor');
}, 120_000);
afterAll(async () => {
	await desk?.end();
	await pool?.stop();
}, 60_000);

test.skipIf(missing !== null)('an administrator fixes the way against what the pool says', async () => {
	const root = caller(desk.server, (await desk.seed.person('root', { admin: true })).token);
	const offered = async (jobWay: string | null): Promise<unknown> => {
		expect((await root('PUT', '/api/settings', { jobWay })).status).toBe(200);
		const { body } = await desk.call('GET', `/api/workspaces/${desk.workspace}/offers`);
		const { way, words } = body.offers.find((each: { scheduler: string }) => each.scheduler === 'htcondor');
		return [way, words];
	};
	const off = 'condor_ssh_to_job is switched off here (ENABLE_SSH_TO_JOB).';
	const chosen = 'The administrators of the server have chosen it.';
	expect(await offered('attach')).toEqual(['attach', `${chosen} ${off}`]);
	expect(await offered('call-back')).toEqual(['call-back', chosen]);
	expect(await offered(null)).toEqual(['call-back', off]);
});

test.skipIf(missing !== null)(
	'offered in words; queued, running, output, shutdown, and the queue is empty',
	{ timeout: 240_000 },
	async () => {
		const { body } = await desk.call('GET', `/api/workspaces/${desk.workspace}/offers`);
		const offer = body.offers.find((each: { scheduler: string }) => each.scheduler === 'htcondor');
		expect(offer).toMatchObject({
			way: 'call-back',
			words: 'condor_ssh_to_job is switched off here (ENABLE_SSH_TO_JOB).'
		});

		const page = await desk.notebook('import os\nprint("_CONDOR_SCRATCH_DIR" in os.environ)');
		const seen = new Set<string>();
		page.tab.runtimeDoc.on('update', () => seen.add(page.job()?.state ?? 'none'));
		await page.start();
		page.run(0);
		expect(await page.ended(0)).toBe('done');
		expect(page.text(0)).toBe('True\n');
		expect([...seen]).toEqual(expect.arrayContaining(['queued', 'running']));

		await page.act('shutdown');
		await page.kernelIs('none');
		await vi.waitFor(async () => {
			expect((await pool.run('condor_q -af ClusterId')).stdout.trim()).toBe('');
			expect((await pool.asRoot('pgrep -af "[w]orker|[i]pykernel" || true')).stdout).toBe('');
		}, PATIENT);
		page.tab.close();
	}
);
