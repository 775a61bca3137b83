/** The shapes the HTTP interface speaks, as JSON Schema. Times are ISO 8601 in rows and milliseconds since 1970 in runs. */
import type { JsonObject } from '#lib/model/json.ts';
import { ROLES } from '#lib/model/role.ts';

const text = { type: 'string' };
const count = { type: 'integer' };
const flag = { type: 'boolean' };
const minutes = { type: ['integer', 'null'] };
const time = { type: 'string', format: 'date-time' };
const millis = { type: ['number', 'null'], description: 'Milliseconds since 1970.' };

export const ref = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });
export const list = (items: JsonObject): JsonObject => ({ type: 'array', items });
export const orNull = (schema: JsonObject): JsonObject => ({ anyOf: [schema, { type: 'null' }] });

/** An object all of whose properties are there, but for those named after it. */
export function object(properties: Record<string, JsonObject>, optional: string[] = []): JsonObject {
	return {
		type: 'object',
		properties,
		required: Object.keys(properties).filter((name) => !optional.includes(name))
	};
}

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
			idleMinutesMax: { ...minutes, description: 'The longest an owner may choose; null: any, and never.' }
		},
		['idleMinutes', 'idleMinutesMax']
	),
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
		startedBy: text,
		startedAt: millis,
		problem: orNull({ type: 'object', properties: { code: text, title: text, detail: text, remedy: text } }),
		progress: orNull(object({ text, part: { type: ['number', 'null'] } }))
	}),
	Workspace: object({
		id: text,
		kind: { type: 'string', enum: ['local', 'ssh'] },
		name: text,
		host: text,
		port: count,
		user: text,
		hostKey: { type: ['string', 'null'], description: 'The accepted SHA-256 fingerprint.' },
		environments: list(text),
		state: {
			type: 'string',
			enum: ['disconnected', 'connecting', 'host-key-unknown', 'needs-sign-in', 'connected', 'failed']
		},
		preparing: orNull(object({ text, part: { type: ['number', 'null'] } }))
	}),
	WorkspaceFields: object(
		{ name: text, host: text, port: { ...count, default: 22 }, user: text, environments: list(text) },
		['port', 'environments']
	),
	Credential: {
		oneOf: [
			object({ kind: { const: 'password' }, password: text }),
			object({ kind: { const: 'key' }, privateKey: text, passphrase: text }, ['passphrase'])
		],
		description: 'Held in memory for the connection, never stored.'
	},
	ConnectResult: {
		type: 'object',
		description:
			'`host-key-unknown` and `host-key-changed` come before any credential is used: compare the fingerprint, then call ' +
			'again with it as `acceptHostKey` (and `replaceHostKey` for a changed one).',
		properties: {
			state: {
				type: 'string',
				enum: ['connected', 'host-key-unknown', 'host-key-changed', 'needs-sign-in', 'failed']
			},
			fingerprint: text,
			keyType: text,
			expected: text,
			methods: list({ type: 'string', enum: ['password', 'key'] }),
			problem: { type: 'object' },
			host: text,
			user: text,
			python: text
		},
		required: ['state']
	},
	KernelSpec: object({
		name: text,
		displayName: text,
		language: text,
		argv: list(text),
		env: { type: 'object', additionalProperties: text },
		interruptMode: { type: 'string', enum: ['signal', 'message'] },
		environment: text
	}),
	Ready: object({ ok: flag, checks: { type: 'object', additionalProperties: text } })
};
