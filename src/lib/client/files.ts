/** The files of a workspace over HTTP. Every failure is a ProblemError a person can read. */
import { encodePath } from '#lib/model/file-path.ts';
import type { FileOperation, FileOutcome, FileVersion, FolderListing, SearchHit } from '#lib/model/files.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { OFFLINE, api, problemFrom } from './api.ts';

/** Where the calls for the files of a workspace are; `call` is what comes behind `files`. */
function address(workspace: string, call: string, query: string): string {
	return `/api/workspaces/${encodeURIComponent(workspace)}/files${call}${query && `?${query}`}`;
}

/** The page that shows a folder, or with `open` a file in it. */
export function pageAddress(workspace: string, path: string, open?: string): string {
	const viewer = open === undefined ? '' : `&open=${encodePath(open)}`;
	return `/workspaces/${encodeURIComponent(workspace)}/files?path=${encodePath(path)}${viewer}`;
}

/** `inline` only for what is shown in an image or a viewer of documents: the server decides what may be. */
export function contentAddress(workspace: string, path: string, inline = false): string {
	return address(workspace, '/content', `path=${encodePath(path)}${inline ? '&inline=1' : ''}`);
}

/** All of these in one zip, made while it is downloaded. */
export function zipAddress(workspace: string, paths: readonly string[]): string {
	return address(workspace, '/zip', paths.map((path) => `path=${encodePath(path)}`).join('&'));
}

/** The answer to a request, whatever it holds; not-ok answers are thrown as problems. */
export async function request(url: string, init: RequestInit = {}): Promise<Response> {
	let response: Response;
	try {
		response = await fetch(url, { ...init, headers: { accept: 'application/json', ...init.headers } });
	} catch (cause) {
		if (init.signal?.aborted) throw cause;
		throw new ProblemError(0, OFFLINE, { cause });
	}
	if (!response.ok) throw new ProblemError(response.status, await problemFrom(response));
	return response;
}

export async function listFolder(
	workspace: string,
	path: string,
	signal?: AbortSignal
): Promise<FolderListing> {
	const response = await request(address(workspace, '', `path=${encodePath(path)}`), { signal });
	return (await response.json()) as FolderListing;
}

export function operate(workspace: string, operation: FileOperation): Promise<FileOutcome> {
	return api('POST', address(workspace, '', ''), operation);
}

export interface FileContent {
	bytes: Uint8Array<ArrayBuffer>;
	/** Of the whole file. */
	size: number;
	version: FileVersion;
}

/** The first `limit` bytes of a file, and how large it is. */
export async function readHead(
	workspace: string,
	path: string,
	limit: number,
	signal?: AbortSignal
): Promise<FileContent> {
	const url = contentAddress(workspace, path);
	// Browsers put cached and fresh parts of a range together, also those of two versions.
	const cache = 'no-store';
	let response: Response;
	try {
		response = await request(url, { signal, cache, headers: { range: `bytes=0-${limit - 1}` } });
	} catch (error) {
		// Of an empty file no byte can be asked for.
		if (!(error instanceof ProblemError && error.status === 416)) throw error;
		response = await request(url, { signal, cache });
	}
	const bytes = new Uint8Array(await response.arrayBuffer());
	const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
	const size = total === undefined ? bytes.length : Number(total);
	if (bytes.length < Math.min(size, limit)) {
		throw new ProblemError(0, {
			code: 'file-cut',
			title: 'The file did not come whole.',
			detail: 'The line broke, or somebody changed the file just then.',
			remedy: 'Try again.'
		});
	}
	return {
		bytes,
		size,
		version: (response.headers.get('etag') ?? '').replace(/^W\//, '').replace(/^"|"$/g, '')
	};
}

/**
 * Writes a whole file. `version` is what it must still be; null where nothing may be there yet. Throws the problem
 * `file-changed` (412) where somebody else was faster.
 */
export async function saveFile(
	workspace: string,
	path: string,
	content: Blob | string,
	version: FileVersion | null
): Promise<FileVersion> {
	const response = await request(contentAddress(workspace, path), {
		method: 'PUT',
		headers: {
			'content-type': 'application/octet-stream',
			...(version === null ? { 'if-none-match': '*' } : { 'if-match': `"${version}"` })
		},
		body: content
	});
	return ((await response.json()) as { version: FileVersion }).version;
}

export interface SearchWish {
	/** Part of the name, or a pattern with `*` and `?`. */
	name: string;
	/** What a line of the file holds. */
	text: string;
	caseMatters: boolean;
}

/** How a search ended: `cut` when there would have been more, `looked` at so many entries. */
export interface SearchEnd {
	cut: boolean;
	looked: number;
}

/** Looks below a folder; tells every hit as it comes. Ends with how it ended, or null when the line broke off. */
export async function search(
	workspace: string,
	path: string,
	wish: SearchWish,
	signal: AbortSignal,
	tell: (hits: SearchHit[]) => void
): Promise<SearchEnd | null> {
	const query = new URLSearchParams();
	if (wish.name) query.set('name', wish.name);
	if (wish.text) query.set('text', wish.text);
	if (wish.caseMatters) query.set('case', '1');
	const response = await request(address(workspace, '/search', `path=${encodePath(path)}&${query}`), {
		signal,
		headers: { accept: 'application/x-ndjson' }
	});
	const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
	let rest = '';
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return null;
		const lines = (rest + value).split('\n');
		rest = lines.pop()!;
		const hits: SearchHit[] = [];
		for (const line of lines) {
			if (line.trim() === '') continue;
			const said = JSON.parse(line) as SearchHit | ({ end: true } & SearchEnd);
			if (!('end' in said)) {
				hits.push(said);
				continue;
			}
			tell(hits);
			return { cut: said.cut, looked: said.looked };
		}
		if (hits.length > 0) tell(hits);
	}
}

export async function preview<T>(
	workspace: string,
	path: string,
	kind: 'fits' | 'hdf5' | 'table',
	signal?: AbortSignal
): Promise<T> {
	const response = await request(address(workspace, '/preview', `path=${encodePath(path)}&kind=${kind}`), {
		signal
	});
	return (await response.json()) as T;
}

/** One file on its way up. `offset` is how many bytes the machine has. */
export interface UploadState {
	upload: string;
	offset: number;
	done?: boolean;
}

export function beginUpload(
	workspace: string,
	path: string,
	what: { size: number; modified?: number; replace?: boolean }
): Promise<UploadState> {
	return api('POST', address(workspace, '/uploads', `path=${encodePath(path)}`), what);
}

/** The calls about one upload name its target, too. */
function uploadAddress(workspace: string, { path, upload }: UploadName, query = ''): string {
	return address(workspace, `/uploads/${encodeURIComponent(upload)}`, `path=${encodePath(path)}${query}`);
}

export interface UploadName {
	path: string;
	upload: string;
}

export function uploadOffset(workspace: string, name: UploadName): Promise<{ offset: number }> {
	return api('GET', uploadAddress(workspace, name));
}

export async function sendChunk(
	workspace: string,
	name: UploadName,
	offset: number,
	chunk: Blob,
	signal: AbortSignal
): Promise<{ offset: number; done: boolean }> {
	const response = await request(uploadAddress(workspace, name, `&offset=${offset}`), {
		method: 'PATCH',
		headers: { 'content-type': 'application/octet-stream' },
		body: chunk,
		signal
	});
	return (await response.json()) as { offset: number; done: boolean };
}

export function dropUpload(workspace: string, name: UploadName): Promise<void> {
	return api('DELETE', uploadAddress(workspace, name));
}
