/** The port to the files of a workspace. All promises and streams reject with ProblemError only. */
import type { FileOperation, FileOutcome, FileType, FileVersion, FolderListing, SearchHit } from './files.ts';
import type { JsonObject } from './json.ts';

export interface FileFacts {
	/** Absolute, links resolved. */
	path: string;
	type: FileType;
	/** Bytes. */
	size: number;
	/** Modified, seconds since 1970. */
	time: number;
	/** Permission bits. */
	mode: number;
	version: FileVersion;
	/** Where a link leads, when it was not followed. */
	link: string | null;
}

/** A file being read. `bytes` has to be read to its end or left (`return`), else the file stays open. */
export interface FileContent {
	facts: FileFacts;
	bytes: AsyncIterableIterator<Uint8Array>;
}

/** Confines a call to a folder: what leads out of it is refused (`denied`). Paths may then be relative to it. */
export interface Confined {
	root?: string;
}

export interface UploadPlan {
	/** Bytes. */
	size: number;
	/** Of the original, seconds since 1970; the file gets it when it is complete. */
	modified?: number;
	/** Put it in the place of a file of this name. */
	replace?: boolean;
}

export interface SearchQuestion {
	/** Part of a name, or a pattern with `*`, `?` and `[…]`. */
	name?: string;
	/** A text in the file. */
	text?: string;
	/** Whether case counts. */
	case?: boolean;
}

/** The end of a search. `cut`: there is more than was answered. `looked`: entries looked at. */
export interface SearchEnd {
	end: true;
	cut: boolean;
	looked: number;
}

export type PreviewKind = 'fits' | 'hdf5' | 'table';

export interface WorkspaceFiles {
	list(path: string, options?: Confined): Promise<FolderListing>;
	stat(path: string, options?: Confined & { follow?: boolean }): Promise<FileFacts>;
	/** From `offset` on, at most `length` bytes. */
	read(path: string, options?: Confined & { offset?: number; length?: number }): Promise<FileContent>;
	/**
	 * Writes a file whole and in one step. `expected`: the version it must have, null when there must be none; without it
	 * whatever is there is replaced. Refuses with 412 `file-changed`; the problem has the present `version`.
	 */
	save(
		path: string,
		bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
		options?: Confined & { expected?: FileVersion | null }
	): Promise<FileFacts>;
	/** `progress` hears how many bytes were copied so far. */
	operate(
		operation: FileOperation,
		options?: Confined & { progress?: (bytes: number) => void; signal?: AbortSignal }
	): Promise<FileOutcome>;
	/** Begins an upload, or finds the one that was cut: `offset` bytes are there. */
	beginUpload(path: string, plan: UploadPlan): Promise<{ upload: string; offset: number }>;
	uploadOffset(path: string, upload: string): Promise<number>;
	/** Adds bytes at `offset`, which must be where the upload is. `done`: it is complete and has its name. */
	append(
		path: string,
		upload: string,
		offset: number,
		bytes: AsyncIterable<Uint8Array>
	): Promise<{ offset: number; done: boolean }>;
	dropUpload(path: string, upload: string): Promise<void>;
	/** A zip archive of the entries, as it is made. */
	zip(paths: string[]): Promise<AsyncIterableIterator<Uint8Array>>;
	/** Hits as they are found; the end comes last. Leaving the loop ends the search. */
	search(path: string, question: SearchQuestion): AsyncIterableIterator<SearchHit | SearchEnd>;
	/**
	 * Calls `listener` when something in the folder is another than before, and whenever watching begins (again), since what
	 * happened until then was not seen. Answers the way to stop it.
	 */
	watch(path: string, listener: () => void): () => void;
	/** What is in a file of data. `pythons`: interpreters of the workspace to try for `hdf5` and Parquet. */
	preview(path: string, kind: PreviewKind, pythons: string[]): Promise<JsonObject>;
}
