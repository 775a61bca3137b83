/**
 * A real Slurm on loopback: controller, login node and compute nodes in one machine of its own.
 *
 * What Slurm 24.11 says (`scontrol show job -o ID`, for five minutes after the end; `squeue -t all -o %T|%r` likewise; there is no
 * accounting, so no sacct), as tests/batch/pools.test.ts sees it:
 * - `JobState=PENDING Reason=Resources` (or Priority, BeginTime, JobHeldUser …), `StartTime=` when it is expected, or Unknown;
 *   `JobState=RUNNING Reason=None NodeList=n1 EndTime=` when its time is over.
 * - Above its memory, by the kernel: `JobState=OUT_OF_MEMORY Reason=OutOfMemory ExitCode=0:125`; its standard error has
 *   `slurmstepd-n1: error: Detected 1 oom_kill event in StepId=1.batch. Some of the step tasks have been OOM Killed.`
 * - By Slurm: `JobState=FAILED Reason=RaisedSignal:9(Killed) ExitCode=0:9`; only its standard error says why:
 *   `slurmstepd-n2: error: StepId=2.batch exceeded memory limit (203079680 > 104857600), being killed`.
 * - Past its time: `JobState=TIMEOUT Reason=TimeLimit ExitCode=0:15`; its standard error has
 *   `slurmstepd-n1: error: *** JOB 1 ON n1 CANCELLED AT 2026-11-25T20:51:54 DUE TO TIME LIMIT ***`. Limits are whole minutes, and are
 *   looked at every half minute.
 * - Cancelled: `JobState=CANCELLED` with the Reason it had before.
 */
import { memoryBy, startCluster, type Cluster, type MemoryBy } from './cluster.ts';
import { freePort } from './sshd.ts';

export interface SlurmOptions {
	/** Compute nodes. */
	nodes?: number;
	/** What each of them has; memory in megabytes. */
	cpus?: number;
	memory?: number;
	/** Who ends jobs above their memory; the kernel where it can. */
	memoryBy?: MemoryBy;
	/** More lines of slurm.conf. */
	config?: string[];
}

/** Starts a cluster and waits until it takes jobs. Its homes are shared, as Slurm's users expect. */
export async function startSlurm(options: SlurmOptions = {}): Promise<Cluster> {
	const { nodes = 2, cpus = 1, memory = 1024, memoryBy: by = memoryBy() } = options;
	const names = Array.from({ length: nodes }, (_, index) => `n${index + 1}`);
	const control = await freePort();
	const lines = [
		...['ClusterName=pool', 'SlurmctldHost=slurm(127.0.0.1)', `SlurmctldPort=${control}`, 'SlurmUser=root'],
		...['AuthType=auth/munge', 'CredType=cred/munge', 'MpiDefault=none', 'ReturnToService=2'],
		...['StateSaveLocation=/var/lib/slurm/state', 'SlurmdSpoolDir=/var/lib/slurm/%n'],
		...['SlurmctldPidFile=/run/slurmctld.pid', 'SlurmdPidFile=/run/slurmd-%n.pid'],
		...['SlurmctldLogFile=/var/log/slurm/slurmctld.log', 'SlurmdLogFile=/var/log/slurm/%n.log'],
		...['SelectType=select/cons_tres', 'SelectTypeParameters=CR_Core_Memory', 'DefMemPerCPU=128'],
		...(by === 'kernel'
			? ['ProctrackType=proctrack/cgroup', 'TaskPlugin=task/cgroup']
			: ['ProctrackType=proctrack/linuxproc', 'TaskPlugin=task/none', 'JobAcctGatherParams=OverMemoryKill']),
		...['JobAcctGatherType=jobacct_gather/linux', 'JobAcctGatherFrequency=task=1'],
		// what takes a minute in a cluster of thousands takes seconds here
		...[
			'KillWait=2',
			'SchedulerParameters=sched_interval=1,bf_interval=2,batch_sched_delay=0',
			'CompleteWait=0'
		],
		'SlurmdParameters=config_overrides',
		`NodeName=DEFAULT CPUs=${cpus} RealMemory=${memory} State=UNKNOWN`
	];
	for (const name of names)
		lines.push(`NodeName=${name} NodeHostname=slurm NodeAddr=127.0.0.1 Port=${await freePort()}`);
	lines.push(
		'PartitionName=main Nodes=ALL Default=YES MaxTime=1-00:00:00 DefaultTime=01:00:00',
		'PartitionName=short Nodes=ALL MaxTime=00:10:00 DefaultTime=00:05:00',
		...(options.config ?? []),
		''
	);
	return startCluster({
		hostname: 'slurm',
		memoryBy: by,
		logs: '/var/log/slurm/*.log /var/log/munge/munged.log',
		ready: `test "$(sinfo --noheader --Node --partition main --states idle | wc -l)" -eq ${nodes}`,
		files: {
			'/etc/slurm/slurm.conf': lines.join('\n'),
			'/etc/slurm/cgroup.conf':
				by === 'kernel' ? 'CgroupPlugin=cgroup/v1\nConstrainRAMSpace=yes\n' : 'CgroupPlugin=disabled\n'
		},
		start: [
			'mkdir -p /var/lib/slurm/state /var/log/slurm /run/munge; chown munge:munge /run/munge',
			'setpriv --reuid munge --regid munge --clear-groups munged',
			'slurmctld',
			...names.map((name) => `slurmd -N ${name}`)
		].join('\n')
	});
}
