/** Batch systems in the description of the HTTP interface. */
import type { JsonObject } from '#lib/model/json.ts';
import { JOB_ENDS, JOB_WAYS, SCHEDULERS } from '#lib/model/job.ts';
import type { ApiRoute } from './openapi-route.ts';
import { done, list, object, orNull, ref } from './openapi-shape.ts';

const group = 'Workspaces';
const workspace = '/api/workspaces/{id}';

export const BATCH_ROUTES: ApiRoute[] = [
	{
		method: 'get',
		path: `${workspace}/offers`,
		group,
		summary: 'The batch systems of the machine and what is free there now',
		scope: 'read',
		answer: {
			status: 200,
			description: 'Empty lists where there is none. `presets`: what administrators offer to ask for there.',
			schema: object({ offers: list(ref('Offer')), presets: list(ref('JobPreset')) })
		}
	},
	{
		method: 'get',
		path: `${workspace}/jobs`,
		group,
		summary: 'All batch jobs of the account, whoever made them',
		scope: 'read',
		answer: {
			status: 200,
			description: 'Waiting and running ones first.',
			schema: object({ jobs: list(ref('Job')) })
		}
	},
	{
		method: 'get',
		path: `${workspace}/jobs/{scheduler}/{job}`,
		group,
		summary: 'The end of the log of a job',
		scope: 'read',
		answer: { status: 200, description: 'As text.', schema: object({ text: { type: 'string' } }) }
	},
	{
		method: 'post',
		path: `${workspace}/jobs/{scheduler}/{job}`,
		group,
		summary: 'Remove, hold or release a job',
		scope: 'run',
		body: { schema: object({ act: { type: 'string', enum: ['remove', 'hold', 'release'] } }) },
		answer: done
	}
];

const text: JsonObject = { type: 'string' };
const count: JsonObject = { type: 'integer', minimum: 0 };
const scheduler: JsonObject = { type: 'string', enum: [...SCHEDULERS] };
const seconds = (description: string): JsonObject =>
	orNull({ type: 'number', description: `${description}; seconds since 1970` });

export const BATCH_SCHEMAS: Record<string, JsonObject> = {
	Resources: object({
		scheduler,
		cpus: count,
		memory: { ...count, description: 'Megabytes; 0: the scheduler’s own.' },
		gpus: count,
		gpuType: text,
		walltime: { ...count, description: 'Minutes; 0: as long as the scheduler lets it.' },
		partition: text,
		account: text,
		requirements: text,
		container: text
	}),
	JobWay: {
		type: 'string',
		enum: [...JOB_WAYS],
		description: '`attach`: by the scheduler’s own command. `call-back`: the job calls the login node.'
	},
	JobPreset: object({ name: text, resources: ref('Resources') }),
	SitePreset: object({
		name: text,
		resources: ref('Resources'),
		hosts: {
			...text,
			description:
				'For workspaces at this host: a name, a pattern like `login*.example.org` or an address. Empty: all.'
		}
	}),
	JobStatus: object({
		scheduler,
		id: orNull(text),
		state: { type: 'string', enum: ['submitting', 'queued', 'held', 'starting', 'running', 'ended'] },
		since: { type: 'number' },
		ahead: orNull(count),
		words: { ...text, description: 'The scheduler’s own.' },
		expectedStart: seconds('When it is expected to start'),
		node: text,
		endsAt: seconds('When its time is over'),
		extends: { type: 'boolean', description: 'Whether it runs and may be given more time.' },
		end: orNull({ type: 'string', enum: [...JOB_ENDS] })
	}),
	Offer: object({
		scheduler,
		version: text,
		partitions: list(
			object({
				name: text,
				isDefault: { type: 'boolean' },
				nodes: count,
				cpus: count,
				cpusFree: count,
				memory: count,
				gpus: count,
				gpusFree: count,
				gpuTypes: list(text),
				walltime: orNull(count)
			})
		),
		way: orNull(ref('JobWay')),
		words: text,
		extends: { type: 'boolean', description: 'Whether a job that runs may be given more time.' }
	}),
	Job: object({
		scheduler,
		id: text,
		name: text,
		state: { type: 'string', enum: ['queued', 'held', 'running', 'ended', 'other'] },
		words: text,
		node: text,
		submitted: seconds('When it was handed in'),
		started: seconds('When it began'),
		cpus: orNull(count),
		memory: orNull(count),
		memoryUsed: orNull(count),
		gpus: orNull(count),
		kernel: orNull(text),
		notebook: orNull(object({ id: text, title: text })),
		sweep: orNull({ ...text, description: 'The batch run of the notebook it is part of.' })
	})
};
