/** Notebooks sent to batch systems in the description of the HTTP interface. */
import type { JsonObject } from '#lib/model/json.ts';
import { SCHEDULERS } from '#lib/model/job.ts';
import { MOST_POINTS, POINT_STATES } from '#lib/model/sweep.ts';
import type { ApiRoute } from './openapi-route.ts';
import { done, list, object, orNull, ref } from './openapi-shape.ts';

const group = 'Runs and kernels';
const sweeps = '/api/notebooks/{id}/sweeps';
const text: JsonObject = { type: 'string' };
const count: JsonObject = { type: 'integer', minimum: 0 };
const seconds = (description: string): JsonObject =>
	orNull({ type: 'number', description: `${description}; seconds since 1970` });

export const SWEEP_ROUTES: ApiRoute[] = [
	{
		method: 'post',
		path: sweeps,
		group,
		summary: 'Send a notebook as batch jobs, one for each point of a grid of parameters (runners)',
		description:
			'`parameters` has the values of each: `{"alpha": [0.1, 0.2]}` makes two jobs, two parameters of two values four, at ' +
			`most ${MOST_POINTS}. They are set behind the cell tagged \`parameters\`, as papermill does. The workspace must be yours and ` +
			'connected. A single run becomes a version of the notebook when it has ended; the results of a grid are in its folder.',
		scope: 'run',
		body: {
			schema: object(
				{
					workspace: text,
					kernelspec: orNull(text),
					resources: ref('Resources'),
					parameters: { type: 'object', additionalProperties: list({}) },
					onError: { type: 'string', enum: ['stop', 'continue'], description: 'stop without it' }
				},
				['kernelspec', 'parameters', 'onError']
			)
		},
		answer: {
			status: 201,
			description: 'The jobs are on their way to the batch system.',
			schema: ref('Sweep')
		}
	},
	{
		method: 'get',
		path: sweeps,
		group,
		summary: 'What was sent from a notebook, the newest first',
		scope: 'read',
		answer: { status: 200, description: 'All of them.', schema: object({ sweeps: list(ref('Sweep')) }) }
	},
	{
		method: 'get',
		path: `${sweeps}/{sweep}`,
		group,
		summary: 'One of them with the state of its jobs',
		description: 'Where the workspace cannot be asked, `status` is null and `problem` says why.',
		scope: 'read',
		answer: {
			status: 200,
			description: 'As it is now.',
			schema: {
				allOf: [ref('Sweep'), object({ status: orNull(ref('SweepStatus')), problem: orNull(ref('Problem')) })]
			}
		}
	},
	{
		method: 'delete',
		path: `${sweeps}/{sweep}`,
		group,
		summary: 'Take its jobs that are not over out of the batch system (runners)',
		description: 'What is over stays, and so do the folder and the record.',
		scope: 'run',
		answer: done
	},
	{
		method: 'get',
		path: `${sweeps}/{sweep}/results/{point}`,
		group,
		summary: 'The notebook of one job as it ran so far',
		scope: 'read',
		answer: { status: 200, description: 'The file.', mime: 'application/x-ipynb+json', schema: ref('Ipynb') }
	},
	{
		method: 'get',
		path: `${sweeps}/{sweep}/results/{point}/preview`,
		group,
		summary: 'The last picture of a result, or its last words',
		scope: 'read',
		answer: {
			status: 200,
			description: 'Null where it has neither. `data` is base64, for SVG the text.',
			schema: object({
				preview: {
					oneOf: [
						object({ kind: { const: 'image' }, mime: text, data: text }),
						object({ kind: { const: 'text' }, text }),
						{ type: 'null' }
					]
				}
			})
		}
	}
];

export const SWEEP_SCHEMAS: Record<string, JsonObject> = {
	Sweep: object({
		id: text,
		title: text,
		points: { ...count, description: 'How many jobs.' },
		workspace: text,
		workspaceName: orNull(text),
		folder: { ...text, description: 'Where inputs and results are on the workspace.' },
		by: text,
		own: { type: 'boolean', description: 'The workspace is yours.' },
		createdAt: { type: 'string', format: 'date-time' },
		over: { type: 'boolean' },
		version: orNull({ ...count, description: 'The version a single run has become.' })
	}),
	SweepStatus: object({
		folder: text,
		title: text,
		scheduler: { type: 'string', enum: [...SCHEDULERS] },
		made: { type: 'number', description: 'Seconds since 1970.' },
		points: list(
			object({
				name: text,
				parameters: { type: 'object' },
				state: { type: 'string', enum: [...POINT_STATES] },
				job: orNull(text),
				node: text,
				words: { ...text, description: 'The scheduler’s, or the kernel’s.' },
				cells: orNull(object({ done: count, all: count })),
				started: seconds('When it began'),
				finished: seconds('When it ended')
			})
		)
	})
};
