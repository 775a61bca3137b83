import type { FileOutcome, FolderListing, SearchHit } from '#lib/model/files.ts';
import type { JsonObject } from '#lib/model/json.ts';
import type { FileFacts, SearchEnd, WorkspaceFiles } from '#lib/model/workspace-files.ts';
import { FileChannel } from './file-channel.ts';
import type { FileCall, Part } from './file-session.ts';
import type { Link } from './link.ts';
import type { Log } from './log.ts';

/** The files of one workspace. The other side is `agent/FILES.md`. */
export function createFiles(link: Link, log: Log): WorkspaceFiles {
	const channel = new FileChannel(link, log);
	const call = async (method: string, params: JsonObject): Promise<FileCall> =>
		(await channel.session()).request(method, params);
	const ask = async <T>(method: string, params: JsonObject): Promise<T> =>
		(await (await call(method, params)).result()) as T;
	/** The request and the bytes that belong to it. When sending fails, the other side is told to forget it. */
	const give = async <T>(
		method: string,
		params: JsonObject,
		bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
	): Promise<T> => {
		const asked = await call(method, params);
		const answer = asked.result();
		answer.catch(() => {});
		try {
			await asked.send(bytes);
		} catch (error) {
			asked.cancel();
			throw error;
		}
		return (await answer) as T;
	};

	return {
		async list(path, options = {}) {
			const listing = emptyListing();
			const rest = await (await call('list', { path, ...options })).result(({ part }) => add(listing, part));
			return { ...listing, ...(rest as Partial<FolderListing>) };
		},
		stat: (path, options = {}) => ask('stat', { path, ...options }),
		async read(path, options = {}) {
			const asked = await call('read', { path, ...options });
			const first = (await asked.next())!;
			return { facts: first.part as unknown as FileFacts, bytes: bytesOf(asked) };
		},
		save: (path, bytes, options = {}) => give('save', { path, ...options }, bytes),
		async operate(operation, { progress, signal, ...confined } = {}) {
			const asked = await call('operate', { operation: operation as unknown as JsonObject, ...confined });
			const cancel = (): void => asked.cancel();
			signal?.addEventListener('abort', cancel);
			try {
				const outcome = await asked.result(({ part }) => progress?.(part.bytes as number));
				return outcome as unknown as FileOutcome;
			} finally {
				signal?.removeEventListener('abort', cancel);
			}
		},
		beginUpload: (path, plan) => ask('upload', { path, ...plan }),
		async uploadOffset(path, upload) {
			return (await ask<{ offset: number }>('upload-offset', { path, upload })).offset;
		},
		append: (path, upload, offset, bytes) => give('append', { path, upload, offset }, bytes),
		async dropUpload(path, upload) {
			await ask('upload-drop', { path, upload });
		},
		async zip(paths) {
			const asked = await call('zip', { paths });
			await asked.next();
			return bytesOf(asked);
		},
		search(path, question) {
			const asked = call('search', { path, ...question });
			asked.catch(() => {}); // told to whoever takes the first step
			return iterator<SearchHit | SearchEnd>(
				() => asked,
				({ part }) => part.hits as unknown as SearchHit[],
				(result) => [{ end: true, ...result } as unknown as SearchEnd]
			);
		},
		watch: (path, listener) => channel.watch(path, listener),
		preview: (path, kind, pythons) => ask('preview', { path, kind, pythons })
	};
}

const bytesOf = (asked: FileCall): AsyncIterableIterator<Uint8Array> =>
	iterator(
		() => asked,
		({ attachments }) => attachments,
		() => []
	);

/**
 * What comes in the parts of an answer, one by one, and what its result adds. Written out, not a generator: leaving it has to
 * be heard before its first step and in the middle of one.
 */
function iterator<T>(
	asked: () => FileCall | Promise<FileCall>,
	of: (part: Part) => T[],
	last: (result: JsonObject) => T[]
): AsyncIterableIterator<T> {
	let held: T[] = [];
	let over = false;
	return {
		async next() {
			while (held.length === 0 && !over) {
				const call = await asked();
				const found = await call.next();
				held = found ? of(found) : last(await call.result());
				over = !found;
			}
			return held.length === 0 ? { done: true, value: undefined } : { done: false, value: held.shift()! };
		},
		async return() {
			over = true;
			held = [];
			(await asked()).cancel();
			return { done: true, value: undefined };
		},
		[Symbol.asyncIterator]() {
			return this;
		}
	};
}

/** Columns of some entries; a number alone stands for a column whose values are all equal. */
type Columns = Pick<FolderListing, 'names' | 'types' | 'sizes' | 'times' | 'links'> &
	Record<'modes' | 'owners' | 'groupsOf', number[] | number>;

function emptyListing(): FolderListing {
	return {
		...{
			path: '',
			home: '',
			names: [],
			types: '',
			sizes: [],
			times: [],
			modes: [],
			owners: [],
			groupsOf: []
		},
		...{ users: [], groups: [], links: {}, writable: false }
	};
}

const LISTS = ['names', 'sizes', 'times', 'modes', 'owners', 'groupsOf'] as const;

function add(listing: FolderListing, part: JsonObject): void {
	const more = part as unknown as Columns;
	const before = listing.names.length;
	const count = more.names.length;
	for (const column of LISTS) {
		const own = listing[column] as unknown[];
		const found: unknown[] | number = more[column];
		if (typeof found === 'number') for (let at = 0; at < count; at++) own.push(found);
		else for (const value of found) own.push(value);
	}
	listing.types += more.types;
	for (const [at, to] of Object.entries(more.links)) listing.links[before + Number(at)] = to;
}
