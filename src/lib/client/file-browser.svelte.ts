/** The file browser of one workspace: which folder is open, what was done there and how it is taken back. */
import { toast } from 'svelte-sonner';
import type { FileOperation, FileOutcome } from '#lib/model/files.ts';
import type { Problem } from '#lib/model/problem.ts';
import { problemOf } from './api.ts';
import { nameOf, shownName } from './file-words.ts';
import { FileListing } from './file-listing.svelte.ts';
import { listFolder, operate } from './files.ts';

/** From then on the page says that the machine is slow. */
const SLOW_MS = 8000;

export interface Trouble {
	/** What was tried. */
	title: string;
	lines: { name: string; message: string }[];
}

export class FileBrowser {
	readonly workspace: string;
	readonly listing = new FileListing();
	/** The path as it was asked for. */
	path = $state('');
	loading = $state(true);
	slow = $state(false);
	/** Why the folder cannot be shown. */
	problem = $state.raw<Problem | null>(null);
	/** What an operation could not do; stays until it is put away. */
	trouble = $state.raw<Trouble | null>(null);
	/** An operation is under way: what it does, in words. */
	busy = $state<string | null>(null);
	#asked: AbortController | null = null;
	#undo: { operation: FileOperation; words: string } | null = null;
	/** To be chosen as soon as it is there. */
	#wanted: string | null = null;

	constructor(workspace: string) {
		this.workspace = workspace;
	}

	/** The folder that is shown; `path` may name it by a link or as `~`. */
	get folder(): string {
		return this.listing.folder.path || this.path;
	}

	async open(path: string): Promise<void> {
		if (path !== this.path) {
			this.listing.filter = '';
			this.trouble = null;
		}
		this.path = path;
		this.problem = null;
		await this.#load(true);
	}

	/** The same folder again, without anything jumping. */
	async refresh(): Promise<void> {
		if (this.loading) return;
		await this.#load(false);
	}

	stop(): void {
		this.#asked?.abort();
		this.loading = false;
		this.problem = {
			code: 'stopped',
			title: 'You stopped waiting for this folder.',
			detail: 'The machine had not answered yet. A network folder may be away.',
			remedy: 'Try again, or go to another folder.'
		};
	}

	async #load(shown: boolean): Promise<void> {
		this.#asked?.abort();
		const asked = (this.#asked = new AbortController());
		if (shown) this.loading = true;
		this.slow = false;
		const timer = setTimeout(() => (this.slow = this.loading), SLOW_MS);
		try {
			const folder = await listFolder(this.workspace, this.path, asked.signal);
			if (asked !== this.#asked) return;
			this.listing.show(folder);
			this.problem = null;
			if (this.#wanted !== null && this.listing.point(this.#wanted)) this.#wanted = null;
		} catch (error) {
			if (asked !== this.#asked || asked.signal.aborted) return;
			// What is on the screen stays readable while only the line is down.
			const problem = problemOf(error);
			if (shown || problem.code !== 'offline') this.problem = problem;
		} finally {
			clearTimeout(timer);
			if (asked === this.#asked) {
				this.loading = false;
				this.slow = false;
			}
		}
	}

	/** Choose that name once it is listed. */
	want(name: string): void {
		if (!this.listing.point(name)) this.#wanted = name;
	}

	/**
	 * Do something, show what came of it and offer to take it back. `words` say what is done when all went well.
	 * Answers what was done, or null when nothing was.
	 */
	async do(
		operation: FileOperation,
		words: string,
		options: { undoing?: boolean } = {}
	): Promise<FileOutcome | null> {
		this.trouble = null;
		this.busy = words;
		try {
			const outcome = await operate(this.workspace, operation);
			if (outcome.problems.length > 0) {
				this.trouble = {
					title: outcome.done.length > 0 ? 'Not everything could be done.' : 'That could not be done.',
					lines: outcome.problems.map(({ path, message }) => ({ name: shownName(nameOf(path)), message }))
				};
			}
			if (outcome.done.length > 0 || outcome.problems.length === 0)
				this.#tell(words, outcome, options.undoing === true);
			return outcome;
		} catch (error) {
			const { title, detail, remedy } = problemOf(error);
			this.trouble = { title, lines: [{ name: '', message: [detail, remedy].filter(Boolean).join(' ') }] };
			return null;
		} finally {
			this.busy = null;
			await this.refresh();
		}
	}

	#tell(words: string, outcome: FileOutcome, undoing: boolean): void {
		const undo = outcome.undo;
		this.#undo = undo === null || undoing ? null : { operation: undo, words };
		toast(words, {
			// One at a time: an older one would take back something else than the person thinks.
			id: 'file-operation',
			duration: undo === null || undoing ? 4000 : 12_000,
			...(this.#undo ? { action: { label: 'Undo', onClick: () => void this.undo() } } : { action: undefined })
		});
	}

	/** Take back the last operation, when that is possible. */
	async undo(): Promise<void> {
		const last = this.#undo;
		if (last === null) return;
		this.#undo = null;
		await this.do(last.operation, 'Taken back.', { undoing: true });
	}
}
