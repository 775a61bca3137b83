/** Named environments of workspaces: what people say of them, trying them, making new ones on the machine. */
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import { setupId, type EnvironmentFields, type EnvironmentSetup } from '#lib/model/environment.ts';
import type { EnvironmentTask } from '#lib/model/environment-task.ts';
import { startedIn } from '#lib/model/environment-prelude.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { newId } from '#lib/model/ids.ts';
import { ProblemError } from '#lib/model/problem.ts';

import type { TaskStatus } from '#lib/model/task.ts';
import { changeSetups, readSetups } from './environment-book.ts';
import { folderOf, quickStartProblem, trialOf } from './environment-trial.ts';
import { plainLine } from './plain-line.ts';
import { openWorkspace } from './open-workspace.ts';
import type { Caller } from './services.ts';

export interface Environments {
	/** What is known, and what is being done now. Works without a connection, then without tasks. */
	list(
		caller: Caller,
		workspace: string
	): Promise<{ environments: EnvironmentSetup[]; tasks: EnvironmentTask[] }>;
	add(caller: Caller, workspace: string, fields: EnvironmentFields): Promise<EnvironmentSetup>;
	/** What was tried of other fields is forgotten. */
	update(caller: Caller, workspace: string, id: string, fields: EnvironmentFields): Promise<EnvironmentSetup>;
	/** Nothing on the machine is touched. */
	remove(caller: Caller, workspace: string, id: string): Promise<void>;
	/** Runs its lines there and looks; resolves with what came of it. Followed meanwhile as the task `try-<id>`. */
	try(caller: Caller, workspace: string, id: string): Promise<EnvironmentSetup>;
	/** Make a virtual environment with ipykernel and these packages there; it is added and tried at the end. */
	quickStart(
		caller: Caller,
		workspace: string,
		what: { name: string; packages: string[] }
	): Promise<{ task: string }>;
	task(caller: Caller, workspace: string, task: string): Promise<EnvironmentTask>;
	cancel(caller: Caller, workspace: string, task: string): Promise<void>;
}

export interface EnvironmentsOptions {
	db: Database;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	/** Hears of faults of work nobody waits for. */
	onFault(error: unknown): void;
}

const MAX_SETUPS = 50;
const TRY_S = 120;
/** The first start of an image fetches it. */
const CONTAINER_S = 900;
/** Finished quick starts are remembered so long for pages that still ask. */
const REMEMBERED_MS = 3600_000;

export function createEnvironments({ db, gateway, directory, onFault }: EnvironmentsOptions): Environments {
	/** Quick starts that were added: the machine has forgotten them. */
	const finished = new Map<string, EnvironmentTask>();
	const finishing = new Map<string, Promise<void>>();

	const connected = (caller: Caller, workspace: string) =>
		openWorkspace({ gateway, directory }, caller, workspace);

	async function mine(caller: Caller, workspace: string): Promise<void> {
		await openWorkspace({ gateway, directory }, caller, workspace, { connected: false });
	}

	async function setupOf(workspace: string, id: string): Promise<EnvironmentSetup> {
		const setup = (await readSetups(db, workspace)).find((each) => each.id === id);
		if (setup) return setup;
		throw new ProblemError(404, {
			code: 'environment-unknown',
			title: 'There is no such environment.',
			detail: 'It was removed meanwhile.',
			remedy: 'Choose another one.'
		});
	}

	async function store(workspace: string, fields: EnvironmentFields): Promise<EnvironmentSetup> {
		let made: EnvironmentSetup | undefined;
		await changeSetups(db, workspace, (setups) => {
			if (setups.length >= MAX_SETUPS) {
				throw new ProblemError(409, {
					code: 'environments-full',
					title: `There are ${MAX_SETUPS} environments already.`,
					remedy: 'Remove one that nobody needs.'
				});
			}
			const id = setupId(
				fields.name,
				setups.map((setup) => setup.id)
			);
			made = { id, ...fields, name: plainLine(fields.name), tried: null };
			return [...setups, made];
		});
		return made!;
	}

	const tryId = (workspace: string, id: string): string => `try-${workspace}-${id}`;

	/** Await the end of a task, asking now and then. */
	async function ended(workspace: string, task: string): Promise<TaskStatus> {
		for (let pause = 150; ; pause = Math.min(1500, pause * 1.3)) {
			const status = await gateway.task(workspace, task);
			if (status.state !== 'running') return status;
			await new Promise((resolve) => setTimeout(resolve, pause));
		}
	}

	async function tryOut(workspace: string, setup: EnvironmentSetup): Promise<EnvironmentSetup> {
		const timeout = setup.kind === 'container' ? CONTAINER_S : TRY_S;
		const task = tryId(workspace, setup.id);
		const about = { kind: 'try', workspace, environment: setup.id, name: setup.name };
		await gateway.startTask(workspace, task, { argv: startedIn(setup, []), timeout, probe: true, about });
		const end = await ended(workspace, task);
		// what was known before still holds
		if (end.state === 'cancelled') return setup;
		const tried = trialOf(end, timeout);
		await changeSetups(db, workspace, (setups) =>
			// somebody may have changed it meanwhile: then this says nothing about it
			setups.map((each) =>
				each.id === setup.id && recipe(each) === recipe(setup) ? { ...each, tried } : each
			)
		);
		return { ...setup, tried };
	}

	const view = (status: TaskStatus): EnvironmentTask => {
		const { kind, name, environment } = status.about;
		const quick = kind === 'quick-start';
		return {
			task: quick ? status.task : `try-${String(environment)}`,
			kind: quick ? 'quick-start' : 'try',
			state: status.state,
			name: String(name),
			text: status.text,
			part: status.part,
			output: status.output,
			problem: quick ? quickStartProblem(status) : null,
			environment: typeof environment === 'string' ? environment : null
		};
	};

	/** A quick start is done for people when its environment can be used: that is seen to by looking. */
	function shown(workspace: string, status: TaskStatus): EnvironmentTask {
		if (status.state !== 'done' || status.about.kind !== 'quick-start') return view(status);
		void watch(workspace, status.task);
		return { ...view(status), state: 'running', text: 'Trying it', part: 0.97 };
	}

	/** A quick start that worked becomes an environment, once. */
	function finish(workspace: string, status: TaskStatus): Promise<void> {
		const { task } = status;
		let running = finishing.get(task);
		if (!running) {
			running = (async () => {
				const folder = folderOf(status);
				if (folder === null || finished.has(task)) return;
				const known = (await readSetups(db, workspace)).find((setup) => setup.folder === folder);
				const name = String(status.about.name);
				const setup = known ?? (await store(workspace, { name, kind: 'venv', folder, lines: [] }));
				if (!setup.tried) await tryOut(workspace, setup);
				finished.set(task, { ...view(status), environment: setup.id });
				setTimeout(() => finished.delete(task), REMEMBERED_MS).unref();
				await gateway.forgetTask(workspace, task);
			})().finally(() => finishing.delete(task));
			finishing.set(task, running);
		}
		return running;
	}

	/** Nobody need look: when the line is lost, the next look at the list goes on. */
	async function watch(workspace: string, task: string): Promise<void> {
		try {
			const status = await ended(workspace, task);
			if (status.state === 'done') await finish(workspace, status);
		} catch (error) {
			if (!(error instanceof ProblemError)) onFault(error);
		}
	}

	async function taskOf(workspace: string, id: string): Promise<TaskStatus> {
		const status = await gateway.task(workspace, id.startsWith('try-') ? tryId(workspace, id.slice(4)) : id);
		if (status.about.workspace === workspace) return status;
		throw new ProblemError(404, {
			code: 'task-unknown',
			title: 'There is no such task.',
			remedy: 'Look at the list.'
		});
	}

	return {
		async list(caller, workspace) {
			await mine(caller, workspace);
			let tasks: EnvironmentTask[] = [];
			if (gateway.isConnected(workspace)) {
				const all = (await gateway.tasks(workspace).catch(ignoreProblems)) ?? [];
				const own = all.filter(({ about }) => about.workspace === workspace);
				tasks = own
					.filter(({ state, about }) => state === 'running' || about.kind === 'quick-start')
					.map((status) => shown(workspace, status));
			}
			return { environments: await readSetups(db, workspace), tasks };
		},

		async add(caller, workspace, fields) {
			await mine(caller, workspace);
			return store(workspace, fields);
		},

		async update(caller, workspace, id, fields) {
			await mine(caller, workspace);
			const { tried, ...before } = await setupOf(workspace, id);
			const next = { id, ...fields, name: plainLine(fields.name) };
			const same = recipe(before) === recipe(next);
			await changeSetups(db, workspace, (setups) =>
				setups.map((each) => (each.id === id ? { ...next, tried: same ? each.tried : null } : each))
			);
			if (!same && gateway.isConnected(workspace))
				await gateway.cancelTask(workspace, tryId(workspace, id)).catch(ignoreProblems);
			return { ...next, tried: same ? tried : null };
		},

		async remove(caller, workspace, id) {
			await mine(caller, workspace);
			await setupOf(workspace, id);
			await changeSetups(db, workspace, (setups) => setups.filter((setup) => setup.id !== id));
		},

		async try(caller, workspace, id) {
			await connected(caller, workspace);
			return tryOut(workspace, await setupOf(workspace, id));
		},

		async quickStart(caller, workspace, { name, packages }) {
			await connected(caller, workspace);
			const task = newId();
			await gateway.startTask(workspace, task, {
				argv: ['{python}', '{agent}', 'quick-start', setupId(name, []), 'ipykernel', ...packages],
				about: { kind: 'quick-start', workspace, name: plainLine(name) }
			});
			void watch(workspace, task);
			return { task };
		},

		async task(caller, workspace, id) {
			await mine(caller, workspace);
			const known = finished.get(id);
			if (known) return known;
			await connected(caller, workspace);
			return shown(workspace, await taskOf(workspace, id));
		},

		async cancel(caller, workspace, id) {
			await connected(caller, workspace);
			const { task, state, about } = await taskOf(workspace, id);
			if (state === 'running') return gateway.cancelTask(workspace, task);
			// of one that did not work, its words are taken off the list
			if (about.kind === 'quick-start' && state !== 'done') await gateway.forgetTask(workspace, task);
		}
	};
}

/** All that decides what happens on the machine. */
function recipe({ kind, folder, modules, image, binds, lines }: EnvironmentFields): string {
	return JSON.stringify([kind, folder, modules, image, binds, lines]);
}

function ignoreProblems(error: unknown): undefined {
	if (!(error instanceof ProblemError)) throw error;
}
