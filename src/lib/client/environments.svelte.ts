/** The environments of one workspace as their page sees them: the list, what is under way, and looking again meanwhile. */
import { api, problemOf } from './api.ts';
import type { EnvironmentFields, EnvironmentSetup } from '#lib/model/environment.ts';
import type { EnvironmentTask } from '#lib/model/environment-task.ts';
import type { Problem } from '#lib/model/problem.ts';

const LOOK_MS = 700;

export class EnvironmentsView {
	list = $state.raw<EnvironmentSetup[] | null>(null);
	tasks = $state.raw<EnvironmentTask[]>([]);
	problem = $state.raw<Problem | null>(null);
	readonly #path: string;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#closed = false;
	/** Called with an environment that a quick start has made. */
	onmade: (setup: EnvironmentSetup) => void = () => {};

	constructor(workspace: string) {
		this.#path = `/api/workspaces/${workspace}`;
	}

	/** Look at everything anew, and go on looking while something is under way. */
	async load(): Promise<void> {
		try {
			const { environments, tasks } = await api<{
				environments: EnvironmentSetup[];
				tasks: EnvironmentTask[];
			}>('GET', `${this.#path}/environments`);
			const before = this.list;
			const gone = this.tasks.filter(
				({ task, kind }) => kind === 'quick-start' && !tasks.some((each) => each.task === task)
			);
			this.list = environments;
			// what they print comes with the next look at each
			this.tasks = tasks.map((task) => ({ ...this.tasks.find((each) => each.task === task.task), ...task }));
			this.problem = null;
			if (before && gone.length > 0)
				for (const setup of environments)
					if (!before.some(({ id }) => id === setup.id) && setup.tried) this.onmade(setup);
			if (tasks.length > 0) void this.#look();
		} catch (error) {
			this.problem = problemOf(error);
			// the line may be away for a moment: what is under way is not forgotten for that
			if (this.tasks.length > 0 && !this.#closed)
				this.#timer = setTimeout(() => void this.load(), 4 * LOOK_MS);
		}
	}

	async save(id: string | null, fields: EnvironmentFields): Promise<EnvironmentSetup> {
		const setup = await (id === null
			? api<EnvironmentSetup>('POST', `${this.#path}/environments`, fields)
			: api<EnvironmentSetup>('PUT', `${this.#path}/environments/${id}`, fields));
		this.#put(setup);
		return setup;
	}

	async remove(id: string): Promise<void> {
		await api('DELETE', `${this.#path}/environments/${id}`);
		this.list = (this.list ?? []).filter((setup) => setup.id !== id);
	}

	/** Try it; the answer is in the list. Rejects where it could not be tried at all. */
	async try(setup: EnvironmentSetup): Promise<EnvironmentSetup> {
		const task: EnvironmentTask = {
			task: `try-${setup.id}`,
			kind: 'try',
			state: 'running',
			name: setup.name,
			text: 'Setting it up and looking what is in it',
			part: null,
			output: '',
			problem: null,
			environment: setup.id
		};
		this.tasks = [...this.tasks.filter((each) => each.task !== task.task), task];
		const answer = api<EnvironmentSetup>('POST', `${this.#path}/environments/${setup.id}/try`);
		void this.#look();
		try {
			const tried = await answer;
			this.#put(tried);
			return tried;
		} finally {
			this.tasks = this.tasks.filter((each) => each.task !== task.task);
		}
	}

	async quickStart(name: string, packages: string[]): Promise<void> {
		await api('POST', `${this.#path}/quick-start`, { name, packages });
		await this.load();
	}

	/** Cancel what runs; take away the words of what did not work. */
	async cancel(task: string): Promise<void> {
		await api('DELETE', `${this.#path}/tasks/${task}`);
		await this.load();
	}

	close(): void {
		this.#closed = true;
		clearTimeout(this.#timer);
	}

	#put(setup: EnvironmentSetup): void {
		const list = this.list ?? [];
		this.list = list.some(({ id }) => id === setup.id)
			? list.map((each) => (each.id === setup.id ? setup : each))
			: [...list, setup];
	}

	/** What each task has printed; when one has ended, the whole list. */
	async #look(): Promise<void> {
		clearTimeout(this.#timer);
		const looked = await Promise.all(
			this.tasks.map((task) =>
				// one that is just being started, or just ended, is not there to be looked at
				api<EnvironmentTask>('GET', `${this.#path}/tasks/${task.task}`).catch(() => null)
			)
		);
		if (this.#closed) return;
		this.tasks = this.tasks.map((task) => {
			const now = looked.find((each) => each?.task === task.task);
			if (!now || task.kind !== 'try') return now ?? task;
			// its end is told by the answer to the try itself; before it says something, our words stand
			return { ...now, state: 'running', text: now.text || task.text };
		});
		const ended = this.tasks.some(
			({ task, kind, state }) =>
				kind === 'quick-start' && (state === 'done' || !looked.some((each) => each?.task === task))
		);
		if (ended) return this.load();
		if (this.tasks.some(({ state }) => state === 'running'))
			this.#timer = setTimeout(() => void this.#look(), LOOK_MS);
	}
}
