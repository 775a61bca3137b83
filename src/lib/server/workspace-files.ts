/** The files of a person's workspaces: who may, and the streams as HTTP wants them. The work is the gateway's. */
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { FileOperation, FileOutcome, FolderListing } from '#lib/model/files.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import type { WorkspaceId } from '#lib/model/ids.ts';
import type { JsonObject } from '#lib/model/json.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type {
	FileFacts,
	PreviewKind,
	SearchEnd,
	SearchQuestion,
	UploadPlan,
	WorkspaceFiles
} from '#lib/model/workspace-files.ts';
import type { SearchHit } from '#lib/model/files.ts';
import type { Caller } from './services.ts';

type Bytes = AsyncIterable<Uint8Array>;

/** All calls refuse with 404 for a workspace that is not the caller's, and with 409 for one that is not connected. */
export interface WorkspaceFileService {
	list(caller: Caller, id: WorkspaceId, path: string): Promise<FolderListing>;
	stat(caller: Caller, id: WorkspaceId, path: string): Promise<FileFacts>;
	operate(
		caller: Caller,
		id: WorkspaceId,
		operation: FileOperation,
		signal?: AbortSignal
	): Promise<FileOutcome>;
	read(
		caller: Caller,
		id: WorkspaceId,
		path: string,
		range?: { offset: number; length: number }
	): Promise<{ facts: FileFacts; body: ReadableStream<Uint8Array> }>;
	/** `expected`: see WorkspaceFiles.save. */
	save(
		caller: Caller,
		id: WorkspaceId,
		path: string,
		bytes: Bytes,
		expected: string | null | undefined
	): Promise<FileFacts>;
	beginUpload(
		caller: Caller,
		id: WorkspaceId,
		path: string,
		plan: UploadPlan
	): Promise<{ upload: string; offset: number }>;
	uploadOffset(caller: Caller, id: WorkspaceId, path: string, upload: string): Promise<{ offset: number }>;
	append(
		caller: Caller,
		id: WorkspaceId,
		path: string,
		upload: string,
		offset: number,
		bytes: Bytes
	): Promise<{ offset: number; done: boolean }>;
	dropUpload(caller: Caller, id: WorkspaceId, path: string, upload: string): Promise<void>;
	zip(caller: Caller, id: WorkspaceId, paths: string[]): Promise<ReadableStream<Uint8Array>>;
	search(
		caller: Caller,
		id: WorkspaceId,
		path: string,
		question: SearchQuestion
	): Promise<AsyncIterableIterator<SearchHit | SearchEnd>>;
	preview(
		caller: Caller,
		id: WorkspaceId,
		path: string,
		kind: PreviewKind,
		python: string | undefined
	): Promise<JsonObject>;
	/** Answers the way to stop watching. */
	watch(caller: Caller, id: WorkspaceId, path: string, listener: () => void): Promise<() => void>;
}

export interface WorkspaceFilesOptions {
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
}

export function createWorkspaceFiles({ gateway, directory }: WorkspaceFilesOptions): WorkspaceFileService {
	/** The files, when the caller may and there is a connection. Nobody has to sign in to this machine. */
	async function reach(
		caller: Caller,
		id: WorkspaceId
	): Promise<{ files: WorkspaceFiles; environments: string[] }> {
		const { id: user, displayName, admin } = caller.user;
		const may = await directory.mayUse({ id: user, name: displayName, admin }, id);
		const address = may ? await directory.address(id) : null;
		if (!address) {
			throw new ProblemError(404, {
				code: 'workspace-unknown',
				title: 'There is no such workspace.',
				detail: 'It was removed, or it belongs to somebody else.',
				remedy: 'Choose one of yours.'
			});
		}
		if (address.kind === 'local' && !gateway.isConnected(id)) await gateway.connect(address);
		if (!gateway.isConnected(id)) {
			throw new ProblemError(409, {
				code: 'workspace-disconnected',
				title: `${address.name} is not connected.`,
				remedy: 'Connect to it first.'
			});
		}
		return { files: gateway.files(id), environments: address.environments };
	}
	const on = async <T>(
		caller: Caller,
		id: WorkspaceId,
		act: (files: WorkspaceFiles) => T | Promise<T>
	): Promise<T> => act((await reach(caller, id)).files);

	return {
		list: (caller, id, path) => on(caller, id, (files) => files.list(path)),
		stat: (caller, id, path) => on(caller, id, (files) => files.stat(path)),
		operate: (caller, id, operation, signal) =>
			on(caller, id, (files) => files.operate(operation, signal ? { signal } : {})),
		read: (caller, id, path, range) =>
			on(caller, id, async (files) => {
				const { facts, bytes } = await files.read(path, range ?? {});
				return { facts, body: streamOf(bytes) };
			}),
		save: (caller, id, path, bytes, expected) =>
			on(caller, id, (files) => files.save(path, bytes, expected === undefined ? {} : { expected })),
		beginUpload: (caller, id, path, plan) => on(caller, id, (files) => files.beginUpload(path, plan)),
		uploadOffset: (caller, id, path, upload) =>
			on(caller, id, async (files) => ({ offset: await files.uploadOffset(path, upload) })),
		append: (caller, id, path, upload, offset, bytes) =>
			on(caller, id, (files) => files.append(path, upload, offset, bytes)),
		dropUpload: (caller, id, path, upload) => on(caller, id, (files) => files.dropUpload(path, upload)),
		zip: (caller, id, paths) => on(caller, id, async (files) => streamOf(await files.zip(paths))),
		search: (caller, id, path, question) => on(caller, id, (files) => files.search(path, question)),
		async preview(caller, id, path, kind, python) {
			const { files, environments } = await reach(caller, id);
			const pythons = python ? [python] : environments.map((folder) => `${folder}/bin/python`);
			return files.preview(path, kind, pythons);
		},
		watch: (caller, id, path, listener) => on(caller, id, (files) => files.watch(path, listener))
	};
}

/** Bytes as a body: read on only as fast as they are taken, left when nobody wants them any more. */
export function streamOf(bytes: AsyncIterableIterator<Uint8Array>): ReadableStream<Uint8Array> {
	return new ReadableStream<Uint8Array>(
		{
			async pull(controller) {
				const { done, value } = await bytes.next();
				if (done) controller.close();
				else controller.enqueue(value);
			},
			async cancel() {
				await bytes.return?.();
			}
		},
		{ highWaterMark: 0 }
	);
}
