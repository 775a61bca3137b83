import type { ProblemError } from '#lib/model/problem.ts';
import type { Link } from './link.ts';
import { FileSession } from './file-session.ts';
import type { Log } from './log.ts';

/** Without a call for so long, in milliseconds, the worker is sent home. */
const IDLE = 3 * 60_000;
/** Pause before a worker that watches is started again. */
const AGAIN = 1000;

/**
 * The files worker of a workspace: a second command over the line of its agent, started when it is needed, ended when it
 * has had nothing to do for a while, started again when it is gone.
 */
export class FileChannel {
	#link: Link;
	#log: Log;
	#opening: Promise<FileSession> | undefined;
	#idle: NodeJS.Timeout | undefined;
	#watched = new Map<string, Set<() => void>>();
	#again: NodeJS.Timeout | undefined;

	constructor(link: Link, log: Log) {
		this.#link = link;
		this.#log = log;
	}

	/** A living session. Rejects with ProblemError: 503 without a line. */
	async session(): Promise<FileSession> {
		clearTimeout(this.#idle);
		this.#idle = setTimeout(() => void this.#rest(), IDLE);
		this.#idle.unref();
		// a line that is gone takes its worker along, which may not have been heard yet
		if (!this.#link.isUp) this.#opening = undefined;
		this.#opening ??= this.#open();
		return this.#opening;
	}

	/** See WorkspaceFiles.watch. Goes on over lost lines. */
	watch(path: string, listener: () => void): () => void {
		const listeners = this.#watched.get(path) ?? new Set();
		const isNew = listeners.size === 0;
		this.#watched.set(path, listeners.add(listener));
		if (isNew) void this.#follow(path);
		return () => {
			if (!listeners.delete(listener) || listeners.size > 0) return;
			this.#watched.delete(path);
			void this.#opening?.then((session) => session.request('unwatch', { path }).result()).catch(() => {});
		};
	}

	async #open(): Promise<FileSession> {
		try {
			const { command, hello } = await this.#link.command(['files']);
			const session = new FileSession(command, `${hello.user}@${hello.host}`, (path) => this.#tell(path));
			void session.closed.then(() => this.#gone(session));
			for (const path of this.#watched.keys()) void this.#follow(path);
			return session;
		} catch (error) {
			this.#opening = undefined;
			throw error;
		}
	}

	async #gone(session: FileSession): Promise<void> {
		const current = await this.#opening?.catch(() => undefined);
		if (current === session) this.#opening = undefined;
		this.#log.debug({}, 'the files worker has ended');
		this.#later();
	}

	/** Watches want their worker back as soon as there is a line. */
	#later(): void {
		clearTimeout(this.#again);
		if (this.#watched.size === 0) return;
		this.#again = setTimeout(() => {
			if (this.#watched.size === 0) return;
			if (this.#link.isUp) this.session().catch(() => this.#later());
			else this.#later();
		}, AGAIN);
		this.#again.unref();
	}

	/** What happened before somebody watched is not known, so whoever listens is told to look. */
	async #follow(path: string): Promise<void> {
		try {
			const session = await this.session();
			await session.request('watch', { path }).result();
			this.#tell(path);
		} catch (error) {
			const { problem, message } = error as ProblemError;
			this.#log.debug({ reason: message }, 'a folder cannot be watched');
			// what the worker itself refuses stays refused
			if (!problem?.code.startsWith('file-')) this.#later();
		}
	}

	#tell(path: string): void {
		for (const listener of [...(this.#watched.get(path) ?? [])]) listener();
	}

	async #rest(): Promise<void> {
		const session = await this.#opening?.catch(() => undefined);
		if (!session) return;
		if (session.busy > 0 || this.#watched.size > 0) {
			this.#idle = setTimeout(() => void this.#rest(), IDLE);
			this.#idle.unref();
			return;
		}
		this.#opening = undefined;
		session.close();
	}
}
