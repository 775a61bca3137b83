/**
 * One machine of its own for a batch system: a root file system, accounts, processes and a real sshd, so that nothing on the
 * system changes and nothing stays behind, even when the test is killed. tests/support/htcondor.ts and slurm.ts put a
 * scheduler into it.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
	chmodSync,
	chownSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmdirSync,
	rmSync,
	writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, type Sshd } from './sshd.ts';

/** What scripts/pool-root.mjs made. */
const poolRoot = fileURLToPath(new URL('../../.cache/pools/trixie', import.meta.url));

/** Why there can be no batch system here, and what to type; null where there can. */
export function withoutClusters(): string | null {
	if (process.getuid?.() !== 0) return 'Batch systems are started as root. Type: sudo npm test';
	if (existsSync(path.join(poolRoot, 'etc', 'pool-root'))) return null;
	return 'The root of batch systems is missing. Type: node scripts/pool-root.mjs';
}

/**
 * Who ends a job above its memory, which it says in other words: the kernel, as in most clusters, or the scheduler, which looks
 * every now and then.
 */
export type MemoryBy = 'kernel' | 'scheduler';

/** The kernel where it lets us make control groups (of version 1), else the scheduler. */
export function memoryBy(): MemoryBy {
	const line = /^\d+:memory:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'));
	const group = path.join('/sys/fs/cgroup/memory', line?.[1] ?? '', `ansatz-${process.pid}`);
	try {
		mkdirSync(group);
		rmdirSync(group);
		return 'kernel';
	} catch {
		return 'scheduler';
	}
}

export interface ClusterOptions {
	/** How the machine calls itself. */
	hostname: string;
	/** Files of the machine by their absolute path; those of a `bin` folder are executable. */
	files: Record<string, string>;
	/** Shell lines that root runs there before anybody can log in. */
	start: string;
	/** A command of root's that ends well once the scheduler takes jobs. */
	ready: string;
	/** `kernel`: the machine has control groups of its own, and they are the scheduler's to use. */
	memoryBy: MemoryBy;
	/** Where the scheduler logs, for the words of a failed start. */
	logs: string;
}

/** What a command said. */
export interface Said {
	stdout: string;
	stderr: string;
	code: number;
}

/** What is common to all schedulers: a login node and ways into it. */
export interface Cluster extends Pick<
	Sshd,
	'host' | 'port' | 'user' | 'password' | 'privateKey' | 'fingerprint' | 'keyType' | 'hostKeys' | 'home'
> {
	memoryBy: MemoryBy;
	/** Where the private key is on this machine, for ssh itself. */
	keyFile: string;
	/** Runs a command as the account, through ssh. */
	run(command: string, input?: string): Promise<Said>;
	/** Runs it so too, and hands on bytes as they are; throws when it fails. */
	pipe(command: string, input: Buffer): Promise<Buffer>;
	/** Runs a command as the login node's root. */
	asRoot(command: string): Promise<Said>;
	/** Ends every process of the machine and removes it. */
	stop(): Promise<void>;
}

/**
 * $1: our folder, $2: the root all machines have in common, $3: the machine's name, $4: `kernel` for control groups of its own.
 * Its changes stay in memory and its mounts in a namespace of its own. Where the kernel refuses an overlay the root is copied.
 * The second process ends everything when our end of standard input closes, whatever the reason.
 */
const START = `
exec 3<&0
groups=
if [ "$4" = kernel ]; then
	while IFS=: read -r _ names at; do
		$SKIP
		group="/sys/fs/cgroup/$names$at/\${1##*/}"
		mkdir "$group"
		echo $$ >"$group/cgroup.procs"
		groups="$groups $group"
	done </proc/self/cgroup
fi
unshare --mount --pid --uts --cgroup --fork --kill-child sh -c '
	set -e
	mount -t tmpfs -o size=4g,mode=755 tmpfs "$1/machine"
	cd "$1/machine"
	mkdir root upper work
	mount -t overlay -o "lowerdir=$2,upperdir=upper,workdir=work" overlay root || cp -a "$2/." root
	cp -R "$1/files/." root
	mount -t proc proc root/proc
	mount --rbind /dev root/dev
	mount -t tmpfs -o mode=755 tmpfs root/run
	mkdir -p "root$1/home" root/run/sshd
	mount --bind "$1/home" "root$1/home"
	if [ "$4" = kernel ]; then
		mkdir -p root/sys/fs/cgroup
		mount -t tmpfs -o mode=755 tmpfs root/sys/fs/cgroup
		while IFS=: read -r _ names _; do
			$SKIP
			mkdir "root/sys/fs/cgroup/$names"
			mount -t cgroup -o "$names" cgroup "root/sys/fs/cgroup/$names"
		done </proc/self/cgroup
		# HTCondor knows these two only as one
		[ -e root/sys/fs/cgroup/cpu,cpuacct ] || ln -s cpuacct root/sys/fs/cgroup/cpu,cpuacct
	fi
	hostname "$3"
	exec chroot root /bin/sh /etc/cluster-start
' sh "$1" "$2" "$3" "$4" 3<&- </dev/null &
server=$!
(read -r _; kill -9 $server) <&3 &
wait $server 2>/dev/null
kill $! 2>/dev/null
for group in $groups; do
	echo $$ >"\${group%/*}/cgroup.procs"
	find "$group" -depth -type d -exec rmdir {} +
done
rm -rf "$1"
`.replaceAll('$SKIP', 'case "$names" in "" | name=* | *cpuset*) continue ;; esac');

/** Starts the machine and waits until its scheduler takes jobs. Throws with what to do when this machine cannot. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
	const problem = withoutClusters();
	if (problem !== null) throw new Error(problem);
	const user = 'ada';
	const password = 'correct horse 7';
	const port = await freePort();
	const folder = mkdtempSync(path.join(tmpdir(), `${options.hostname}-`));
	const home = path.join(folder, 'home', user);
	const uid = 30000 + Math.floor(Math.random() * 30000);
	chmodSync(folder, 0o755);
	for (const name of ['machine', 'files']) mkdirSync(path.join(folder, name));
	mkdirSync(home, { recursive: true });
	chownSync(home, uid, uid);
	const key = (name: string): string[] => {
		const file = path.join(folder, name);
		execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
		return readFileSync(`${file}.pub`, 'utf8').split(' ');
	};
	const [keyType, blob] = key('host_key') as [string, string];
	const fingerprint = `SHA256:${createHash('sha256').update(blob, 'base64').digest('base64').replace(/=+$/, '')}`;
	const keyFile = path.join(folder, 'user_key');
	const authorized = { user: key('user_key').join(' '), root: key('root_key').join(' ') };
	const known = path.join(folder, 'known_hosts');
	writeFileSync(known, `[127.0.0.1]:${port} ${keyType} ${blob}\n`);
	const hash = execFileSync('perl', ['-e', 'print crypt(<STDIN>, "\\$6\\$ansatz")'], { input: password });
	const account = (file: string, line: string): string =>
		`${readFileSync(path.join(poolRoot, 'etc', file), 'utf8').trimEnd()}\n${line}\n`;
	const files: Record<string, string> = {
		'/etc/passwd': account('passwd', `${user}:x:${uid}:${uid}::${home}:/bin/bash`),
		'/etc/shadow': account('shadow', `${user}:${hash}:19000:0:99999:7:::`),
		'/etc/group': account('group', `${user}:x:${uid}:`),
		'/etc/hosts': `127.0.0.1 localhost\n127.0.0.1 ${options.hostname}.test ${options.hostname}\n127.0.0.1 node.test node\n`,
		'/etc/ssh/host_key': readFileSync(path.join(folder, 'host_key'), 'utf8'),
		'/etc/ssh/keys/ada': authorized.user,
		'/etc/ssh/keys/root': authorized.root,
		'/etc/ssh/sshd_config': [
			...[`Port ${port}`, 'ListenAddress 127.0.0.1', 'HostKey /etc/ssh/host_key', 'PidFile none'],
			...['AuthorizedKeysFile /etc/ssh/keys/%u', 'StrictModes no', 'UsePAM no', 'PrintMotd no'],
			...['PermitRootLogin prohibit-password', 'PasswordAuthentication yes', 'MaxStartups 100'],
			...['PerSourcePenalties no', 'LogLevel ERROR', 'Subsystem sftp internal-sftp', '']
		].join('\n'),
		'/etc/cluster-start': `set -e\n${options.start}\nexec /usr/sbin/sshd -D -e\n`,
		...options.files
	};
	const secret = ['/etc/shadow', '/etc/ssh/host_key', '/etc/munge/munge.key'];
	for (const [name, text] of Object.entries(files)) {
		const file = path.join(folder, 'files', name);
		mkdirSync(path.dirname(file), { recursive: true });
		const mode = secret.includes(name) ? 0o600 : name.includes('bin/') ? 0o755 : 0o644;
		writeFileSync(file, text, { mode });
	}

	const server = spawn('/bin/sh', ['-c', START, 'sh', folder, poolRoot, options.hostname, options.memoryBy], {
		stdio: ['pipe', 'ignore', 'pipe']
	});
	const gone = new Promise<void>((resolve) => server.once('close', () => resolve()));
	const stop = async (): Promise<void> => {
		server.stdin!.end('\n');
		await gone;
		rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
	};
	const ssh =
		(as: string, identity: string) =>
		(command: string, input: string | Buffer = ''): Promise<Spoken> =>
			speak('ssh', input, [
				...['-F', 'none', '-p', String(port), '-i', identity, '-o', 'IdentitiesOnly=yes'],
				...['-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${known}`, `${as}@127.0.0.1`, command]
			]);
	const asUser = ssh(user, keyFile);
	const asRoot = ssh('root', path.join(folder, 'root_key'));
	let ended = false;
	let log = '';
	server.stderr!.setEncoding('utf8').on('data', (chunk: string) => (log += chunk));
	server.once('close', () => (ended = true));
	const ready = async (): Promise<boolean> => {
		if (ended) throw new Error(`${options.hostname} ended while it started`);
		return (await asRoot(options.ready)).code === 0;
	};
	try {
		await until(`${options.hostname} to take jobs`, ready);
	} catch (error) {
		const logs = await asRoot(`tail -n 40 ${options.logs}; ${options.ready}`);
		await stop();
		throw new Error(`${String(error)}\n${log}${logs.stdout.toString()}${logs.stderr.toString()}`, {
			cause: error
		});
	}
	return {
		...{ host: '127.0.0.1' as const, port, user, password, keyFile, home, keyType, fingerprint },
		memoryBy: options.memoryBy,
		hostKeys: [{ keyType, fingerprint }],
		privateKey: readFileSync(keyFile, 'utf8'),
		run: async (command, input) => text(await asUser(command, input)),
		async pipe(command, input) {
			const said = await asUser(command, input);
			if (said.code !== 0) throw new Error(`${command}: ${said.stderr.toString()}`);
			return said.stdout;
		},
		asRoot: async (command) => text(await asRoot(command)),
		stop
	};
}

/** Asks again and again, for what tells nobody when it changes; throws after so many seconds. */
export async function until(
	what: string,
	holds: () => boolean | Promise<boolean>,
	seconds = 60
): Promise<void> {
	const end = Date.now() + seconds * 1000;
	while (!(await holds())) {
		if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
}

interface Spoken {
	stdout: Buffer;
	stderr: Buffer;
	code: number;
}

function text({ stdout, stderr, code }: Spoken): Said {
	return { stdout: stdout.toString(), stderr: stderr.toString(), code };
}

/** Runs a program to its end. */
function speak(program: string, input: string | Buffer, args: string[]): Promise<Spoken> {
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, { stdio: 'pipe' });
		const stdout: Buffer[] = [];
		const stderr: Buffer[] = [];
		child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
		child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
		child.once('error', reject);
		child.once('close', (code) =>
			resolve({ stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr), code: code ?? -1 })
		);
		// A command that does not read to the end is no error.
		child.stdin.on('error', () => undefined).end(input);
	});
}
