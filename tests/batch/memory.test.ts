/** A job above its memory where nothing but Slurm itself looks at that: it kills without a word, and the reason is known all the same. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withoutClusters, type Cluster } from '../support/cluster.ts';
import { startSlurm } from '../support/slurm.ts';
import { openDesk, type Desk } from './notebook.ts';

const missing = withoutClusters();
if (missing !== null) console.warn(`Jobs above their memory are left out. ${missing}`);

let cluster: Cluster;
let desk: Desk;

beforeAll(async () => {
	if (missing !== null) return;
	// Clusters look every half minute.
	const config = ['JobAcctGatherFrequency=task=8'];
	cluster = await startSlurm({ nodes: 1, memoryBy: 'scheduler', config });
	desk = await openDesk(cluster, 'slurm');
}, 120_000);
afterAll(async () => {
	await desk?.end();
	await cluster?.stop();
}, 60_000);

test.skipIf(missing !== null)(
	'more memory than was asked for, without control groups',
	{ timeout: 240_000 },
	async () => {
		// It grows as programs do: what is known of it when it is killed is at most a moment old.
		const page = await desk.notebook(
			'import time\nx = []\nfor _ in range(35):\n    x.append(bytearray(20_000_000))\n    time.sleep(0.3)\ntime.sleep(200)'
		);
		await page.start({ memory: 300 });
		page.run(0);
		await page.kernelIs('dead');
		expect(page.kernel().problem).toMatchObject({ code: 'kernel-out-of-memory' });
		expect(page.kernel().problem!.title).toMatch(
			/its batch job used more memory than it had asked for \(“FAILED .*Killed/
		);
		page.tab.close();
	}
);
