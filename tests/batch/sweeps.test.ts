/**
 * Notebooks as jobs of real batch systems, one per point of a grid: HTCondor whose nodes do not have the homes, HTCondor whose
 * nodes have them, and Slurm.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createGateway } from '#gateway/gateway.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { newId } from '#lib/model/ids.ts';
import { schemaFault } from '#lib/model/ipynb/validate.ts';
import { plainResources } from '#lib/model/job.ts';
import type { JsonObject } from '#lib/model/json.ts';
import { isOver, type PointStatus, type SweepPoint, type SweepStatus } from '#lib/model/sweep.ts';
import type { KernelSpec, WorkspaceAddress } from '#lib/model/workspace.ts';
import { withoutClusters, type Cluster } from '../support/cluster.ts';
import { startHTCondor } from '../support/htcondor.ts';
import { startSlurm } from '../support/slurm.ts';
import { trusting } from '../support/sshd.ts';

const LONG = { timeout: 400_000 };
/** Two jobs run at a time here, and each starts a kernel. */
const PATIENT = { timeout: Number(process.env.PATIENT ?? 200_000), interval: 300 };
const GRID = [
	{ name: 'x1-yA', parameters: { x: 1, y: 'A' } },
	{ name: 'x1-yB', parameters: { x: 1, y: 'B' } },
	{ name: 'x2-yA', parameters: { x: 2, y: 'A' } },
	{ name: 'x2-yB', parameters: { x: 2, y: 'B' } }
];
const SLEEPS = [
	'print("said", flush=True)',
	'import time\nprint("on", flush=True)\ntime.sleep(600)',
	'print("never")'
];
/** In the environment of every kernel here; must be in nothing that the scheduler shows. */
const SECRET = 'hush-7f3a';

const SYSTEMS = [
	{
		name: 'HTCondor without a shared home',
		scheduler: 'htcondor',
		shared: false,
		// What depends on the scheduler, not on the home, once for each.
		all: true,
		start: () => startHTCondor({ sharedHome: false })
	},
	{
		name: 'HTCondor with a shared home',
		scheduler: 'htcondor',
		shared: true,
		all: false,
		start: () => startHTCondor()
	},
	{ name: 'Slurm', scheduler: 'slurm', shared: true, all: true, start: () => startSlurm() }
] as const;

const missing = withoutClusters();
if (missing !== null) console.warn(`Notebooks in batch jobs are left out. ${missing}`);

describe.skipIf(missing !== null).each(SYSTEMS)('$name', ({ scheduler, shared, all, start }) => {
	let cluster: Cluster;
	let gateway: KernelGateway;
	let spec: KernelSpec;
	/** Starts sooner. */
	let plain: KernelSpec;
	let address: WorkspaceAddress;
	const folders: string[] = [];

	const ok = async (command: string): Promise<string> => {
		const { stdout, stderr, code } = await cluster.run(command);
		if (code !== 0) throw new Error(`${command}: ${stdout}${stderr}`);
		return stdout.trim();
	};
	const queue = (): Promise<string> =>
		ok(
			scheduler === 'slurm' ? 'squeue --noheader --me --format="%A %t"' : 'condor_q -af ClusterId JobStatus'
		);
	const notebook = async (folder: string, name: string): Promise<JsonObject> =>
		JSON.parse(await ok(`cat ${folder}/${name}.ipynb`)) as JsonObject;

	/** Puts the inputs of these points into a new folder and starts them; answers the folder. */
	async function begin(kernel: KernelSpec, points: SweepPoint[], ...sources: string[]) {
		const folder = `${cluster.home}/sweeps of ada/${folders.length}`;
		folders.push(folder);
		await ok(`mkdir -p '${folder}/inputs'`);
		for (const { name, parameters } of points) {
			const injected = Object.entries(parameters).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
			const cells = [injected.join('\n'), ...sources].map((source, at) => ({
				...{ cell_type: 'code', id: `c${at}`, source, outputs: [], execution_count: null },
				metadata: at === 0 ? { tags: ['injected-parameters'] } : {}
			}));
			const text = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells });
			await cluster.pipe(`cat >'${folder}/inputs/${name}.ipynb'`, Buffer.from(text));
		}
		await gateway.startSweep(address.id, kernel, {
			...{ folder, title: 'A grid, "quoted"', points, onError: 'stop', env: { SECRET } },
			resources: { ...plainResources(scheduler), memory: 300 }
		});
		return folder;
	}
	const status = (folder: string): Promise<SweepStatus> => gateway.sweep(address.id, folder);
	const until = async (folder: string, holds: (points: PointStatus[]) => boolean): Promise<PointStatus[]> => {
		let points: PointStatus[] = [];
		await vi.waitFor(async () => {
			({ points } = await status(folder));
			expect(holds(points), JSON.stringify(points)).toBe(true);
		}, PATIENT);
		return points;
	};
	const over = (folder: string) => until(folder, (points) => isOver({ points } as SweepStatus));
	/** Until so many jobs are in the cell that sleeps, as the page sees it or, where it cannot, as its node does. */
	const asleep = async (folder: string, jobs: number): Promise<unknown> => {
		if (shared)
			return until(folder, (found) => found.filter(({ cells }) => cells?.done === 2).length === jobs);
		const ask = 'grep -c completed /var/lib/condor/execute/dir_*/output.ipynb';
		return vi.waitFor(async () => {
			expect((await cluster.asRoot(ask)).stdout.match(/\b2$/gm)).toHaveLength(jobs);
		}, PATIENT);
	};
	const nothingLeft = (): Promise<void> =>
		vi.waitFor(async () => {
			expect((await queue()).replaceAll(/^\d+ (CD|F|CA|TO)$/gm, '').trim()).toBe('');
			expect((await cluster.asRoot('pgrep -af "[r]un-notebook|[i]pykernel" || true')).stdout).toBe('');
			expect(await ok('ls -A ~/.cache/ansatz/jobs')).toBe('');
		}, PATIENT);

	beforeAll(async () => {
		cluster = await start();
		gateway = createGateway({ agentFolder: 'agent' });
		const { host, port, user } = cluster;
		address = {
			...{ kind: 'ssh', id: newId(), name: 'pool', host, port, user, jumps: [], trust: [trusting(cluster)] },
			...{ way: 'ssh', privileged: false, environments: [] }
		};
		const signIn = { hop: 0, credential: { kind: 'key', privateKey: cluster.privateKey } } as const;
		expect(await gateway.connect(address, { signIn })).toMatchObject({ state: 'connected' });
		const { specs } = await gateway.kernelspecs(address);
		spec = specs.find(({ argv }) => argv.includes('ipykernel_launcher'))!;
		plain = specs.find(({ name }) => name === 'ansatz-python')!;
	}, 120_000);
	// One that failed on the way must not keep the next one waiting.
	afterEach(async () => {
		await gateway.stopSweep(address.id, folders.at(-1)!).catch(() => undefined);
		await nothingLeft();
	}, 220_000);
	afterAll(async () => {
		await gateway?.close();
		await cluster?.stop();
	}, 60_000);

	test('four points with parameters, and one that fails', LONG, async () => {
		const bad = { name: 'bad', parameters: { x: 0, y: 'C' } };
		const folder = await begin(
			spec,
			[...GRID, bad],
			'import os\nprint("z", 6 / x, os.environ["SECRET"])',
			'from IPython.display import display, HTML\ndisplay(HTML(f"<b>{y}</b>"))\nx, y'
		);
		const points = await over(folder);
		expect(points.map(({ name, state }) => [name, state])).toEqual([
			...GRID.map(({ name }) => [name, 'done']),
			['bad', 'failed']
		]);
		expect(points[4]!.words).toBe('ZeroDivisionError: division by zero');
		expect(points.map(({ parameters }) => parameters)).toEqual(
			[...GRID, bad].map(({ parameters }) => parameters)
		);
		expect(points[0]).toMatchObject({ cells: { done: 3, all: 3 }, job: expect.stringMatching(/^\d/) });
		expect(points[4]!.cells).toEqual({ done: 2, all: 3 });
		expect(points[0]!.finished! - points[0]!.started!).toBeGreaterThan(0);
		expect(points[0]!.node).not.toBe('');
		for (const { name, parameters } of GRID) {
			const found = await notebook(`'${folder}'`, name);
			expect(schemaFault(found, '4.5')).toBeUndefined();
			const { x, y } = parameters;
			const [, first, second] = found.cells as { outputs: { text?: string[]; data?: JsonObject }[] }[];
			expect(first!.outputs[0]!.text).toEqual([`z ${(6 / x).toFixed(1)} ${SECRET}\n`]);
			expect(second!.outputs.map(({ data }) => data)).toEqual([
				expect.objectContaining({ 'text/html': [`<b>${y}</b>`] }),
				{ 'text/plain': [`(${x}, '${y}')`] }
			]);
			expect(found.metadata).toMatchObject({ papermill: { parameters, exception: null } });
		}
		const failed = await notebook(`'${folder}'`, 'bad');
		expect(schemaFault(failed, '4.5')).toBeUndefined();
		expect(await ok(`ls -A '${folder}'`)).toBe(
			'bad.ipynb\ninputs\nsweep.json\nx1-yA.ipynb\nx1-yB.ipynb\nx2-yA.ipynb\nx2-yB.ipynb'
		);
	});

	test('stopped while one runs and others wait; what to run with is nowhere to be read', LONG, async () => {
		const folder = await begin(plain, GRID, ...SLEEPS);
		const points = await until(
			folder,
			(found) => found.filter(({ state }) => state === 'running').length === 2 && found[3]!.state === 'queued'
		);
		if (!shared) expect(points.map(({ cells }) => cells)).toEqual([null, null, null, null]);
		await asleep(folder, 2);
		const shown =
			scheduler === 'slurm'
				? 'scontrol show job; for j in $(squeue --noheader --me --format=%A); do scontrol write batch_script $j -; done'
				: 'condor_q -long; cat ~/.cache/ansatz/jobs/*/job.sub';
		expect(await ok(shown)).not.toContain(SECRET);
		expect(await ok('ps -eo args')).not.toContain(SECRET);
		expect(await ok('find ~/.cache/ansatz/jobs -type d -not -perm 700')).toBe('');
		// The record forgets it when all have been submitted.
		await vi.waitFor(async () => {
			const held = await ok(`grep -rl ${SECRET} ~/.cache '${folder}' || true`);
			expect(held.split('\n').filter((path) => path !== '' && !path.endsWith('/start.json'))).toEqual([]);
		}, PATIENT);
		await gateway.stopSweep(address.id, folder);
		const ended = await over(folder);
		expect(ended.map(({ state }) => state)).toEqual(['ended', 'ended', 'ended', 'ended']);
		const ran = ended.find(({ started }) => started !== null)!;
		expect(ran.words).toMatch(/^The job was removed\./);
		const found = await notebook(`'${folder}'`, ran.name);
		expect(schemaFault(found, '4.5')).toBeUndefined();
		expect(JSON.stringify((found.cells as JsonObject[])[1]!.outputs)).toContain('said');
		expect(found.metadata).toMatchObject({
			ansatz: { ended: { reason: expect.any(String) } },
			papermill: { exception: true }
		});
	});

	if (all)
		test('the daemon is killed in the middle: no point runs twice', LONG, async () => {
			const folder = await begin(plain, GRID, `import time\ntime.sleep(3)\nprint("ran", x, y)`);
			await until(
				folder,
				(found) =>
					found.some(({ state }) => state === 'running') &&
					found.some(({ state }) => state === 'waiting' || state === 'queued')
			);
			await cluster.asRoot('pkill -9 -f "[.]pyz daemon"');
			const points = await over(folder);
			expect(points.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done']);
			expect(new Set(points.map(({ job }) => job)).size).toBe(4);
			for (const { name, parameters } of GRID) {
				const [, cell] = (await notebook(`'${folder}'`, name)).cells as JsonObject[];
				expect(cell!.outputs).toMatchObject([{ text: [`ran ${parameters.x} ${parameters.y}\n`] }]);
			}
			// The next number is the next job: nothing was submitted besides.
			const numbers = points.map(({ job }) => Number(job)).sort((a, b) => a - b);
			expect(numbers[3]! - numbers[0]!).toBe(3);
		});

	if (scheduler === 'htcondor')
		test('evicted: it does not run again, and says why', LONG, async () => {
			const folder = await begin(plain, GRID.slice(0, 1), ...SLEEPS);
			const [running] = await until(folder, ([point]) => point!.state === 'running');
			await asleep(folder, 1);
			await cluster.asRoot(`condor_vacate_job ${running!.job}`);
			const [point] = await over(folder);
			expect(point).toMatchObject({
				state: 'ended',
				words: expect.stringMatching(/^The scheduler took the machine back\./)
			});
			// Without a shared home it writes that to where it came from, while HTCondor waits for its end.
			expect(point!.cells).toEqual({ done: 3, all: 4 });
			const { cells } = await notebook(`'${folder}'`, GRID[0]!.name);
			expect(JSON.stringify((cells as JsonObject[])[2]!.outputs)).toContain('on\\n');
		});
});
