/** The part of the HTTP interface about environments, tasks and GPUs. */
import type { JsonObject } from '#lib/model/json.ts';
import type { ApiRoute } from './openapi-route.ts';
import { done, list, object, orNull, ref } from './openapi-shape.ts';

const text = { type: 'string' };
const number = { type: 'number' };
const workspace = '/api/workspaces/{id}';
const group = 'Workspaces';

export const ENVIRONMENT_ROUTES: ApiRoute[] = [
	{
		method: 'get',
		path: `${workspace}/environments`,
		group,
		summary: 'The named environments of a workspace, and what is being made or tried there now',
		scope: 'read',
		answer: {
			status: 200,
			description: 'Both lists.',
			schema: object({ environments: list(ref('Environment')), tasks: list(ref('EnvironmentTask')) })
		}
	},
	{
		method: 'post',
		path: `${workspace}/environments`,
		group,
		summary: 'Name an environment',
		description:
			'What one would type before starting a kernel. Its kernels can be chosen once it was tried. Everybody on the ' +
			'machine can see the lines while they run: no secrets in them.',
		scope: 'write',
		body: { schema: ref('EnvironmentFields') },
		answer: { status: 201, description: 'As it is now.', schema: ref('Environment') }
	},
	{
		method: 'put',
		path: `${workspace}/environments/{env}`,
		group,
		summary: 'Change an environment',
		scope: 'write',
		body: { schema: ref('EnvironmentFields') },
		answer: { status: 200, description: 'As it is now.', schema: ref('Environment') }
	},
	{
		method: 'delete',
		path: `${workspace}/environments/{env}`,
		group,
		summary: 'Forget an environment; nothing on the machine is touched',
		scope: 'write',
		answer: done
	},
	{
		method: 'post',
		path: `${workspace}/environments/{env}/try`,
		group,
		summary: 'Set an environment up once and look what is in it',
		description:
			'Answers when that is over, after at most 2 minutes (15 for a container, whose image may have to be fetched). ' +
			'Until then the task try-{env} tells how far it is. Whether it worked stands in `tried`.',
		scope: 'run',
		answer: { status: 200, description: 'With what came of it.', schema: ref('Environment') }
	},
	{
		method: 'post',
		path: `${workspace}/quick-start`,
		group,
		summary: 'Make a Python environment with ipykernel and packages on the machine',
		description:
			'A virtual environment ~/.ansatz/venv-NAME. It is made whether or not anybody stays connected, and is added to the ' +
			'environments at the end.',
		scope: 'run',
		body: {
			schema: object(
				{ name: text, packages: list({ ...text, description: 'As pip takes them: numpy, scipy>=1.10' }) },
				['packages']
			)
		},
		answer: { status: 202, description: 'It has begun.', schema: object({ task: text }) }
	},
	{
		method: 'get',
		path: `${workspace}/tasks/{task}`,
		group,
		summary: 'How far a quick start or a try is',
		scope: 'read',
		answer: { status: 200, description: 'As it is now.', schema: ref('EnvironmentTask') }
	},
	{
		method: 'delete',
		path: `${workspace}/tasks/{task}`,
		group,
		summary: 'Cancel a quick start or a try, or forget one that did not work',
		scope: 'run',
		answer: done
	},
	{
		method: 'get',
		path: `${workspace}/gpus`,
		group,
		summary: 'The GPUs of the machine: load, memory, and whose kernels hold how much for how long',
		scope: 'read',
		answer: {
			status: 200,
			description: 'An empty list where there is none.',
			schema: object({ gpus: list(ref('Gpu')) })
		}
	},
	...(['release', 'ask'] as const).map((what): ApiRoute => ({
		method: 'post',
		path: `${workspace}/gpus/${what}`,
		group,
		summary:
			what === 'release'
				? 'Shut down a kernel of yours that holds GPU memory'
				: 'Ask the person of a kernel to release its GPU (at most every ten minutes)',
		scope: 'run',
		body: { schema: object({ kernel: text }) },
		answer: done
	}))
];

const kind = { type: 'string', enum: ['venv', 'conda', 'modules', 'container', 'shell'] };
const fields = {
	name: text,
	kind,
	folder: { ...text, description: 'For venv a folder; for conda a folder, or a name that conda knows.' },
	modules: list({ ...text, description: 'A module to load, or "use FOLDER".' }),
	image: { ...text, description: 'For container: a file, or an address such as docker://python:3.12.' },
	binds: list(text),
	lines: list({ ...text, description: 'A line of sh; run last, inside the container.' })
};
const problem = orNull(ref('Problem'));

export const ENVIRONMENT_SCHEMAS: Record<string, JsonObject> = {
	EnvironmentFields: object(fields, ['folder', 'modules', 'image', 'binds', 'lines']),
	Environment: object(
		{
			id: text,
			...fields,
			tried: orNull(
				object({
					at: { type: 'string', format: 'date-time' },
					ok: { type: 'boolean' },
					python: orNull(text),
					prefix: orNull(text),
					ipykernel: orNull(text),
					kernels: list({ type: 'object' }),
					output: text,
					problem
				})
			)
		},
		['folder', 'modules', 'image', 'binds']
	),
	EnvironmentTask: object({
		task: text,
		kind: { type: 'string', enum: ['try', 'quick-start'] },
		state: { type: 'string', enum: ['running', 'done', 'failed', 'cancelled', 'late', 'lost'] },
		name: text,
		text: { ...text, description: 'What it is doing.' },
		part: orNull({ ...number, description: '0 to 1.' }),
		output: { ...text, description: 'The end of what it printed.' },
		problem,
		environment: orNull(text)
	}),
	Gpu: object({
		index: { type: 'integer' },
		uuid: text,
		name: text,
		utilization: orNull(number),
		memoryUsed: { ...number, description: 'Bytes.' },
		memoryTotal: number,
		temperature: orNull(number),
		history: list(number),
		processes: list(
			object({
				pid: { type: 'integer' },
				memory: number,
				user: orNull(text),
				elapsed: orNull({ ...number, description: 'Seconds.' }),
				command: text,
				kernel: orNull(text),
				person: orNull(object({ id: text, name: text })),
				mine: { type: 'boolean' },
				notebook: orNull(object({ id: text, title: text })),
				idleSince: orNull({ ...number, description: 'Milliseconds since 1970.' })
			})
		)
	})
};
