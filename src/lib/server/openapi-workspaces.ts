/** Workspaces: signing in, host keys, terminals, web services. */
import type { ApiRoute } from './openapi-route.ts';
import { list, object, ref } from './openapi-shape.ts';

const text = { type: 'string' };
const workspace = '/api/workspaces/{id}';
const done = { status: 204, description: 'Done.' };

export const WORKSPACE_ROUTES: ApiRoute[] = [
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
		answer: {
			status: 200,
			description: 'Ports programs of the account listen on, and the batch jobs in which there may be more.',
			schema: ref('Ports')
		}
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
		path: `${workspace}/kernels/{kernel}/ports`,
		group: 'Workspaces',
		summary: 'The web services that run in the batch job of a kernel',
		scope: 'read',
		answer: {
			status: 200,
			description: 'Ports programs in the job listen on.',
			schema: object({ ports: list(ref('Port')) })
		}
	},
	{
		method: 'post',
		path: `${workspace}/kernels/{kernel}/ports/{port}`,
		group: 'Workspaces',
		summary: 'Open a web service in a batch job in the browser',
		description:
			'The address works once, within half a minute. It shows the job’s service as long as the job runs.',
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
	}
];
