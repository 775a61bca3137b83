/**
 * A real HTCondor pool on loopback: central manager, submit node and execute nodes in one machine of its own.
 *
 * What HTCondor 23.9 says (`condor_q -json`, and the lines of the job's log), as tests/batch/pools.test.ts sees it:
 * - JobStatus: 1 idle, 2 running, 3 removed, 4 completed, 5 held, 6 sends its output, 7 suspended. A job that is removed or done
 *   is at once away from condor_q, which then prints nothing at all, not even `[]`; condor_history has it.
 * - Above its memory, by the kernel: 5, HoldReasonCode 34, HoldReasonSubCode 0, HoldReason `Error from slot1_1@condor.test: Job has
 *   gone over cgroup memory limit of 100 megabytes. Peak usage: 100 megabytes.  Consider resubmitting with a higher
 *   request_memory.`; the log has 021, 004 and 012, each with these words, 021 and 012 with `Code 34 Subcode 0`.
 * - By the node's policy: code 21, subcode 102, `Error from slot1_1@condor.test: memory usage exceeded request_memory`; same events.
 * - Past allowed_job_duration: code 46, subcode 0, `The job exceeded allowed job duration of 00:04`; ExitBySignal true,
 *   ExitSignal 15; the log has only 012.
 *   A running job keeps the limit it began with, whatever condor_qedit writes into the queue; set over Chirp it counts at once.
 * - condor_hold: code 1, `via condor_hold (by user ada)`, 004 and 012; condor_release: 013 `via condor_release (by user ada)`;
 *   condor_rm: 004 and 009 `via condor_rm (by user ada)`, and RemoveReason. LastHoldReason stays after a release.
 * - condor_vacate_job: 004 `Job was evicted.` without a reason, then idle, then 001 again; NumJobStarts 2.
 * - A schedd that crashed: 022 `Job disconnected, attempting to reconnect`, 023 `Job reconnected to slot1_1@condor.test`.
 * - MemoryUsage is an expression in -json (`"\/Expr(((ResidentSetSize + 1023) / 1024))\/"`): ResidentSetSize (kilobytes) is not.
 * - condor_ssh_to_job of a job that has just begun to run fails; with -auto-retry it says `Waiting for job to start...` to standard
 *   error and comes again after 5 s. HOME is set in it, and not in the job. `ERROR: …` of condor_submit is on standard error.
 */
import { memoryBy, startCluster, until, type Cluster, type MemoryBy, type Said } from './cluster.ts';
import { freePort } from './sshd.ts';

export interface HTCondorOptions {
	/** Execute nodes; each is a partitionable slot. */
	slots?: number;
	/** What each of them has; memory in megabytes. */
	cpus?: number;
	memory?: number;
	/** Whether jobs see the account's home; where not, they need file transfer. */
	sharedHome?: boolean;
	/** Who ends jobs above their memory; the kernel where it can. */
	memoryBy?: MemoryBy;
	/** More lines of configuration. */
	config?: string[];
}

export interface HTCondor extends Cluster {
	/** Runs a command as the administrator. */
	condor(command: string): Promise<Said>;
	/** Ends the schedd as a crash does; answers when the next one takes jobs. */
	restartSchedd(): Promise<void>;
}

/** Starts a pool and waits until it takes jobs. */
export async function startHTCondor(options: HTCondorOptions = {}): Promise<HTCondor> {
	const { slots = 2, cpus = 1, memory = 1024, sharedHome = true } = options;
	const port = await freePort();
	const ready = `test "$(condor_status -af Name | wc -l)" -ge ${slots} && condor_q && condor_status -schedd -af Name | grep .`;
	const cluster = await startCluster({
		hostname: 'condor',
		memoryBy: options.memoryBy ?? memoryBy(),
		logs: '/var/log/condor/MasterLog /var/log/condor/StartLog',
		ready,
		files: {
			'/etc/condor/config.d/99-pool': configuration(
				{ port, slots, cpus, memory, sharedHome },
				options.config
			),
			'/usr/local/sbin/startd-elsewhere': ELSEWHERE
		},
		start:
			'mkdir -p /run/condor /run/lock/condor; chown condor:condor /run/condor /run/lock/condor; condor_master'
	});
	return {
		...cluster,
		condor: cluster.asRoot,
		async restartSchedd() {
			const pid = async (): Promise<string> => (await cluster.asRoot('pgrep -x condor_schedd')).stdout.trim();
			const before = await pid();
			await cluster.asRoot(`kill -9 ${before}`);
			await until('the next schedd', async () => {
				const now = await pid();
				return now !== '' && now !== before && (await cluster.run('condor_q')).code === 0;
			});
		}
	};
}

/** An execute node that does not have the homes: they are empty there, and nobody may write into them. */
const ELSEWHERE = `#!/bin/sh
exec unshare --mount --uts sh -c '
	hostname node
	home=$(getent passwd ada | cut -d: -f6)
	mount -t tmpfs -o mode=755 tmpfs "$home"
	exec /usr/sbin/condor_startd "$@"
' sh "$@"
`;

function configuration(
	{
		port,
		slots,
		cpus,
		memory,
		sharedHome
	}: Required<Omit<HTCondorOptions, 'config' | 'memoryBy'>> & { port: number },
	more: string[] = []
): string {
	return [
		'use ROLE : CentralManager, Submit, Execute',
		...[
			'CONDOR_HOST = 127.0.0.1',
			'NETWORK_INTERFACE = 127.0.0.1',
			'ENABLE_IPV6 = False',
			`COLLECTOR_HOST = 127.0.0.1:${port}`
		],
		`SHARED_PORT_PORT = ${port}`,
		...['use SECURITY : HOST_BASED', 'SEC_DEFAULT_AUTHENTICATION_METHODS = FS, CLAIMTOBE'],
		...['UID_DOMAIN = pool.test', 'TRUST_UID_DOMAIN = True', 'FILESYSTEM_DOMAIN = login.pool.test'],
		...['PER_JOB_NAMESPACES = False', 'MOUNT_UNDER_SCRATCH ='],
		// one machine is cut into the nodes, whatever it really has
		...[`NUM_CPUS = ${slots * cpus}`, `MEMORY = ${slots * memory}`, `NUM_SLOTS_TYPE_1 = ${slots}`],
		...[`SLOT_TYPE_1 = cpus=${cpus}, memory=${memory}`, 'SLOT_TYPE_1_PARTITIONABLE = True'],
		...['MODIFY_REQUEST_EXPR_REQUESTMEMORY = RequestMemory', 'JOB_DEFAULT_REQUESTMEMORY = 128'],
		// what takes minutes in a pool of thousands takes seconds here
		...['SCHEDD_INTERVAL = 2', 'SCHEDD_MIN_INTERVAL = 1', 'NEGOTIATOR_INTERVAL = 2'],
		...['NEGOTIATOR_CYCLE_DELAY = 1', 'NEGOTIATOR_MIN_INTERVAL = 1', 'UPDATE_INTERVAL = 5'],
		...['STARTER_UPDATE_INTERVAL = 2', 'STARTER_INITIAL_UPDATE_INTERVAL = 1', 'POLLING_INTERVAL = 2'],
		...['PERIODIC_EXPR_INTERVAL = 2', 'MAX_PERIODIC_EXPR_INTERVAL = 2', 'SHADOW_QUEUE_UPDATE_INTERVAL = 2'],
		...['MASTER_BACKOFF_CONSTANT = 1', 'SHADOW_CHECKPROC_INTERVAL = 2'],
		// a job above its memory is held by its node, which the procd tells (without control groups)
		...['use POLICY : HOLD_IF_MEMORY_EXCEEDED', 'USE_PROCD = True'],
		...['PROCD_MAX_SNAPSHOT_INTERVAL = 1', 'PID_SNAPSHOT_INTERVAL = 1'],
		...(sharedHome
			? []
			: [
					...['STARTD = /usr/local/sbin/startd-elsewhere', 'STARTD.FILESYSTEM_DOMAIN = node.pool.test'],
					'STARTER.FILESYSTEM_DOMAIN = node.pool.test'
				]),
		...more,
		''
	].join('\n');
}
