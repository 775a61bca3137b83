/**
 * Files on their way to a workspace. Two go at a time, in chunks; a lost line waits and goes on from where the machine says
 * it is. The queue belongs to the tab, not to a page: it goes on while one looks elsewhere on the site.
 */
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import { problemOf } from './api.ts';
import type { Dropped } from './dropped-files.ts';
import { freeName, joinPath, nameOf, parentOf } from './file-words.ts';
import {
	beginUpload,
	dropUpload,
	operate,
	readHead,
	sendChunk,
	uploadOffset,
	type UploadState
} from './files.ts';

const AT_ONCE = 2;
const SMALLEST_CHUNK = 512 * 1024;
/** The most the server takes in one call. */
const LARGEST_CHUNK = 8 * 1024 * 1024;
/** A chunk that took less makes the next one larger. */
const QUICK_MS = 800;
const LONGEST_WAIT_MS = 30_000;

export type UploadStep =
	'queued' | 'sending' | 'paused' | 'offline' | 'conflict' | 'done' | 'failed' | 'skipped';
export type Answer = 'replace' | 'both' | 'skip';

export class Upload {
	readonly file: File;
	/** Where it goes. */
	path = $state('');
	step = $state<UploadStep>('queued');
	sent = $state(0);
	problem = $state.raw<Problem | null>(null);
	/** What the machine calls it. */
	id: string | null = null;
	replace = false;
	/** The last piece was sent. */
	ending = false;
	/** Names that were asked for: the machine says which are taken. */
	readonly tried: string[] = [];
	stop: AbortController | null = null;
	/** Ends a wait for the line to come back. */
	wake: (() => void) | null = null;

	constructor(file: File, path: string) {
		this.file = file;
		this.path = path;
	}

	get name(): string {
		return nameOf(this.path);
	}
}

export class UploadQueue {
	readonly workspace: string;
	all = $state.raw<Upload[]>([]);
	/** Files of a dropped folder are still being found. */
	gathering = $state(0);
	/** Folders that could not be made. */
	faults = $state.raw<string[]>([]);
	/** Told when something new is in a folder. */
	arrived: (folder: string) => void = () => {};
	#standing: Answer | null = null;
	#running = 0;

	open = $derived(this.all.filter((one) => !['done', 'skipped', 'failed'].includes(one.step)));
	conflict = $derived(this.all.find((one) => one.step === 'conflict') ?? null);
	conflicts = $derived(this.all.filter((one) => one.step === 'conflict').length);
	total = $derived(this.all.reduce((sum, one) => sum + (one.step === 'skipped' ? 0 : one.file.size), 0));
	sent = $derived(this.all.reduce((sum, one) => sum + (one.step === 'skipped' ? 0 : one.sent), 0));
	offline = $derived(this.all.some((one) => one.step === 'offline'));
	paused = $derived(
		this.open.length > 0 && this.open.every((one) => one.step === 'paused' || one.step === 'conflict')
	);

	constructor(workspace: string) {
		this.workspace = workspace;
		if (typeof window !== 'undefined') window.addEventListener('online', () => this.#wakeAll());
	}

	/** Take files into a folder; folders among them are made first. */
	async add(folder: string, dropped: Iterable<Dropped> | AsyncIterable<Dropped>): Promise<void> {
		this.gathering++;
		if (this.open.length === 0) this.clear();
		try {
			for await (const { path, file } of dropped) {
				const target = joinPath(folder, path);
				if (file === null) await this.#makeFolder(target);
				else {
					this.all = [...this.all, new Upload(file, target)];
					this.#next();
				}
			}
		} catch (error) {
			const why = error instanceof Error ? error.message : String(error);
			this.faults = [...this.faults, `Not everything in there could be read: ${why}`];
		} finally {
			this.gathering--;
		}
	}

	async #makeFolder(path: string): Promise<void> {
		try {
			const { problems } = await operate(this.workspace, { do: 'folder', path });
			const bad = problems.find((problem) => problem.code !== 'exists');
			if (bad) this.faults = [...this.faults, `${nameOf(path)}: ${bad.message}`];
			else this.arrived(parentOf(path));
		} catch (error) {
			this.faults = [...this.faults, `${nameOf(path)}: ${problemOf(error).title}`];
		}
	}

	#next(): void {
		while (this.#running < AT_ONCE) {
			const upload = this.all.find((one) => one.step === 'queued');
			if (!upload) return;
			upload.step = 'sending';
			this.#running++;
			void this.#send(upload).finally(() => {
				this.#running--;
				this.#next();
			});
		}
	}

	async #send(upload: Upload): Promise<void> {
		for (let failures = 0; ;) {
			const stop = (upload.stop = new AbortController());
			const before = upload.sent;
			try {
				await this.#sendFrom(upload, await this.#begin(upload), stop.signal);
				upload.step = 'done';
				upload.sent = upload.file.size;
				this.arrived(parentOf(upload.path));
				return;
			} catch (error) {
				// Somebody paused or cancelled it, and has said so in its step.
				if (stop.signal.aborted) return;
				if (isConflict(error)) return this.#conflict(upload);
				if (!isLine(error)) {
					upload.problem = problemOf(error);
					upload.step = 'failed';
					return;
				}
				failures = upload.sent > before ? 1 : failures + 1;
				upload.step = 'offline';
				await this.#wait(upload, Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures));
				// It was paused or cancelled meanwhile.
				if ((upload.step as UploadStep) !== 'offline') return;
				upload.step = 'sending';
			}
		}
	}

	/** Where to go on: from the start, or from what the machine has. */
	async #begin(upload: Upload): Promise<UploadState> {
		const { file } = upload;
		if (upload.id !== null) {
			try {
				const { offset } = await uploadOffset(this.workspace, { path: upload.path, upload: upload.id });
				return { upload: upload.id, offset };
			} catch (error) {
				if (!(error instanceof ProblemError && error.status === 404)) throw error;
				// Either it was the last piece whose answer was lost, or the machine has forgotten it.
				if (upload.ending && (await this.#isThere(upload)))
					return { upload: upload.id, offset: file.size, done: true };
			}
		}
		const state = await beginUpload(this.workspace, upload.path, {
			size: file.size,
			modified: Math.floor(file.lastModified / 1000),
			...(upload.replace ? { replace: true } : {})
		});
		upload.id = state.upload;
		return state;
	}

	async #isThere({ path, file }: Upload): Promise<boolean> {
		try {
			return (await readHead(this.workspace, path, 1)).size === file.size;
		} catch (error) {
			if (error instanceof ProblemError && error.status === 404) return false;
			throw error;
		}
	}

	async #sendFrom(upload: Upload, state: UploadState, signal: AbortSignal): Promise<void> {
		let { offset, done = false } = state;
		let size = SMALLEST_CHUNK;
		upload.sent = offset;
		while (!done) {
			signal.throwIfAborted();
			const started = performance.now();
			const chunk = upload.file.slice(offset, offset + size);
			const name = { path: upload.path, upload: state.upload };
			upload.ending = offset + chunk.size >= upload.file.size;
			({ offset, done } = await sendChunk(this.workspace, name, offset, chunk, signal));
			upload.sent = offset;
			if (performance.now() - started < QUICK_MS) size = Math.min(LARGEST_CHUNK, 2 * size);
		}
	}

	#wait(upload: Upload, ms: number): Promise<void> {
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, ms);
			upload.wake = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}

	#wakeAll(): void {
		for (const one of this.all) one.wake?.();
	}

	#conflict(upload: Upload): void {
		upload.step = 'conflict';
		if (this.#standing !== null) this.#answer(upload, this.#standing);
	}

	/** What to do with a file whose name is taken; `all`: and with every further one of this upload. */
	answer(upload: Upload, answer: Answer, all: boolean): void {
		if (all) this.#standing = answer;
		for (const one of this.all) {
			if (one === upload || (all && one.step === 'conflict')) this.#answer(one, answer);
		}
		this.#next();
	}

	#answer(upload: Upload, answer: Answer): void {
		if (answer === 'skip') {
			upload.step = 'skipped';
			return;
		}
		upload.replace = answer === 'replace';
		if (answer === 'both') {
			// Whether that one is free the machine says; else it is asked again with the next.
			upload.tried.push(upload.name);
			const next = freeName(upload.tried[0]!, (name) => upload.tried.includes(name));
			upload.path = joinPath(parentOf(upload.path), next);
		}
		upload.id = null;
		upload.sent = 0;
		upload.step = 'queued';
	}

	pause(): void {
		for (const one of this.open) {
			if (one.step === 'conflict') continue;
			one.step = 'paused';
			one.stop?.abort();
			one.wake?.();
		}
	}

	resume(): void {
		for (const one of this.all) if (one.step === 'paused') one.step = 'queued';
		this.#wakeAll();
		this.#next();
	}

	retry(upload: Upload): void {
		upload.problem = null;
		upload.step = 'queued';
		this.#next();
	}

	cancel(): void {
		for (const one of this.open) {
			one.step = 'skipped';
			one.stop?.abort();
			one.wake?.();
			if (one.id !== null) {
				// What is left there is swept away by the machine itself when this does not arrive.
				void dropUpload(this.workspace, { path: one.path, upload: one.id }).catch(() => undefined);
			}
		}
	}

	/** Forget what is finished. */
	clear(): void {
		this.all = this.open;
		this.faults = [];
		this.#standing = null;
	}
}

const queues = new Map<string, UploadQueue>();

export function uploadsOf(workspace: string): UploadQueue {
	let queue = queues.get(workspace);
	if (!queue) queues.set(workspace, (queue = new UploadQueue(workspace)));
	return queue;
}

function isConflict(error: unknown): boolean {
	return error instanceof ProblemError && /exists$/.test(error.problem.code);
}

/** The line or the server is away, between two of its lives, or still writes what was sent before a cut: worth waiting for. */
function isLine(error: unknown): boolean {
	return (
		(error instanceof ProblemError &&
			(error.status === 0 ||
				error.problem.code === 'file-offset' ||
				(error.status >= 502 && error.status <= 504))) ||
		(error instanceof TypeError && !(error instanceof ProblemError))
	);
}
