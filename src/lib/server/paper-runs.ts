/** Running the example of a paper: a copy of its notebook, its data on a machine, a kernel that starts beside them. */
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Collab } from '#collab/start.ts';
import type { Database } from '#db/database.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { newId, type NotebookId, type WorkspaceId } from '#lib/model/ids.ts';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import type { Logger } from '#collab/logger.ts';
import { copyVersion } from './paper-copies.ts';
import { startExample } from './paper-kernel.ts';
import { newFolder, readFiles, writeFiles, type PaperFile } from './paper-data.ts';
import { readCard, readVersion, type PaperRow } from './paper-rows.ts';
import type { PaperCounts } from './paper-counts.ts';
import type { Caller } from './services.ts';

/** How far it is. `starting`: the notebook can be opened, its kernel is on its way. */
export interface PaperRunState {
	id: string;
	state: 'writing' | 'starting' | 'ready' | 'failed';
	/** Null while the data are being written. */
	notebook: NotebookId | null;
	/** Of the data, in bytes. */
	done: number;
	total: number;
	/** The file that is being written; null with none. */
	file: string | null;
	/** On the machine; null for a version without data. */
	folder: string | null;
	/** What differs from the environment of the version, as Markdown; null where nothing does, and before it is known. */
	difference: string | null;
	problem: Problem | null;
}

export interface PaperRuns {
	/** The data files of a version. */
	files(caller: Caller | null, slug: string, number: number): Promise<PaperFile[]>;
	/** Begins; 404 for what the caller may not read or use, 409 `workspace-disconnected`. */
	start(caller: Caller, slug: string, number: number, workspace: WorkspaceId): Promise<PaperRunState>;
	/** Own ones of the last hour. 404 `paper-run-unknown`. */
	state(caller: Caller, id: string): PaperRunState;
}

export interface PaperRunsOptions {
	db: Database;
	collab: Collab;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	counts: Pick<PaperCounts, 'count'>;
	/** Of the site. */
	origin: string;
	logger: Logger;
}

/** Below the home folder. */
export const PAPERS_FOLDER = '~/ansatz-papers';
const KEPT_MS = 3600_000;
/** Of one person: more at once is nobody's wish. */
const AT_ONCE = 5;

export function createPaperRuns(options: PaperRunsOptions): PaperRuns {
	const { db, collab, gateway, directory, counts, origin, logger } = options;
	const runs = new Map<string, { owner: string; at: number; state: PaperRunState }>();

	async function place(caller: Caller, workspace: WorkspaceId) {
		const address = (await directory.mayUse(roomUser(caller), workspace))
			? await directory.address(workspace)
			: null;
		if (!address) {
			throw new ProblemError(404, {
				code: 'workspace-unknown',
				title: 'There is no such workspace.',
				detail: 'It was removed, or it belongs to somebody else.',
				remedy: 'Choose one of yours.'
			});
		}
		if (address.kind === 'local' && !gateway.isConnected(workspace)) await gateway.connect(address);
		if (gateway.isConnected(workspace)) return address;
		throw new ProblemError(409, {
			code: 'workspace-disconnected',
			title: `${address.name} is not connected.`,
			remedy: 'Connect to it first.'
		});
	}

	async function work(
		caller: Caller,
		{ card, number, workspace }: { card: PaperRow; number: number; workspace: WorkspaceId },
		files: PaperFile[],
		state: PaperRunState
	): Promise<void> {
		const address = await place(caller, workspace);
		const { environment } = await readVersion(db, card, number);
		if (files.length > 0) {
			const machine = gateway.files(workspace);
			state.folder = await newFolder(machine, PAPERS_FOLDER, `${card.slug}-v${number}`);
			await writeFiles(db, machine, state.folder, files, (file, done) =>
				Object.assign(state, { file, done })
			);
		}
		const { folder } = state;
		const order = {
			card,
			number,
			owner: caller.user.id,
			...(folder ? { place: { workspace, folder } } : {})
		};
		const notebook = await copyVersion(db, origin, order);
		const tools = { gateway, directory, collab };
		const kernel = { user: roomUser(caller), role: 'owner' as const, notebook, address, environment };
		const { difference } = await startExample(tools, kernel);
		Object.assign(state, { notebook, file: null, state: 'starting' });
		state.difference = await difference;
		state.state = 'ready';
		counts.count(card.slug, number, 'run');
	}

	return {
		async files(caller, slug, number) {
			const card = await readCard(db, slug, caller);
			await readVersion(db, card, number);
			return readFiles(db, card.id, number);
		},

		async start(caller, slug, number, workspace) {
			const card = await readCard(db, slug, caller);
			await readVersion(db, card, number);
			await place(caller, workspace);
			for (const [id, run] of runs) if (Date.now() - run.at > KEPT_MS) runs.delete(id);
			const busy = [...runs.values()].filter(
				({ owner, state }) => owner === caller.user.id && state.state === 'writing'
			);
			if (busy.length >= AT_ONCE) throw tooMany();
			const files = await readFiles(db, card.id, number);
			const state: PaperRunState = {
				id: newId(),
				state: 'writing',
				notebook: null,
				done: 0,
				total: files.reduce((sum, { size }) => sum + size, 0),
				file: null,
				folder: null,
				difference: null,
				problem: null
			};
			runs.set(state.id, { owner: caller.user.id, at: Date.now(), state });
			work(caller, { card, number, workspace }, files, state).catch((error: unknown) => {
				if (!(error instanceof ProblemError)) logger.error({ err: error }, 'an example could not be run');
				state.problem = error instanceof ProblemError ? error.problem : FAULT;
				state.state = 'failed';
			});
			return { ...state };
		},

		state(caller, id) {
			const run = runs.get(id);
			if (run?.owner === caller.user.id) return { ...run.state };
			throw new ProblemError(404, {
				code: 'paper-run-unknown',
				title: 'There is no such start of an example.',
				detail: 'It was more than an hour ago, or the server was restarted since.',
				remedy: 'Look for the copy among your notebooks, or start it again.'
			});
		}
	};
}

function roomUser({ user }: Caller) {
	return { id: user.id, name: user.displayName, admin: user.admin };
}

function tooMany(): ProblemError {
	return new ProblemError(429, {
		code: 'paper-runs',
		title: `You are starting ${AT_ONCE} examples already.`,
		remedy: 'Wait until one of them has its data.'
	});
}

const FAULT: Problem = {
	code: 'internal',
	title: 'The example could not be started.',
	detail: 'Something went wrong on our side; it is in the server log.',
	remedy: 'Try again.'
};
