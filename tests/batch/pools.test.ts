/** The batch systems of the tests are real ones, and say what tests/support/htcondor.ts and slurm.ts write that they say. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until, withoutClusters, type Cluster } from '../support/cluster.ts';
import { startHTCondor, type HTCondor } from '../support/htcondor.ts';
import { startSlurm } from '../support/slurm.ts';

const missing = withoutClusters();
if (missing !== null) console.warn(`Batch systems are left out. ${missing}`);

/** Takes 300 MB and stays. */
const EATER = 'import time\nfood = b"a" * 300_000_000\ntime.sleep(600)\n';

/** Code, subcode and reason with which HTCondor holds a job above its memory. */
const MEMORY = {
	kernel: /^34 0 Error from slot\d_1@\w+\.test: Job has gone over cgroup memory limit of 100 megabytes\. /,
	scheduler: /^21 102 Error from slot\d_1@\w+\.test: memory usage exceeded request_memory$/
};

/** What a command says; throws when it fails. */
async function said(cluster: Cluster, command: string): Promise<string> {
	const { stdout, stderr, code } = await cluster.run(command);
	if (code !== 0) throw new Error(`${command}: ${stdout}${stderr}`);
	return stdout.trim();
}

/** Waits until no process of the account is left but the one that asks. */
const quiet = (cluster: Cluster): Promise<void> =>
	until('the jobs’ processes to be gone', async () => {
		const { stdout } = await cluster.asRoot(`pgrep -u ${cluster.user} -a`);
		return stdout.trim() === '';
	});

describe.skipIf(missing !== null)('HTCondor', () => {
	let pool: HTCondor;
	beforeAll(async () => {
		pool = await startHTCondor();
		writeFileSync(path.join(pool.home, 'eat.py'), EATER);
	});
	afterAll(() => pool?.stop());

	/** Submits a job whose log is NAME.log; answers its number. */
	async function submit(on: Cluster, name: string, ...lines: string[]): Promise<string> {
		const all = [
			...['universe = vanilla', 'request_cpus = 1', 'request_disk = 10M', `log = ${name}.log`],
			...['transfer_executable = false', 'should_transfer_files = IF_NEEDED', ...lines, 'queue', '']
		];
		writeFileSync(path.join(on.home, `${name}.sub`), all.join('\n'));
		return (await said(on, `condor_submit -terse ${name}.sub`)).split('.')[0]!;
	}
	const sleeper = ['executable = /bin/sleep', 'arguments = 600', 'request_memory = 50'];
	const eater = ['executable = /usr/bin/python3', 'arguments = eat.py', 'request_memory = 100'];
	const reason = 'HoldReasonCode HoldReasonSubCode HoldReason';
	const attribute = (on: Cluster, id: string, name: string): Promise<string> =>
		said(on, `condor_q ${id} -af ${name}`);
	const status = (on: Cluster, id: string, wanted: string): Promise<void> =>
		until(`job ${id} to be ${wanted}`, async () => (await attribute(on, id, 'JobStatus')) === wanted);
	const log = (on: Cluster, name: string): string => readFileSync(path.join(on.home, `${name}.log`), 'utf8');

	test('a job runs, is a pipe for any bytes, and is removed', async () => {
		const id = await submit(pool, 'pipe', ...sleeper);
		await status(pool, id, '2');
		const bytes = randomBytes(1_000_000);
		const echo = await pool.pipe(`condor_ssh_to_job -auto-retry ${id} cat`, bytes);
		expect(echo.equals(bytes)).toBe(true);
		await said(pool, `condor_rm ${id}`);
		await until('an empty queue', async () => (await said(pool, 'condor_q -allusers -af ClusterId')) === '');
		await quiet(pool);
		expect(log(pool, 'pipe')).toMatch(/^009 .* Job was aborted\.\n\tvia condor_rm \(by user ada\)$/m);
	});

	test('a job above its memory and one past its time are held, in the words of HTCondor', async () => {
		const eater = [
			'executable = /usr/bin/python3',
			`arguments = ${pool.home}/eat.py`,
			'request_memory = 100'
		];
		const memory = await submit(pool, 'memory', ...eater);
		const time = await submit(pool, 'time', ...sleeper, 'allowed_job_duration = 4');
		await status(pool, memory, '5');
		expect(await attribute(pool, memory, reason)).toMatch(MEMORY[pool.memoryBy]);
		await status(pool, time, '5');
		expect(await attribute(pool, time, reason)).toBe('46 0 The job exceeded allowed job duration of 00:04');
		const events =
			/^021 .*\n\t.* memory .*\n\tCode (\d+ Subcode \d+)\n[^]*^004 [^]*^012 .*\n\t.*\n\tCode \1$/m;
		await until('the log', () => events.test(log(pool, 'memory')));
		expect(log(pool, 'time')).toMatch(/^012 .* Job was held\.\n\tThe job exceeded .*\n\tCode 46 Subcode 0$/m);
		await said(pool, 'condor_rm -all');
		await quiet(pool);
	});

	test('a job that runs gives itself more time; condor_qedit does not', async () => {
		const agent = fileURLToPath(new URL('../../agent', import.meta.url));
		const chirp = readFileSync(path.join(agent, 'chirp.py'), 'utf8');
		const more = `${chirp}\nimport time\nset_attribute("AllowedJobDuration", "3600")\ntime.sleep(600)\n`;
		writeFileSync(path.join(pool.home, 'more.py'), more);
		const longer = await submit(
			pool,
			'longer',
			...['executable = /usr/bin/python3', `arguments = ${pool.home}/more.py`, 'request_memory = 50'],
			...['allowed_job_duration = 15', '+WantIOProxy = true']
		);
		const edited = await submit(pool, 'edited', ...sleeper, 'allowed_job_duration = 15');
		await status(pool, edited, '2');
		await said(pool, `condor_qedit ${edited}.0 AllowedJobDuration 3600`);
		await status(pool, longer, '2');
		const began = Date.now();
		await status(pool, edited, '5');
		await until('the first limit to be over', () => Date.now() - began > 30_000);
		expect(await attribute(pool, longer, 'JobStatus')).toBe('2');
		expect(await attribute(pool, longer, 'AllowedJobDuration')).toBe('3600');
		await said(pool, 'condor_rm -all');
		await quiet(pool);
	});

	test('a job that is put off its node runs again elsewhere, and one outlives its schedd', async () => {
		const id = await submit(pool, 'evicted', ...sleeper);
		await status(pool, id, '2');
		await said(pool, `condor_vacate_job ${id}`);
		await until('the second start', async () => (await attribute(pool, id, 'NumJobStarts')) === '2');
		expect(log(pool, 'evicted')).toMatch(/^004 .* Job was evicted\.$/m);
		const pid = (await pool.asRoot('pgrep -x sleep')).stdout;
		await pool.restartSchedd();
		await until('the job to be reconnected', () => /^023 .* Job reconnected/m.test(log(pool, 'evicted')));
		expect((await pool.asRoot('pgrep -x sleep')).stdout).toBe(pid);
		await said(pool, `condor_rm ${id}`);
		await quiet(pool);
	});

	test('without a shared home a job has the files it was given and no others; without the kernel its node holds it', async () => {
		const far = await startHTCondor({ sharedHome: false, slots: 1, memoryBy: 'scheduler' });
		try {
			writeFileSync(path.join(far.home, 'given'), 'given');
			writeFileSync(path.join(far.home, 'job.sh'), 'hostname; cat given; ls "$1"; touch "$1/mine"\n');
			const id = await submit(
				far,
				'far',
				...['executable = /bin/sh', `arguments = job.sh ${far.home}`, 'request_memory = 50'],
				...['transfer_input_files = given, job.sh', 'output = out', 'error = err']
			);
			await until('the end', () => /^005 /m.test(log(far, 'far')));
			expect(readFileSync(path.join(far.home, 'out'), 'utf8')).toBe('node\ngiven');
			expect(readFileSync(path.join(far.home, 'err'), 'utf8')).toContain('Permission denied');
			expect(await said(far, `condor_history ${id} -af JobStatus`)).toBe('4');

			writeFileSync(path.join(far.home, 'eat.py'), EATER);
			const memory = await submit(far, 'memory', ...eater, 'transfer_input_files = eat.py');
			await status(far, memory, '5');
			expect(await attribute(far, memory, reason)).toMatch(MEMORY.scheduler);
		} finally {
			await far.stop();
		}
		expect(existsSync(far.home)).toBe(false);
	});
});

describe.skipIf(missing !== null)('Slurm', () => {
	let cluster: Cluster;
	beforeAll(async () => {
		cluster = await startSlurm();
		writeFileSync(path.join(cluster.home, 'eat.py'), EATER);
	});
	afterAll(() => cluster?.stop());

	const submit = (rest: string, on = cluster): Promise<string> => said(on, `sbatch --parsable ${rest}`);
	const shown = (id: string, on = cluster): Promise<string> => said(on, `scontrol show job -o ${id}`);
	const state = (id: string, wanted: string, on = cluster): Promise<void> =>
		until(`job ${id} to be ${wanted}`, async () => (await shown(id, on)).includes(` JobState=${wanted} `));
	const eater = '--mem=100 --output=memory.out --wrap "python3 eat.py"';
	const words = (name: string, on = cluster): string => readFileSync(path.join(on.home, name), 'utf8');

	test('jobs run on two nodes, one is a pipe for any bytes, and they are cancelled', async () => {
		const ids = [await submit('--mem=50 --wrap "sleep 600"'), await submit('--mem=50 --wrap "sleep 600"')];
		for (const id of ids) await state(id, 'RUNNING');
		expect((await said(cluster, 'squeue --noheader -o %N')).split('\n').sort()).toEqual(['n1', 'n2']);
		const bytes = randomBytes(1_000_000);
		const echo = await cluster.pipe(`srun --jobid ${ids[0]} --overlap --unbuffered cat`, bytes);
		expect(echo.equals(bytes)).toBe(true);
		await said(cluster, `scancel ${ids.join(' ')}`);
		await until('an empty queue', async () => (await said(cluster, 'squeue --noheader')) === '');
		await quiet(cluster);
		expect(await shown(ids[0]!)).toContain(' JobState=CANCELLED ');
	});

	test('a job above its memory and one past its time end in the words of Slurm', async () => {
		const time = await submit('--mem=50 --time=1 --output=time.out --wrap "exec sleep 600"');
		const memory = await submit(eater);
		if (cluster.memoryBy === 'kernel') {
			await state(memory, 'OUT_OF_MEMORY');
			expect(await shown(memory)).toMatch(/ Reason=OutOfMemory .* ExitCode=0:125 /);
			expect(words('memory.out')).toMatch(/error: Detected 1 oom_kill event in StepId=\d+\.batch\. /);
		}
		// A minute is the least that Slurm knows; an administrator can cut it short. It looks every half minute.
		await state(time, 'RUNNING');
		await cluster.asRoot(`scontrol update JobId=${time} EndTime=now+1`);
		await state(time, 'TIMEOUT');
		expect(await shown(time)).toMatch(/ Reason=TimeLimit .* ExitCode=0:15 /);
		expect(words('time.out')).toMatch(/\*\*\* JOB \d+ ON n\d CANCELLED AT \S+ DUE TO TIME LIMIT \*\*\*/);
		await quiet(cluster);
	});

	test('without the kernel Slurm ends a job above its memory itself', async () => {
		const other = await startSlurm({ nodes: 1, memoryBy: 'scheduler' });
		try {
			writeFileSync(path.join(other.home, 'eat.py'), EATER);
			const memory = await submit(eater, other);
			await state(memory, 'FAILED', other);
			expect(await shown(memory, other)).toMatch(/ Reason=RaisedSignal:9\(Killed\) .* ExitCode=0:9 /);
			expect(words('memory.out', other)).toMatch(
				/StepId=\d+\.batch exceeded memory limit \(\d+ > \d+\), being killed/
			);
		} finally {
			await other.stop();
		}
	});

	test('nothing stays when the process that started it is killed', async () => {
		const module = new URL('../support/slurm.ts', import.meta.url).href;
		const script = `const { home } = await (await import(${JSON.stringify(module)})).startSlurm(); console.log(home);`;
		const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
			stdio: ['ignore', 'pipe', 'inherit']
		});
		const home = await new Promise<string>((resolve) =>
			owner.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()))
		);
		expect(existsSync(home)).toBe(true);
		owner.kill('SIGKILL');
		await until('its folder to be gone', () => !existsSync(path.dirname(path.dirname(home))));
	});
});
