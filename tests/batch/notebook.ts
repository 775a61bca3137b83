/** A notebook whose kernel is in a batch job, as a page and a script see it. */
import { expect, vi } from 'vitest';
import { cellIds } from '#lib/model/notebook-doc.ts';
import type { JobEntry, JobStatus, Resources, SchedulerName } from '#lib/model/job.ts';
import { plainResources } from '#lib/model/job.ts';
import type { Output } from '#lib/model/output.ts';
import { readKernel, readRun, type KernelView } from '#lib/model/runtime-doc.ts';
import { caller, type Call } from '../support/api.ts';
import type { Cluster } from '../support/cluster.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { connectTab, type Tab } from '../support/tab.ts';

/** Schedulers take their time: seconds for a match, and again for an end to be noticed. */
export const PATIENT = { timeout: Number(process.env.PATIENT ?? 90_000), interval: 100 };

export interface Desk {
	server: ServerProcess;
	seed: Seed;
	person: SeededPerson;
	call: Call;
	workspace: string;
	/** Signs in to the workspace. */
	connect(): Promise<void>;
	/** A notebook with these cells, open in a tab. */
	notebook(...sources: string[]): Promise<Desktop>;
	/** All jobs of the account, as the interface lists them. */
	jobs(): Promise<JobEntry[]>;
	/** The server is killed as by a power cut and started again. */
	killServer(): Promise<void>;
	end(): Promise<void>;
}

/** One notebook on the desk. */
export interface Desktop {
	id: string;
	tab: Tab;
	kernel(): KernelView;
	job(): JobStatus | null;
	start(change?: Partial<Resources>): Promise<void>;
	act(action: 'interrupt' | 'restart' | 'shutdown'): Promise<void>;
	run(...cells: number[]): void;
	/** What a cell has said so far, streams and errors and notices. */
	text(cell: number): string;
	/** Until the job is in one of these states. */
	jobIs(...states: JobStatus['state'][]): Promise<void>;
	kernelIs(...states: KernelView['state'][]): Promise<void>;
	/** Until the run of a cell has ended; answers its state. */
	ended(cell: number): Promise<string>;
	/** Open the notebook anew, after the server was away. */
	reopen(): Promise<void>;
}

export async function openDesk(cluster: Cluster, scheduler: SchedulerName): Promise<Desk> {
	let server = await startServer();
	const seed = await openSeed(server);
	const person = await seed.person('ada');
	const workspace = await seed.workspace(person, cluster, []);
	const desk = {
		...{ server, seed, person, workspace },
		call: caller(server, person.token),
		async connect() {
			const signIn = { hop: 0, credential: { kind: 'key', privateKey: cluster.privateKey } };
			const { body } = await desk.call('POST', `/api/workspaces/${workspace}/connect`, { signIn });
			expect(body).toMatchObject({ state: 'connected' });
		},
		notebook: (...sources: string[]) => openDesktop(desk, scheduler, sources),
		async jobs() {
			const { status, body } = await desk.call('GET', `/api/workspaces/${workspace}/jobs`);
			expect([status, body]).toEqual([200, { jobs: expect.any(Array) }]);
			return body.jobs as JobEntry[];
		},
		async killServer() {
			await server.kill();
			desk.server = server = await server.restart();
			desk.call = caller(server, person.token);
		},
		async end() {
			await seed.close();
			await server.end();
		}
	};
	await desk.connect();
	return desk;
}

async function openDesktop(desk: Desk, scheduler: SchedulerName, sources: string[]): Promise<Desktop> {
	const cells = sources.map((source, index) => ({
		...{ id: `c${index}`, cell_type: 'code', metadata: {}, source, outputs: [], execution_count: null }
	}));
	const text = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { title: 'Batch' }, cells });
	const id = await desk.seed.notebook(desk.person, text);
	const runOf = (cell: number) => readRun(desktop.tab.runtimeDoc, cellIds(desktop.tab.doc)[cell]!);
	const desktop = {
		id,
		tab: await connectTab(desk.server, desk.person, id),
		kernel: () => readKernel(desktop.tab.runtimeDoc),
		job: () => desktop.kernel().job,
		async start(change: Partial<Resources> = {}) {
			const resources = { ...plainResources(scheduler), memory: 400, ...change };
			const { workspace } = desk;
			const answer = await desk.call('POST', `/api/notebooks/${id}/kernel`, {
				action: 'start',
				workspace,
				resources
			});
			expect([answer.status, answer.body.problem ?? null]).toEqual([200, null]);
		},
		async act(action: string) {
			expect((await desk.call('POST', `/api/notebooks/${id}/kernel`, { action })).status).toBe(200);
		},
		run(...which: number[]) {
			const ids = cellIds(desktop.tab.doc);
			desktop.tab.say({ do: 'run', cells: which.map((cell) => ids[cell]!) });
		},
		text: (cell: number) => (runOf(cell)?.outputs ?? []).map(textOf).join(''),
		jobIs: (...states: string[]) => vi.waitFor(() => expect(states).toContain(desktop.job()?.state), PATIENT),
		kernelIs: (...states: string[]) =>
			vi.waitFor(() => expect(states).toContain(desktop.kernel().state), PATIENT),
		async ended(cell: number) {
			const about = (): string => JSON.stringify([cell, runOf(cell) ?? null, desktop.kernel()]);
			await vi.waitFor(() => expect(runOf(cell)?.finishedAt ?? null, about()).not.toBeNull(), PATIENT);
			return runOf(cell)!.state;
		},
		async reopen() {
			desktop.tab.close();
			desktop.tab = await connectTab(desk.server, desk.person, id);
		}
	};
	return desktop;
}

function textOf(output: Output): string {
	if (output.type === 'stream') return `${output.text}${output.tail ?? ''}`;
	if (output.type === 'notice') return output.text;
	if (output.type === 'error') return `${output.ename}: ${output.evalue}`;
	return '';
}
