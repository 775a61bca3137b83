/** The HTTP interface as one table: the description served at /api/openapi.json and the page /api are made from it. */
import type { JsonObject } from '#lib/model/json.ts';
import { BOUND_ROUTES } from './openapi-bound.ts';
import { ENVIRONMENT_ROUTES } from './openapi-environments.ts';
import { FILE_ROUTES } from './openapi-files.ts';
import { list, object, ref } from './openapi-schemas.ts';

/** What a token must be allowed: `read` to look, `write` to change, `run` to compute. null needs no sign-in. */
export type Scope = 'read' | 'write' | 'run';

export interface ApiRoute {
	method: 'get' | 'post' | 'put' | 'patch' | 'delete';
	/** As in OpenAPI: `{name}` for a parameter. */
	path: string;
	group: 'Notebooks' | 'Runs and kernels' | 'Sharing' | 'Workspaces' | 'Files' | 'Account' | 'Server';
	summary: string;
	description?: string;
	scope: Scope | null;
	query?: Record<string, { schema: JsonObject; description: string }>;
	body?: { schema: JsonObject; optional?: boolean };
	answer: { status: number; description: string; schema?: JsonObject; mime?: string };
}

const text = { type: 'string' };
const notebook = '/api/notebooks/{id}';
const workspace = '/api/workspaces/{id}';
const done = { status: 204, description: 'Done.' };

export const API_ROUTES: ApiRoute[] = [
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
		summary: 'Start, interrupt, restart, shut down or keep the kernel',
		description:
			'`workspace` and `kernelspec` are for start; without them the first of your workspaces and its default. `gpus` are ' +
			'the numbers of those it may see; without it all. ' +
			'With keep, the time after which an unused kernel is shut down begins anew.',
		scope: 'run',
		body: {
			schema: object(
				{
					action: { type: 'string', enum: ['start', 'interrupt', 'restart', 'shutdown', 'keep'] },
					workspace: text,
					kernelspec: text,
					gpus: { type: 'array', items: { type: 'integer', minimum: 0 } }
				},
				['workspace', 'kernelspec', 'gpus']
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
		path: '/api/workspaces',
		group: 'Workspaces',
		summary: 'My workspaces',
		scope: 'read',
		answer: {
			status: 200,
			description: 'All of them.',
			schema: object({ workspaces: list(ref('Workspace')), ways: ref('Ways') })
		}
	},
	{
		method: 'post',
		path: '/api/workspaces',
		group: 'Workspaces',
		summary: 'Add an SSH workspace',
		scope: 'write',
		body: { schema: ref('WorkspaceFields') },
		answer: { status: 201, description: 'Added.', schema: ref('Workspace') }
	},
	{
		method: 'put',
		path: workspace,
		group: 'Workspaces',
		summary: 'Change a workspace',
		scope: 'write',
		body: { schema: ref('WorkspaceFields') },
		answer: { status: 200, description: 'As it is now.', schema: ref('Workspace') }
	},
	{
		method: 'delete',
		path: workspace,
		group: 'Workspaces',
		summary: 'Forget a workspace',
		scope: 'write',
		answer: done
	},
	{
		method: 'post',
		path: `${workspace}/connect`,
		group: 'Workspaces',
		summary: 'Connect to a workspace',
		description:
			'Call it with nothing first; the answer says what is missing and at which hop. Accept what you have compared, ' +
			'sign in, and so on until it is connected. What a machine asks meanwhile is at /api/asks.',
		scope: 'run',
		body: {
			schema: object({ accept: ref('AcceptedKey'), signIn: ref('SignIn') }, ['accept', 'signIn']),
			optional: true
		},
		answer: { status: 200, description: 'How far it came.', schema: ref('ConnectResult') }
	},
	{
		method: 'post',
		path: `${workspace}/disconnect`,
		group: 'Workspaces',
		summary: 'End the connection and forget the credential; kernels live on',
		scope: 'run',
		answer: done
	},
	{
		method: 'post',
		path: `${workspace}/authorized-keys`,
		group: 'Workspaces',
		summary: 'Let a key of one of my browsers in to a connected workspace',
		description: 'Its line is put at the end of ~/.ssh/authorized_keys, unless it is there.',
		scope: 'run',
		body: { schema: object({ key: { ...text, description: 'The id of one of /api/browser-keys.' } }) },
		answer: { status: 200, description: 'Done.', schema: object({ added: { type: 'boolean' } }) }
	},
	{
		method: 'get',
		path: '/api/asks',
		group: 'Workspaces',
		summary: 'What machines ask me while they are being connected to',
		description:
			'While you look here every few seconds, they wait for your answer; else for an open page of yours.',
		scope: 'run',
		answer: {
			status: 200,
			description: 'What is open.',
			schema: object({ asks: list(object({ id: text, ask: ref('Ask') })) })
		}
	},
	{
		method: 'post',
		path: '/api/asks/{id}',
		group: 'Workspaces',
		summary: 'Answer a question of a machine',
		description: 'The first answer counts; 404 when there was one, or the question was taken back.',
		scope: 'run',
		body: { schema: object({ answer: ref('AskAnswer') }) },
		answer: done
	},
	{
		method: 'get',
		path: '/api/browser-keys',
		group: 'Workspaces',
		summary: 'The public halves of the keys in my browsers',
		scope: 'read',
		answer: { status: 200, description: 'All of them.', schema: object({ keys: list(ref('BrowserKey')) }) }
	},
	{
		method: 'post',
		path: '/api/browser-keys',
		group: 'Workspaces',
		summary: 'Register the public half of a key',
		description: 'A key that is registered already gets the new name.',
		scope: 'write',
		body: {
			schema: object({
				name: text,
				algorithm: { type: 'string', enum: ['ssh-ed25519', 'ecdsa-sha2-nistp256'] },
				publicKey: { ...text, description: 'The key blob of the SSH protocol (RFC 4253, 6.6) in base64.' }
			})
		},
		answer: { status: 201, description: 'Registered.', schema: ref('BrowserKey') }
	},
	{
		method: 'patch',
		path: '/api/browser-keys/{id}',
		group: 'Workspaces',
		summary: 'Rename a key',
		scope: 'write',
		body: { schema: object({ name: text }) },
		answer: { status: 200, description: 'As it is now.', schema: ref('BrowserKey') }
	},
	{
		method: 'delete',
		path: '/api/browser-keys/{id}',
		group: 'Workspaces',
		summary: 'Forget a key',
		description: 'Lines in authorized_keys stay: take them out on the machines.',
		scope: 'write',
		answer: done
	},
	{
		method: 'get',
		path: '/api/host-keys',
		group: 'Workspaces',
		summary: 'The host keys I trust, and those administrators vouch for',
		scope: 'read',
		answer: {
			status: 200,
			description: 'All of them.',
			schema: object({ own: list(ref('HostKey')), pinned: list(ref('HostKey')) })
		}
	},
	{
		method: 'post',
		path: '/api/host-keys',
		group: 'Workspaces',
		summary: 'Import a known_hosts file',
		description:
			'At most 1 MB. With `pin` for everybody (administrators): then no other key of those hosts counts.',
		scope: 'write',
		body: { schema: object({ knownHosts: text, pin: { type: 'boolean', default: false } }, ['pin']) },
		answer: {
			status: 200,
			description: 'How many are new and how many were there; lines that could not be taken.',
			schema: object({
				added: { type: 'integer' },
				known: { type: 'integer' },
				problems: list(object({ line: { type: 'integer' }, message: text }))
			})
		}
	},
	{
		method: 'patch',
		path: '/api/host-keys/{id}',
		group: 'Workspaces',
		summary: 'Revoke a host key, or take that back',
		scope: 'write',
		body: { schema: object({ revoked: { type: 'boolean' } }) },
		answer: { status: 200, description: 'As it is now.', schema: ref('HostKey') }
	},
	{
		method: 'delete',
		path: '/api/host-keys/{id}',
		group: 'Workspaces',
		summary: 'Forget a host key',
		scope: 'write',
		answer: done
	},
	{
		method: 'get',
		path: `${workspace}/ports`,
		group: 'Workspaces',
		summary: 'The web services that run there',
		scope: 'read',
		answer: { status: 200, description: 'Ports programs of the account listen on.', schema: ref('Ports') }
	},
	{
		method: 'post',
		path: `${workspace}/ports/{port}`,
		group: 'Workspaces',
		summary: 'Open a web service in the browser',
		description: 'The address works once, within half a minute.',
		scope: 'run',
		body: { schema: ref('PortPath'), optional: true },
		answer: { status: 200, description: 'Where to go.', schema: ref('PortAddress') }
	},
	{
		method: 'get',
		path: `${workspace}/kernelspecs`,
		group: 'Workspaces',
		summary: 'Kernels found on a connected workspace',
		scope: 'read',
		answer: {
			status: 200,
			description: 'What can be started, and what could not be read.',
			schema: object({
				specs: list(ref('KernelSpec')),
				problems: list(object({ path: text, message: text }))
			})
		}
	},
	...ENVIRONMENT_ROUTES,
	...FILE_ROUTES,
	...BOUND_ROUTES,
	{
		method: 'get',
		path: `${workspace}/terminals`,
		group: 'Workspaces',
		summary: 'The terminals of a connected workspace',
		description:
			'Those that have ended are listed for an hour. A terminal is shown by the WebSocket /terminal, which is for pages.',
		scope: 'read',
		answer: {
			status: 200,
			description: 'All of them, and the name of the workspace.',
			schema: object({ workspace: text, terminals: list(ref('Terminal')) })
		}
	},
	{
		method: 'post',
		path: `${workspace}/terminals`,
		group: 'Workspaces',
		summary: 'Start a terminal with the login shell',
		scope: 'run',
		body: {
			schema: object({ cols: { type: 'integer' }, rows: { type: 'integer' }, cwd: text }, [
				'cols',
				'rows',
				'cwd'
			]),
			optional: true
		},
		answer: { status: 201, description: 'Started.', schema: ref('Terminal') }
	},
	{
		method: 'delete',
		path: `${workspace}/terminals/{terminal}`,
		group: 'Workspaces',
		summary: 'Hang up a terminal and forget it',
		scope: 'run',
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
	},
	{
		method: 'get',
		path: '/api/account/notices',
		group: 'Account',
		summary: 'How I am told of the end of long runs',
		scope: 'read',
		answer: { status: 200, description: 'As it is now.', schema: ref('Notices') }
	},
	{
		method: 'put',
		path: '/api/account/notices',
		group: 'Account',
		summary: 'Change how I am told of the end of long runs',
		scope: 'write',
		body: { schema: ref('NoticeFields') },
		answer: { status: 200, description: 'As it is now.', schema: ref('Notices') }
	},
	{
		method: 'get',
		path: '/api/preferences',
		group: 'Account',
		summary: 'What I have arranged: theme, keys, panels, where I stopped reading',
		scope: 'read',
		query: {
			scope: {
				schema: { type: 'string' },
				description: 'Empty: everywhere; `workspace:ID`; `notebook:ID`.'
			}
		},
		answer: { status: 200, description: 'All of that scope.', schema: ref('Preferences') }
	},
	{
		method: 'patch',
		path: '/api/preferences',
		group: 'Account',
		summary: 'Arrange something',
		description: 'What is not named stays; null takes a value away.',
		scope: 'write',
		body: { schema: ref('Preferences') },
		answer: { status: 200, description: 'All of that scope as it is now.', schema: ref('Preferences') }
	},
	{
		method: 'get',
		path: '/api/settings',
		group: 'Server',
		summary: 'What is set for the whole installation (administrators)',
		scope: 'read',
		answer: { status: 200, description: 'As it is now.', schema: ref('Settings') }
	},
	{
		method: 'put',
		path: '/api/settings',
		group: 'Server',
		summary: 'Change what is set for the whole installation (administrators)',
		description: 'What is not named stays.',
		scope: 'write',
		body: { schema: ref('Settings') },
		answer: { status: 200, description: 'As it is now.', schema: ref('Settings') }
	},
	{
		method: 'post',
		path: '/api/settings/reach-test',
		group: 'Server',
		summary: 'Whether the server would connect to a place (administrators)',
		description:
			'Looks the name up and connects to nothing. With `reach` by that list instead of the one that holds; `port` is 22 ' +
			'without one.',
		scope: 'write',
		body: { schema: ref('ReachQuestion') },
		answer: {
			status: 200,
			description: 'What would be decided, and by which rule.',
			schema: ref('ReachTrial')
		}
	},
	{
		method: 'get',
		path: '/api/openapi.json',
		group: 'Server',
		summary: 'This description',
		scope: null,
		answer: { status: 200, description: 'OpenAPI 3.1.', schema: { type: 'object' } }
	},
	{
		method: 'get',
		path: '/healthz',
		group: 'Server',
		summary: 'Whether the process answers',
		scope: null,
		answer: { status: 200, description: 'It does.', schema: object({ ok: { type: 'boolean' } }) }
	},
	{
		method: 'get',
		path: '/readyz',
		group: 'Server',
		summary: 'Whether it can work (503 when not)',
		scope: null,
		answer: { status: 200, description: 'It can.', schema: ref('Ready') }
	}
];
