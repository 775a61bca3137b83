/** What the tasks of environments come to, in words: tries, and quick starts. What a machine answers is checked here. */
import * as v from 'valibot';
import type { EnvironmentTrial } from '#lib/model/environment.ts';
import type { Problem } from '#lib/model/problem.ts';
import type { TaskStatus } from '#lib/model/task.ts';

const text = v.pipe(v.string(), v.maxLength(4000));
const found = v.object({
	python: text,
	prefix: text,
	ipykernel: v.nullable(text),
	kernels: v.pipe(
		v.array(
			v.object({
				name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]{1,100}$/)),
				displayName: text,
				language: text,
				argv: v.pipe(v.array(text), v.minLength(1), v.maxLength(100)),
				env: v.record(v.string(), text),
				interruptMode: v.picklist(['signal', 'message'])
			})
		),
		v.maxLength(100)
	)
});
const none = v.object({ python: v.null(), old: v.optional(text, '') });
const folder = v.object({ folder: v.pipe(text, v.regex(/^\//)) });
const fault = v.object({ code: text, message: text });

/** A try that has ended. `seconds` is what it was allowed. */
export function trialOf(task: TaskStatus, seconds: number): EnvironmentTrial {
	const result = v.safeParse(found, task.result);
	const trial = {
		at: new Date().toISOString(),
		python: null,
		prefix: null,
		ipykernel: null,
		kernels: [],
		output: task.output.trim()
	};
	if (task.state === 'done' && result.success) return { ...trial, ok: true, ...result.output, problem: null };
	return { ...trial, ok: false, problem: trialProblem(task, seconds) };
}

function trialProblem(task: TaskStatus, seconds: number): Problem {
	const problem = (code: string, title: string, detail: string, remedy: string): Problem => ({
		code: `environment-${code}`,
		title,
		...(detail ? { detail } : {}),
		remedy
	});
	if (task.state === 'late')
		return problem(
			'late',
			'Its lines did not come to an end.',
			`After ${seconds} seconds they were still running, or they printed without end.`,
			'Take out what waits for somebody or runs for long. What it printed is below.'
		);
	const python = v.safeParse(none, task.result);
	if (python.success) {
		return python.output.old
			? problem(
					'old-python',
					`Its Python ${python.output.old} is too old.`,
					'Kernels need 3.8 or newer.',
					'Choose a newer Python in it.'
				)
			: problem(
					'no-python',
					'There is no Python in it.',
					'Neither python3 nor python is on its PATH.',
					'Add what brings a Python: a module, an environment, a PATH.'
				);
	}
	const last = task.output.trim().split('\n').at(-1)?.trim() ?? '';
	return problem(
		'failed',
		'It could not be set up.',
		last.slice(0, 300),
		'Mend what the machine says below, and try again.'
	);
}

/** The folder of a quick start that worked. */
export function folderOf(task: TaskStatus): string | null {
	const result = v.safeParse(folder, task.result);
	return task.state === 'done' && result.success ? result.output.folder : null;
}

const REMEDIES: Record<string, { title: string; remedy: string }> = {
	'no-venv': {
		title: 'This Python cannot make environments.',
		remedy:
			'Ask for the package python3-venv on the machine (apt-get install python3-venv), or name an environment that has a ' +
			'whole Python in the workspace.'
	},
	'no-network': {
		title: 'The machine does not reach the Python package index.',
		remedy:
			'Set what its people tell you (a proxy in ~/.profile, or an index in ~/.config/pip/pip.conf), then start again.'
	},
	'no-space': {
		title: 'There is no room for it in the home folder.',
		remedy:
			'Delete something there (a quota may be smaller than the disk), or choose fewer packages, then start again.'
	},
	'no-package': {
		title: 'A package cannot be had for this Python.',
		remedy: 'Check its name, or leave it out.'
	}
};

/** Why a quick start did not work; null while it runs and when it did. */
export function quickStartProblem(task: TaskStatus): Problem | null {
	if (task.state === 'running' || task.state === 'done') return null;
	if (task.state === 'cancelled') {
		return { code: 'quick-start-cancelled', title: 'It was cancelled.', remedy: 'Nothing of it is left.' };
	}
	const said = v.safeParse(fault, task.problem);
	const code = said.success ? said.output.code : task.state;
	const known = REMEDIES[code] ?? {
		title: 'The environment could not be made.',
		remedy: 'Read what the machine says below, then start again.'
	};
	const detail = said.success
		? said.output.message
		: task.state === 'lost'
			? 'It ended without a word: the machine was started anew, or somebody ended it.'
			: '';
	return { code: `quick-start-${code}`, ...known, ...(detail ? { detail: detail.slice(0, 300) } : {}) };
}
