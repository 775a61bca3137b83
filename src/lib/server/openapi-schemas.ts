/** The shapes the HTTP interface speaks, as JSON Schema. Times are ISO 8601 in rows and milliseconds since 1970 in runs. */
import type { JsonObject } from '#lib/model/json.ts';
import { CHECKS } from '#lib/model/check-list.ts';
import { ROLES } from '#lib/model/role.ts';
import { BATCH_SCHEMAS } from './openapi-batch.ts';
import { ENVIRONMENT_SCHEMAS } from './openapi-environments.ts';
import { COLLECTION_SCHEMAS } from './openapi-collections.ts';
import { GUEST_SCHEMAS } from './openapi-guests.ts';
import { PAPER_CHECK_SCHEMAS } from './openapi-paper-checks.ts';
import { SUGGESTION_SCHEMAS } from './openapi-suggestions.ts';
import { PAPER_SCHEMAS } from './openapi-papers.ts';
import { list, object, orNull, ref } from './openapi-shape.ts';
import { SWEEP_SCHEMAS } from './openapi-sweeps.ts';
import { VERSION_SCHEMAS } from './openapi-versions.ts';

const text = { type: 'string' };
const count = { type: 'integer' };
const flag = { type: 'boolean' };
const minutes = { type: ['integer', 'null'] };
const time = { type: 'string', format: 'date-time' };
const millis = { type: ['number', 'null'], description: 'Milliseconds since 1970.' };

export const SCHEMAS: Record<string, JsonObject> = {
	Problem: {
		...object(
			{
				type: text,
				status: count,
				code: { ...text, description: 'Stable, for programs.' },
				title: { ...text, description: 'What happened.' },
				detail: { ...text, description: 'Why.' },
				remedy: { ...text, description: 'What to do.' }
			},
			['detail', 'remedy']
		),
		description: 'RFC 9457, with a remedy.'
	},
	Terminal: object(
		{
			terminal: text,
			title: { ...text, description: 'As the program wants to be called.' },
			shell: text,
			running: { type: ['string', 'null'], description: 'What runs besides the shell; null at a prompt.' },
			cwd: text,
			cols: count,
			rows: count,
			started: { type: 'number', description: 'Seconds since 1970.' },
			ended: { type: ['number', 'null'] },
			status: { type: ['integer', 'null'] },
			signal: { type: ['string', 'null'] },
			bytes: { ...count, description: 'Written so far.' },
			shares: list(object({ notebook: text, title: text, write: flag }))
		},
		['shares']
	),
	SharedTerminal: object({
		workspace: text,
		workspaceName: text,
		terminal: text,
		owner: object({ id: text, name: text }),
		write: { ...flag, description: 'The others may type.' },
		info: orNull(ref('Terminal'))
	}),
	Role: { type: 'string', enum: [...ROLES] },
	Notebook: object(
		{
			id: text,
			title: text,
			role: ref('Role'),
			owner: text,
			createdAt: time,
			updatedAt: time,
			cells: count,
			origin: orNull(object({ slug: text, number: count, title: text })),
			url: text,
			idle: {
				...object({ own: minutes, default: minutes, maximum: minutes, minutes }),
				description:
					'When its unused kernel is shut down: the owner’s choice (null: none, 0: never), what holds without one, ' +
					'the longest allowed, and in `minutes` what comes of it (null: never). Not in lists.'
			}
		},
		['idle']
	),
	Settings: object(
		{
			idleMinutes: { ...minutes, description: 'Shut an unused kernel down after so long; null: never.' },
			idleMinutesMax: { ...minutes, description: 'The longest an owner may choose; null: any, and never.' },
			jobLeaseMinutes: {
				...minutes,
				description: 'A batch job whose kernel nobody has asked for so long ends by itself; null: a day.'
			},
			jobWay: {
				...orNull(ref('JobWay')),
				description: 'How a login node comes to the nodes of its jobs; null: as it finds out itself.'
			},
			jobPresets: {
				...list(ref('SitePreset')),
				description: 'What everybody is offered to ask a batch system for.'
			},
			reach: {
				...list(ref('ReachEntry')),
				description: 'Where workspaces may be. Empty: everywhere but at addresses that are closed by default.'
			},
			paperModeration: {
				type: 'boolean',
				description: 'Whether new public cards wait until an administrator has let them through.'
			}
		},
		['idleMinutes', 'idleMinutesMax', 'jobLeaseMinutes', 'jobWay', 'jobPresets', 'reach', 'paperModeration']
	),
	ReachEntry: object(
		{
			host: {
				...text,
				description:
					'A name, a pattern like `*.example.org`, `*` for all, an IP address or a network like `10.0.0.0/8`.'
			},
			ports: { ...list(list(count)), description: 'Pairs of from and to; none: every port.' }
		},
		['ports']
	),
	ReachQuestion: object({ host: text, port: count, reach: list(ref('ReachEntry')) }, ['port', 'reach']),
	ReachTrial: object({
		everybody: { ...flag, description: 'Whether anybody’s workspace may be there.' },
		administrators: { ...flag, description: 'Whether one of an administrator’s own may.' },
		addresses: list(object({ ip: text, everybody: flag, administrators: flag, rule: text })),
		problem: { ...orNull(ref('Problem')), description: 'What a person would be told.' }
	}),
	NoticeFields: object({
		email: { type: ['string', 'null'] },
		notifyAfterS: { type: ['integer', 'null'], description: 'Seconds a run takes at least; null: never.' },
		notifyByMail: flag
	}),
	Notices: object({
		email: { type: ['string', 'null'] },
		notifyAfterS: { type: ['integer', 'null'] },
		notifyByMail: flag,
		mail: { ...flag, description: 'Whether this server can send mail.' }
	}),
	Preferences: object({
		scope: { type: 'string', description: 'Empty, `workspace:ID` or `notebook:ID`.' },
		values: { type: 'object' }
	}),
	Ports: object({
		available: { ...flag, description: 'Whether this installation has an origin for them.' },
		ports: list(ref('Port')),
		jobs: list(
			object({
				kernel: text,
				scheduler: text,
				id: { type: ['string', 'null'] },
				node: text,
				notebook: orNull(object({ id: text, title: text }))
			})
		)
	}),
	Port: object({ port: count, address: text, pid: { type: ['integer', 'null'] }, command: text }),
	PortPath: {
		type: 'object',
		properties: { path: { ...text, description: 'Where to go there; `/` without it.' } }
	},
	PortAddress: object({ url: text }),
	Ipynb: {
		type: 'object',
		description: 'A notebook file, nbformat 3 or 4.',
		properties: {
			nbformat: count,
			nbformat_minor: count,
			metadata: { type: 'object' },
			cells: list({ type: 'object' })
		},
		required: ['nbformat']
	},
	Member: object({ user: text, name: text, displayName: text, role: ref('Role') }),
	ShareLink: object({ id: text, role: ref('Role'), createdAt: time, url: text }, ['url']),
	RunState: {
		type: 'string',
		enum: ['waiting', 'queued', 'running', 'done', 'error', 'cancelled', 'interrupted', 'lost']
	},
	Run: object({
		id: text,
		cell: text,
		state: ref('RunState'),
		by: orNull(object({ id: text, name: text })),
		queuedAt: millis,
		startedAt: millis,
		finishedAt: millis,
		durationMs: { type: ['number', 'null'], description: "As the kernel's machine measured it." },
		executionCount: { type: ['integer', 'null'] },
		input: orNull(object({ seq: { type: 'integer' }, prompt: text, password: { type: 'boolean' } })),
		outputs: list(ref('Output'))
	}),
	Output: {
		type: 'object',
		description:
			'As in nbformat 4.5, with `type` for `output_type`, and `notice` for what the notebook itself says. A large or ' +
			'binary value is {blob, size, mime}; its bytes are at /api/notebooks/{id}/blobs/{blob}. A long stream has a head ' +
			'(`text`), a `tail` and the number of characters `omitted` between them; the whole is at ' +
			'/api/notebooks/{id}/streams/{its id}.',
		properties: {
			type: { type: 'string', enum: ['stream', 'display_data', 'execute_result', 'error', 'notice'] }
		},
		required: ['type']
	},
	Kernel: object({
		state: {
			type: 'string',
			enum: [
				'none',
				'preparing',
				'connecting',
				'needs-sign-in',
				'starting',
				'idle',
				'busy',
				'lost-link',
				'dead'
			]
		},
		kernel: { type: ['string', 'null'] },
		workspace: { type: ['string', 'null'] },
		workspaceName: text,
		spec: { type: ['string', 'null'] },
		displayName: text,
		language: text,
		languageVersion: text,
		implementation: text,
		host: text,
		environment: text,
		gpus: orNull(list(count)),
		resources: orNull(ref('Resources')),
		job: orNull(ref('JobStatus')),
		startedBy: text,
		startedAt: millis,
		problem: orNull({ type: 'object', properties: { code: text, title: text, detail: text, remedy: text } }),
		progress: orNull(object({ text, part: { type: ['number', 'null'] } }))
	}),
	SshHop: object({ host: text, port: { ...count, default: 22 }, user: text }, ['port']),
	Way: {
		type: 'string',
		enum: ['ssh', 'system'],
		description:
			'`system`: by the ssh program of the server with its configuration, where the operator allows it.'
	},
	Ways: { ...object({ system: flag, agent: flag }), description: 'What the operator allows.' },
	Workspace: object({
		id: text,
		kind: { type: 'string', enum: ['local', 'ssh'] },
		name: text,
		host: text,
		port: count,
		user: text,
		jumps: { ...list(ref('SshHop')), description: 'The hosts to go through, in order.' },
		way: ref('Way'),
		environments: list(text),
		hostKeys: {
			...list(
				list(
					object({
						keyType: text,
						fingerprint: text,
						origin: { type: 'string', enum: ['accepted', 'pinned', 'imported'] }
					})
				)
			),
			description: 'The keys believed, one list a hop: jump hosts first, the workspace itself last.'
		},
		state: {
			type: 'string',
			enum: ['disconnected', 'connecting', 'host-key-unknown', 'needs-sign-in', 'connected', 'failed']
		},
		preparing: orNull(object({ text, part: { type: ['number', 'null'] } })),
		signIns: {
			...list(orNull(object({ kind: ref('SignInMethod'), key: text }, ['key']))),
			description: 'How each hop was passed last; never what with. `key`: the fingerprint of a browser’s key.'
		},
		wanted: { ...flag, description: 'Connected, or would be had the server not ended.' }
	}),
	WorkspaceFields: object(
		{
			name: text,
			host: text,
			port: { ...count, default: 22 },
			user: text,
			jumps: { ...list(ref('SshHop')), maxItems: 5 },
			way: ref('Way'),
			environments: list(text)
		},
		['port', 'jumps', 'way', 'environments']
	),
	SignInMethod: { type: 'string', enum: ['password', 'key', 'interactive', 'browser-key', 'agent'] },
	AcceptedKey: {
		...object(
			{
				hop: count,
				fingerprint: { ...text, description: '`SHA256:…` as it was shown.' },
				keyType: text,
				replace: { ...flag, default: false, description: 'Instead of the one that was trusted before.' }
			},
			['replace']
		),
		description: 'You have compared it with what the people who run the machine publish.'
	},
	SignIn: object({
		hop: { ...count, description: '0 is the first jump host, or the workspace itself when there is none.' },
		credential: ref('Credential')
	}),
	Credential: {
		oneOf: [
			object({ kind: { const: 'password' }, password: text }),
			object({ kind: { const: 'key' }, privateKey: text, passphrase: text }, ['passphrase']),
			object({ kind: { const: 'interactive' } }),
			object({ kind: { const: 'browser-key' }, publicKey: text }),
			object({ kind: { const: 'agent' } })
		],
		description:
			'Held in memory for the connection, never stored. `interactive`: the machine’s own questions come to /api/asks. ' +
			'`browser-key`: one of /api/browser-keys signs there. `agent`: the SSH agent of the server, where allowed.'
	},
	CheckLine: object(
		{
			check: { type: 'string', enum: [...CHECKS] },
			hop: count,
			state: { type: 'string', enum: ['doing', 'ok', 'warning', 'failed', 'none'] },
			text,
			remedy: text
		},
		['hop', 'remedy']
	),
	ConnectResult: {
		type: 'object',
		description:
			'`host-key-unknown` and `host-key-changed` come before any credential is used: compare the fingerprint, then call ' +
			'again with it in `accept` (and `replace` for a changed one; not where it is `pinned`). `hop`, `host`, `port` and ' +
			'`user` say where on the way.',
		properties: {
			state: {
				type: 'string',
				enum: ['connected', 'host-key-unknown', 'host-key-changed', 'needs-sign-in', 'failed']
			},
			checks: list(ref('CheckLine')),
			hop: count,
			fingerprint: text,
			keyType: text,
			expected: text,
			pinned: flag,
			methods: list(ref('SignInMethod')),
			problem: { type: 'object' },
			host: text,
			port: count,
			user: text,
			python: text,
			hostKey: { type: ['string', 'null'] }
		},
		required: ['state', 'checks']
	},
	Ask: {
		type: 'object',
		description:
			'`prompts` (RFC 4256): answer all of them. `signature`: sign `data` (base64) with the key of that fingerprint.',
		properties: {
			kind: { type: 'string', enum: ['prompts', 'signature'] },
			about: object({ workspace: text, name: text, hop: count, host: text, port: count, user: text }),
			title: text,
			instructions: text,
			prompts: list(object({ text, echo: flag })),
			key: text,
			algorithm: text,
			data: text
		},
		required: ['kind', 'about']
	},
	AskAnswer: {
		oneOf: [
			object({ kind: { const: 'prompts' }, answers: list(text) }),
			object({ kind: { const: 'signature' }, signature: text }),
			object({ kind: { const: 'refused' } })
		],
		description: 'A signature is 64 bytes as WebCrypto makes them, in base64.'
	},
	BrowserKey: object({
		id: text,
		name: text,
		algorithm: text,
		fingerprint: text,
		line: { ...text, description: 'For authorized_keys.' },
		createdAt: time,
		lastUsedAt: orNull(time)
	}),
	HostKey: object({
		id: text,
		pattern: { ...text, description: 'The host field of a known_hosts line.' },
		hashed: flag,
		keyType: { ...text, description: 'Empty where only the fingerprint is known.' },
		fingerprint: text,
		revoked: { ...flag, description: 'Refused wherever it is seen.' },
		origin: { type: 'string', enum: ['accepted', 'pinned', 'imported'] },
		createdAt: time
	}),
	KernelSpec: object({
		name: text,
		displayName: text,
		language: text,
		argv: list(text),
		env: { type: 'object', additionalProperties: text },
		interruptMode: { type: 'string', enum: ['signal', 'message'] },
		environment: text
	}),
	...BATCH_SCHEMAS,
	...SWEEP_SCHEMAS,
	...VERSION_SCHEMAS,
	...ENVIRONMENT_SCHEMAS,
	...PAPER_SCHEMAS,
	...COLLECTION_SCHEMAS,
	...GUEST_SCHEMAS,
	...PAPER_CHECK_SCHEMAS,
	...SUGGESTION_SCHEMAS,
	Ready: object({ ok: flag, checks: { type: 'object', additionalProperties: text } })
};
