import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ConnectResult } from '#lib/model/gateway.ts';

const WORKSPACES = [
	{
		id: 'here',
		kind: 'local',
		name: 'This machine',
		host: '',
		port: 0,
		user: '',
		hostKey: null,
		environments: [],
		state: 'connected',
		preparing: null
	},
	{
		id: 'gpu',
		kind: 'ssh',
		name: 'Group GPU node',
		host: 'gpu1.physik.example',
		port: 22,
		user: 'ada',
		hostKey: null,
		environments: [],
		state: 'disconnected',
		preparing: null
	}
];
const FINGERPRINT = 'SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8';

/** The few calls the notebook page makes, with answers that lead through every step of the dialogs. */
export function api(request: IncomingMessage, response: ServerResponse): void {
	let text = '';
	request.on('data', (chunk: Buffer) => (text += chunk.toString()));
	request.on('end', () => {
		const path = new URL(request.url ?? '/', 'http://harness').pathname;
		const body = text ? (JSON.parse(text) as Record<string, unknown>) : {};
		const answer = reply(request.method ?? 'GET', path, body);
		response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
	});
}

function reply(method: string, path: string, body: Record<string, unknown>): unknown {
	if (path === '/api/workspaces') return { workspaces: WORKSPACES };
	if (path.endsWith('/kernelspecs')) {
		return {
			specs: ['Python 3 (ipykernel)', 'R', 'Julia 1.11'].map((displayName) => ({
				name: displayName,
				displayName,
				environment: ''
			})),
			problems: []
		};
	}
	if (path.endsWith('/connect')) return connect(body);
	if (path.endsWith('/links') && method === 'POST') {
		return { id: 'l2', role: body.role, url: 'http://127.0.0.1:4300/s/4f8a9c1d2e', createdAt: new Date() };
	}
	if (path.endsWith('/members')) {
		return {
			members: [
				{ user: 'Ada Lovelace', name: 'ada', displayName: 'Ada Lovelace', role: 'owner' },
				{ user: 'em', name: 'emmy', displayName: 'Emmy Noether', role: 'editor' },
				{ user: 'li', name: 'lise', displayName: 'Lise Meitner', role: 'viewer' }
			],
			links: [{ id: 'l1', role: 'viewer', createdAt: new Date() }]
		};
	}
	return {};
}

const HOP = { hop: 0, host: 'gpu1.physik.example', port: 22, user: 'ada' };

function connect(body: Record<string, unknown>): ConnectResult {
	const credential = body.credential as { password?: string } | undefined;
	if (!body.acceptHostKey && !credential) {
		return { state: 'host-key-unknown', fingerprint: FINGERPRINT, keyType: 'ssh-ed25519', ...HOP };
	}
	if (!credential) return { state: 'needs-sign-in', methods: ['password', 'key'], ...HOP };
	if (credential.password === 'right') {
		return { state: 'connected', host: 'gpu1', user: 'ada', python: '3.11', hostKey: FINGERPRINT };
	}
	return {
		state: 'needs-sign-in',
		methods: ['password', 'key'],
		...HOP,
		problem: {
			code: 'sign-in-refused',
			title: 'gpu1.physik.example did not accept this password.',
			remedy: 'Check it and try again.'
		}
	};
}
