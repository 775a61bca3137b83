/**
 * The first Python environment of "This machine": a venv with ipykernel, numpy and matplotlib under the data folder,
 * made in the background at the first start. Runs asked for meanwhile wait and say for what.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ProblemError } from '#lib/model/problem.ts';

/** Exact versions, so that two first starts make the same environment; an older Python takes what it can have. */
export const PACKAGES = ['ipykernel==7.4.0', 'numpy==2.4.6', 'matplotlib==3.11.2'].flatMap((pinned) => [
	`${pinned}; python_version >= "3.11"`,
	`${pinned.split('==')[0]}; python_version < "3.11"`
]);

export interface Progress {
	text: string;
	part: number | null;
}

export class LocalEnvironment {
	readonly folder: string;
	readonly #python: string;
	readonly #given: boolean;
	#progress: Progress | null = null;
	#making: Promise<void> | null = null;
	readonly #watchers = new Set<(progress: Progress) => void>();
	readonly #abort = new AbortController();

	/** `python` is the interpreter that makes it; `given` an environment that is there and is used as it is. */
	constructor(dataDir: string, python: string, given: string | null) {
		this.folder = given ?? join(dataDir, 'python');
		this.#given = given !== null;
		this.#python = python;
	}

	/** What is being done now; null when it is ready or nobody has asked for it. */
	get progress(): Progress | null {
		return this.#progress;
	}

	/** Resolves when kernels can be started; a failed attempt is made again at the next call. */
	async ready(onProgress: (progress: Progress) => void): Promise<void> {
		this.#watchers.add(onProgress);
		if (this.#progress) onProgress(this.#progress);
		try {
			this.#making ??= this.#make().catch((error: unknown) => {
				this.#making = null;
				throw error;
			});
			await this.#making;
		} finally {
			this.#watchers.delete(onProgress);
		}
	}

	/** Stop making it; what is half done is thrown away at the next start. */
	stop(): void {
		this.#abort.abort();
	}

	async #make(): Promise<void> {
		if (this.#given) return;
		const recipe = createHash('sha256').update(PACKAGES.join('\n')).digest('hex');
		const stamp = join(this.folder, 'ansatz-ready');
		const ready = await readFile(stamp, 'utf8').catch(() => null);
		if (ready === recipe) return;
		try {
			this.#tell('Making a Python environment', 0.02);
			if (ready === null && existsSync(this.folder)) await rm(this.folder, { recursive: true });
			await this.#run(this.#python, ['-m', 'venv', this.folder], () => {});
			this.#tell('Fetching ipykernel, numpy and matplotlib', 0.15);
			let steps = 0;
			const pip = [
				'-m',
				'pip',
				'install',
				'--disable-pip-version-check',
				'--no-input',
				'--progress-bar',
				'off',
				...PACKAGES
			];
			await this.#run(join(this.folder, 'bin', 'python'), pip, (line) => {
				// The whole set is about 40 packages; each says once that it is collected.
				if (/^(Collecting|Requirement already)/.test(line)) {
					this.#tell(
						`Fetching ${line.split(/\s+/)[1] ?? 'packages'}`,
						0.15 + Math.min(0.55, ++steps * 0.014)
					);
				} else if (/^Installing collected/.test(line)) this.#tell('Installing packages', 0.75);
			});
			await writeFile(stamp, recipe);
		} finally {
			this.#progress = null;
		}
	}

	#tell(text: string, part: number): void {
		this.#progress = { text, part };
		for (const watcher of this.#watchers) watcher(this.#progress);
	}

	/** Run a command to its end, line by line. Throws ProblemError with its last words. */
	#run(command: string, args: string[], onLine: (line: string) => void): Promise<void> {
		return new Promise((resolve, reject) => {
			const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], signal: this.#abort.signal });
			const last: string[] = [];
			for (const stream of [child.stdout, child.stderr]) {
				createInterface({ input: stream }).on('line', (line) => {
					last.push(line);
					if (last.length > 8) last.shift();
					onLine(line);
				});
			}
			child.on('error', (error) => reject(environmentProblem(error.message)));
			child.on('close', (code) => (code === 0 ? resolve() : reject(environmentProblem(last.join('\n')))));
		});
	}
}

function environmentProblem(words: string): ProblemError {
	const venv = /ensurepip|No module named venv/.test(words);
	return new ProblemError(502, {
		code: 'environment-failed',
		title: 'The Python environment of this machine could not be made.',
		detail: venv
			? 'This Python has no venv module.'
			: words.trim().split('\n').at(-1)?.slice(0, 300) || undefined,
		remedy: venv
			? 'On the server type: apt-get install python3-venv. Then run the cell again.'
			: 'Check that the server reaches the Python package index, then run the cell again.'
	});
}
