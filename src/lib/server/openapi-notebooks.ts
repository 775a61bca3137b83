/** Notebooks, their runs, kernels and people. */
import type { ApiRoute } from './openapi-route.ts';
import { list, object, ref } from './openapi-shape.ts';

const text = { type: 'string' };
const notebook = '/api/notebooks/{id}';
const done = { status: 204, description: 'Done.' };

export const NOTEBOOK_ROUTES: ApiRoute[] = [
	{
		method: 'post',
		path: '/api/notebooks',
		group: 'Notebooks',
		summary: 'Make a notebook, empty or from an .ipynb file',
		description:
			'The body is the notebook file itself, or {} or {"title": …} for an empty one. At most 50 MB. What could not be ' +
			'taken over exactly is said in `warnings`.',
		scope: 'write',
		query: { title: { schema: text, description: 'The title, when the file has none of its own to keep.' } },
		body: { schema: { oneOf: [ref('Ipynb'), object({ title: text }, ['title'])] }, optional: true },
		answer: {
			status: 201,
			description: 'Made.',
			schema: object({ id: text, url: text, warnings: list(text) })
		}
	},
	{
		method: 'get',
		path: '/api/notebooks',
		group: 'Notebooks',
		summary: 'My notebooks, last changed first',
		scope: 'read',
		query: {
			after: { schema: text, description: 'The `next` of the page before.' },
			limit: {
				schema: { type: 'integer', minimum: 1, maximum: 100 },
				description: 'Rows a page; 100 by default.'
			}
		},
		answer: {
			status: 200,
			description: 'One page.',
			schema: object({ notebooks: list(ref('Notebook')), next: { type: ['string', 'null'] } })
		}
	},
	{
		method: 'get',
		path: notebook,
		group: 'Notebooks',
		summary: 'One notebook: its row, or the whole of it as a file',
		scope: 'read',
		query: {
			format: {
				schema: { type: 'string', enum: ['ipynb', 'py', 'md', 'html'] },
				description: 'The notebook as people see it now, outputs included. Without it, the row.'
			}
		},
		answer: { status: 200, description: 'The row, or the file.', schema: ref('Notebook') }
	},
	{
		method: 'patch',
		path: notebook,
		group: 'Notebooks',
		summary: 'Set when its unused kernel is shut down (owners)',
		description: 'Minutes without a run; null is what the administrator has set, 0 is never.',
		scope: 'write',
		body: {
			schema: object({ idleMinutes: { type: ['integer', 'null'], minimum: 0, maximum: 20160 } }, [
				'idleMinutes'
			])
		},
		answer: { status: 200, description: 'The row as it is now.', schema: ref('Notebook') }
	},
	{
		method: 'delete',
		path: notebook,
		group: 'Notebooks',
		summary: 'Delete a notebook for everybody (owners)',
		scope: 'write',
		answer: done
	},
	{
		method: 'get',
		path: `${notebook}/blobs/{hash}`,
		group: 'Notebooks',
		summary: 'The bytes of a large output',
		scope: 'read',
		answer: { status: 200, description: 'The bytes.', mime: '*/*' }
	},
	{
		method: 'get',
		path: `${notebook}/streams/{stream}`,
		group: 'Notebooks',
		summary: 'The whole of a long text output, also while its cell runs',
		description: 'With “from”, lines of it as {from, lines, total}; lines are numbered from 0.',
		scope: 'read',
		query: {
			from: { schema: { type: 'integer', minimum: 0 }, description: 'The first line wanted.' },
			count: {
				schema: { type: 'integer', minimum: 0, maximum: 5000, default: 200 },
				description: 'How many lines.'
			}
		},
		answer: { status: 200, description: 'The text, or the lines.', mime: 'text/plain' }
	},
	{
		method: 'post',
		path: `${notebook}/runs/{run}/input`,
		group: 'Runs and kernels',
		summary: 'Answer what the code of a run asks for (input, getpass)',
		description:
			'The open question stands in the run as “input”: {seq, prompt, password}. The first answer counts.',
		scope: 'run',
		body: { schema: object({ seq: { type: 'integer' }, value: text }) },
		answer: { status: 200, description: 'Passed on.', schema: object({}) }
	},
	{
		method: 'post',
		path: `${notebook}/runs`,
		group: 'Runs and kernels',
		summary: 'Run cells',
		description: 'They join the queue in the order given; a kernel is started when there is none.',
		scope: 'run',
		body: {
			schema: object({
				cells: { oneOf: [list(text), { const: 'all' }] },
				keepGoing: { type: 'boolean', default: false }
			})
		},
		answer: {
			status: 202,
			description: 'Queued.',
			schema: object({ runs: list(object({ id: text, cell: text })) })
		}
	},
	{
		method: 'get',
		path: `${notebook}/runs/{run}`,
		group: 'Runs and kernels',
		summary: 'One run with its outputs',
		scope: 'read',
		query: {
			wait: {
				schema: { type: 'number', minimum: 0, maximum: 60 },
				description: 'Seconds to wait for its end before answering.'
			}
		},
		answer: { status: 200, description: 'The run as it is now.', schema: ref('Run') }
	},
	{
		method: 'get',
		path: `${notebook}/kernel`,
		group: 'Runs and kernels',
		summary: 'The kernel of a notebook',
		scope: 'read',
		answer: { status: 200, description: 'The kernel as it is now.', schema: ref('Kernel') }
	},
	{
		method: 'post',
		path: `${notebook}/kernel`,
		group: 'Runs and kernels',
		summary: 'Start, interrupt, restart, shut down or keep the kernel, or give its batch job more time',
		description:
			'`workspace` and `kernelspec` are for start; without them the first of your workspaces and its default. `gpus` are ' +
			'the numbers of those it may see; without it all. With `resources` it starts in a batch job. ' +
			'With keep, the time after which an unused kernel is shut down begins anew; with ' +
			'extend its batch job has so many `minutes` more (30 without), where the batch system allows that.',
		scope: 'run',
		body: {
			schema: object(
				{
					action: { type: 'string', enum: ['start', 'interrupt', 'restart', 'shutdown', 'keep', 'extend'] },
					workspace: text,
					kernelspec: text,
					gpus: { type: 'array', items: { type: 'integer', minimum: 0 } },
					resources: ref('Resources'),
					minutes: { type: 'integer', minimum: 1 }
				},
				['workspace', 'kernelspec', 'gpus', 'resources', 'minutes']
			)
		},
		answer: { status: 200, description: 'The kernel as it is now.', schema: ref('Kernel') }
	},
	{
		method: 'get',
		path: `${notebook}/members`,
		group: 'Sharing',
		summary: 'Who has access, and the links that give it',
		scope: 'read',
		answer: {
			status: 200,
			description: 'People and links.',
			schema: object({ members: list(ref('Member')), links: list(ref('ShareLink')) })
		}
	},
	{
		method: 'put',
		path: `${notebook}/members`,
		group: 'Sharing',
		summary: 'Give a person a role, or change it (owners)',
		scope: 'write',
		body: {
			schema: object({ name: { ...text, description: 'The name they sign in with.' }, role: ref('Role') })
		},
		answer: done
	},
	{
		method: 'delete',
		path: `${notebook}/members/{user}`,
		group: 'Sharing',
		summary: 'Take a person’s access away (owners), or leave',
		scope: 'write',
		answer: done
	},
	{
		method: 'post',
		path: `${notebook}/links`,
		group: 'Sharing',
		summary: 'Make a share link (owners)',
		description: 'The address is in this answer only; the server keeps a digest.',
		scope: 'write',
		body: { schema: object({ role: ref('Role') }) },
		answer: { status: 201, description: 'Made.', schema: ref('ShareLink') }
	},
	{
		method: 'delete',
		path: `${notebook}/links/{link}`,
		group: 'Sharing',
		summary: 'Take a share link back (owners)',
		scope: 'write',
		answer: done
	},
	{
		method: 'get',
		path: `${notebook}/terminals`,
		group: 'Sharing',
		summary: 'Terminals shown in a notebook (runners and above)',
		scope: 'read',
		answer: {
			status: 200,
			description: 'All of them.',
			schema: object({ terminals: list(ref('SharedTerminal')) })
		}
	},
	{
		method: 'post',
		path: `${notebook}/terminals`,
		group: 'Sharing',
		summary: 'Show one of my terminals to those who may run in a notebook',
		description: 'With write they may type, too, and do what your account can. Again, to change that.',
		scope: 'run',
		body: { schema: object({ workspace: text, terminal: text, write: { type: 'boolean' } }, ['write']) },
		answer: done
	},
	{
		method: 'delete',
		path: `${notebook}/terminals/{terminal}`,
		group: 'Sharing',
		summary: 'Take a terminal out of a notebook (who shows it, or an owner)',
		scope: 'run',
		answer: done
	}
];
