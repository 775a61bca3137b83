/**
 * The system's git in a folder of its own: nobody's configuration, no hooks, no credentials, no protocol but https, and limits on
 * time, memory, the size of files and of all of it together. There is never a work tree: what a repository holds is data.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface GitOutcome {
	/** null: it was stopped, or could not be started. */
	code: number | null;
	stdout: Buffer;
	stderr: string;
	/** Why it was stopped. */
	stopped?: 'time' | 'disk' | 'output';
	/** There is no git on this machine. */
	missing?: boolean;
}

export interface RunOptions {
	/** Settings for this run (`name=value`). */
	settings?: readonly string[];
	input?: string | Buffer;
	/** The most that is read from its standard output. */
	maxOutput?: number;
	/** Gets the output piece by piece; then stdout of the outcome is empty. */
	onOutput?: (piece: Buffer) => void;
}

export interface GitJail {
	/**
	 * Runs git in the bare repository of the jail until a time, as performance.now() says it. Never rejects because of what git does.
	 */
	run(args: readonly string[], deadline: number, options?: RunOptions): Promise<GitOutcome>;
	/** Takes back what a fetch has written into the configuration: from now on nothing that is missing is asked for. */
	forgetRemote(): Promise<void>;
	remove(): Promise<void>;
}

/** Address space of each process: what grows out of a small pack (deltas) ends here. */
const MEMORY_KB = 3_000_000;
const WATCH_MS = 100;
const CONFIG = '[core]\n\trepositoryformatversion = 0\n\tbare = true\n';
const ALWAYS = [
	// what a remote may name besides https: ext:: runs programs, file and git reach this machine and its network
	...[
		'protocol.allow=never',
		'core.hooksPath=/dev/null',
		'core.fsmonitor=false',
		'credential.helper=',
		'http.proxy='
	],
	...['submodule.recurse=false', 'fetch.recurseSubmodules=false', 'gc.auto=0', 'maintenance.auto=false'],
	// one pack, never thousands of files; what is large is streamed
	...['fetch.unpackLimit=1', 'core.bigFileThreshold=1m', 'pack.threads=1', 'core.packedGitLimit=256m']
];

/** A new jail below a folder, with an empty bare repository. `maxBytes`: on the disk, all files together. */
export async function createGitJail(below: string, maxBytes: number): Promise<GitJail> {
	await mkdir(below, { recursive: true, mode: 0o700 });
	const folder = await mkdtemp(join(below, 'git-'));
	const repository = join(folder, 'repository');
	await mkdir(join(folder, 'home'));
	for (const part of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags'])
		await mkdir(join(repository, part), { recursive: true });
	await writeFile(join(repository, 'HEAD'), 'ref: refs/heads/none\n');
	await writeFile(join(repository, 'config'), CONFIG);

	const environment = {
		PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
		HOME: join(folder, 'home'),
		XDG_CONFIG_HOME: join(folder, 'home'),
		TMPDIR: folder,
		LC_ALL: 'C',
		GIT_DIR: repository,
		GIT_CONFIG_NOSYSTEM: '1',
		GIT_CONFIG_GLOBAL: '/dev/null',
		GIT_ATTR_NOSYSTEM: '1',
		GIT_TERMINAL_PROMPT: '0',
		GIT_ASKPASS: '/bin/false',
		SSH_ASKPASS: '/bin/false',
		GIT_ALLOW_PROTOCOL: 'https',
		GIT_LITERAL_PATHSPECS: '1',
		GIT_LFS_SKIP_SMUDGE: '1'
	};

	function run(args: readonly string[], deadline: number, options: RunOptions = {}): Promise<GitOutcome> {
		const { settings = [], input, maxOutput = 1024 * 1024, onOutput } = options;
		return new Promise((resolve) => {
			const left = deadline - performance.now();
			if (left <= 0) return resolve({ code: null, stdout: Buffer.alloc(0), stderr: '', stopped: 'time' });
			// macOS knows no limit on the address space
			const memory = `ulimit -v ${MEMORY_KB} 2>/dev/null`;
			const limits = `ulimit -f ${Math.ceil(maxBytes / 512)} && ulimit -t ${Math.ceil(left / 1000) + 1}`;
			const flags = [...ALWAYS, ...settings].flatMap((setting) => ['-c', setting]);
			// of its own process group: git starts helpers, which end with it
			const child = spawn(
				'/bin/sh',
				['-c', `${memory}; ${limits} && exec git "$@"`, 'git', ...flags, ...args],
				{
					cwd: folder,
					env: environment,
					detached: true,
					stdio: ['pipe', 'pipe', 'pipe']
				}
			);
			const pieces: Buffer[] = [];
			let bytes = 0;
			let stderr = '';
			let stopped: GitOutcome['stopped'];
			const stop = (why: GitOutcome['stopped']): void => {
				stopped ??= why;
				try {
					process.kill(-child.pid!, 'SIGKILL');
				} catch {
					// it has ended by itself
				}
			};
			const timer = setTimeout(() => stop('time'), left);
			let looking = false;
			const watch = setInterval(() => {
				if (looking) return;
				looking = true;
				void sizeOf(folder).then((size) => {
					looking = false;
					if (size > maxBytes) stop('disk');
				});
			}, WATCH_MS);
			child.stdout.on('data', (piece: Buffer) => {
				bytes += piece.length;
				if (bytes > maxOutput) return stop('output');
				if (onOutput) onOutput(piece);
				else pieces.push(piece);
			});
			child.stderr.on('data', (piece: Buffer) => {
				if (stderr.length < 20_000) stderr += piece.toString('utf8');
			});
			child.stdin.on('error', () => undefined);
			child.stdin.end(input ?? '');
			const end = (code: number | null): void => {
				clearTimeout(timer);
				clearInterval(watch);
				// 127 is the shell's: there is no such program
				resolve({ code, stdout: Buffer.concat(pieces), stderr, stopped, missing: code === 127 });
			};
			child.on('error', () => end(null));
			child.on('close', (code) => {
				if (stopped) return end(null);
				// what the last look at the disk has missed
				void sizeOf(folder).then((size) => {
					const over =
						size > maxBytes || (code !== 0 && /file size limit exceeded|File too large/i.test(stderr));
					if (over) stopped = 'disk';
					end(over ? null : code);
				});
			});
		});
	}

	return {
		run,
		forgetRemote: () => writeFile(join(repository, 'config'), CONFIG),
		remove: () => rm(folder, { recursive: true, force: true, maxRetries: 3 })
	};
}

/** Bytes of all files below; those that vanish meanwhile count nothing. */
async function sizeOf(folder: string): Promise<number> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
	let total = 0;
	for (const entry of entries) {
		if (entry.isFile())
			total += (await stat(join(entry.parentPath, entry.name)).catch(() => null))?.size ?? 0;
	}
	return total;
}
