/**
 * Files on a workspace, as the agent, the HTTP interface and the browser speak of them.
 *
 * A path is text whose bytes that are no UTF-8 stand as U+DC80 to U+DCFF (Python's surrogateescape, PEP 383), so that every
 * name of the machine has one. In a URL it is percent-encoded byte by byte (`encodePath` in file-path.ts).
 */

export type FileType = 'file' | 'folder' | 'link' | 'other';

/** A folder in one answer, by columns: 100 000 entries are a few megabytes. All columns have the length of `names`. */
export interface FolderListing {
	/** Absolute, with symbolic links resolved. */
	path: string;
	home: string;
	names: string[];
	/** One letter an entry: `f` file, `d` folder, `l` link to a file, `L` link to a folder, `b` broken link, `o` other. */
	types: string;
	/** Bytes. */
	sizes: number[];
	/** Modified, seconds since 1970. */
	times: number[];
	/** Permission bits, as in `chmod`. */
	modes: number[];
	/** Index into `users` and `groups`. */
	owners: number[];
	groupsOf: number[];
	users: string[];
	groups: string[];
	/** Entry number to where its link leads. */
	links: Record<string, string>;
	/** Whether entries can be made here. */
	writable: boolean;
}

/** What can be done to files. Nothing is ever overwritten unless it says so: names that exist are a problem of their own. */
export type FileOperation =
	| { do: 'folder'; path: string }
	| { do: 'file'; path: string }
	| { do: 'rename'; from: string; to: string }
	| { do: 'move'; from: string[]; to: string }
	| { do: 'copy'; from: string[]; to: string }
	/** Into the trash folder of the file system they are on; from there `restore` brings them back. */
	| { do: 'trash'; paths: string[] }
	| { do: 'restore'; items: string[] }
	/** For good. */
	| { do: 'delete'; paths: string[] }
	| { do: 'mode'; path: string; mode: number };

export interface FileOutcome {
	/** Where things are now. */
	done: string[];
	/** What takes it back; null where nothing can. */
	undo: FileOperation | null;
	problems: { path: string; code: FileProblemCode; message: string }[];
}

export type FileProblemCode =
	| 'exists'
	| 'missing'
	| 'denied'
	| 'full'
	| 'quota'
	| 'not-empty'
	| 'not-a-folder'
	| 'is-a-folder'
	| 'bad-name'
	| 'changed'
	| 'read-only'
	| 'slow'
	| 'other';

/** A line of a search, as NDJSON; the last line is `{end: true, cut, looked}`. */
export interface SearchHit {
	path: string;
	type: FileType;
	size: number;
	time: number;
	/** For a search by content: the first matching lines, 1-based numbers. */
	lines?: { line: number; text: string }[];
}

/** Names one state of a file: of the time, size and inode. Another one means that somebody changed it. */
export type FileVersion = string;
