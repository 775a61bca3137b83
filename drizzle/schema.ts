/** All tables. Secrets are never among them: tokens, sessions and links are kept as SHA-256 digests only. */
import { sql } from 'drizzle-orm';
import {
	bigint,
	boolean,
	index,
	integer,
	jsonb,
	pgTable,
	primaryKey,
	text,
	timestamp,
	uniqueIndex
} from 'drizzle-orm/pg-core';
import type { EnvironmentSetup } from '#lib/model/environment.ts';
import type { Role } from '#lib/model/role.ts';
import type { VersionOrigin } from '#lib/model/version.ts';
import type { SignInMethod, SshHop } from '#lib/model/workspace.ts';
import { bytea, createdAt } from './columns.ts';

export const users = pgTable(
	'user',
	{
		id: text().primaryKey(),
		/** Sign-in name as typed; unique without case. */
		name: text().notNull(),
		displayName: text().notNull(),
		admin: boolean().notNull().default(false),
		/** Argon2id in PHC form; null for accounts that sign in otherwise. */
		passwordHash: text(),
		/** Where mail goes to; null when the person gave none. */
		email: text(),
		/** Tell this person of the end of runs that took at least so many seconds; null: never. */
		notifyAfterS: integer(),
		/** By mail too, besides the browser. */
		notifyByMail: boolean().notNull().default(false),
		/** A guest: an account nobody signed up for, gone with all that is its own after this moment. */
		guestUntil: timestamp({ withTimezone: true }),
		createdAt: createdAt()
	},
	(table) => [uniqueIndex('user_name_lower').on(sql`lower(${table.name})`)]
);

export const sessions = pgTable(
	'session',
	{
		/** SHA-256 (hex) of the cookie's token. */
		digest: text().primaryKey(),
		userId: text()
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		expiresAt: timestamp({ withTimezone: true }).notNull(),
		createdAt: createdAt(),
		address: text().notNull().default(''),
		userAgent: text().notNull().default('')
	},
	(table) => [index('session_user').on(table.userId)]
);

export const apiTokens = pgTable(
	'api_token',
	{
		id: text().primaryKey(),
		digest: text().notNull().unique(),
		userId: text()
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		label: text().notNull(),
		scopes: text().array().notNull(),
		createdAt: createdAt(),
		expiresAt: timestamp({ withTimezone: true }),
		lastUsedAt: timestamp({ withTimezone: true })
	},
	(table) => [index('api_token_user').on(table.userId)]
);

export const invitations = pgTable('invitation', {
	digest: text().primaryKey(),
	admin: boolean().notNull(),
	invitedBy: text().references(() => users.id, { onDelete: 'cascade' }),
	createdAt: createdAt(),
	expiresAt: timestamp({ withTimezone: true }).notNull()
});

export const notebooks = pgTable('notebook', {
	id: text().primaryKey(),
	/** A copy of the document's title, for lists; the document decides. */
	title: text().notNull(),
	cells: integer().notNull().default(0),
	createdBy: text()
		.notNull()
		.references(() => users.id),
	/** Shut an unused kernel down after so many minutes; null: as the administrator has set; 0: never. */
	idleMinutes: integer(),
	/** The version of a paper (schema-papers.ts) it was made from; null for others. */
	originPaperId: text(),
	originNumber: integer(),
	createdAt: createdAt(),
	updatedAt: createdAt()
});

export const members = pgTable(
	'notebook_member',
	{
		notebookId: text()
			.notNull()
			.references(() => notebooks.id, { onDelete: 'cascade' }),
		userId: text()
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		role: text().$type<Role>().notNull()
	},
	(table) => [
		primaryKey({ columns: [table.notebookId, table.userId] }),
		index('member_user').on(table.userId)
	]
);

export const shareLinks = pgTable(
	'share_link',
	{
		id: text().primaryKey(),
		digest: text().notNull().unique(),
		notebookId: text()
			.notNull()
			.references(() => notebooks.id, { onDelete: 'cascade' }),
		role: text().$type<Role>().notNull(),
		createdAt: createdAt()
	},
	(table) => [index('share_link_notebook').on(table.notebookId)]
);

export const workspaces = pgTable(
	'workspace',
	{
		id: text().primaryKey(),
		ownerId: text()
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		name: text().notNull(),
		host: text().notNull(),
		port: integer().notNull(),
		user: text().notNull(),
		environments: text().array().notNull(),
		/** The hosts to go through, first the one reached from here. */
		jumps: jsonb().$type<SshHop[]>().notNull().default([]),
		way: text().$type<'ssh' | 'system'>().notNull().default('ssh'),
		/** How the owner signed in last, hop by hop: never what with. A key of a browser is named by its fingerprint. */
		signIns: jsonb().$type<({ kind: SignInMethod; key?: string } | null)[]>().notNull().default([]),
		/** The owner is connected, or would be had the server not ended: tried again as soon as their browser is there. */
		wanted: boolean().notNull().default(false),
		/** Named environments (model/environment.ts). */
		setups: jsonb().$type<EnvironmentSetup[]>().notNull().default([]),
		createdAt: createdAt(),
		lastUsedAt: timestamp({ withTimezone: true })
	},
	(table) => [index('workspace_owner').on(table.ownerId)]
);

/**
 * Host keys somebody vouches for: a person for their own workspaces, an administrator (`ownerId` null) for everybody.
 * `pattern` is the host field of a known_hosts line (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT), hashed ones included.
 */
export const hostKeys = pgTable(
	'host_key',
	{
		id: text().primaryKey(),
		ownerId: text().references(() => users.id, { onDelete: 'cascade' }),
		pattern: text().notNull(),
		/** Empty where only the fingerprint was recorded. */
		keyType: text().notNull(),
		fingerprint: text().notNull(),
		/** The key blob in base64, where it is known. */
		key: text(),
		revoked: boolean().notNull().default(false),
		origin: text().$type<'accepted' | 'pinned' | 'imported'>().notNull(),
		createdAt: createdAt()
	},
	(table) => [index('host_key_owner').on(table.ownerId)]
);

/** Public halves of keys that live in people's browsers. */
export const browserKeys = pgTable(
	'browser_key',
	{
		id: text().primaryKey(),
		userId: text()
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		/** What the person called the browser. */
		name: text().notNull(),
		algorithm: text().$type<'ssh-ed25519' | 'ecdsa-sha2-nistp256'>().notNull(),
		/** The key blob of the SSH protocol in base64. */
		publicKey: text().notNull(),
		fingerprint: text().notNull(),
		createdAt: createdAt(),
		lastUsedAt: timestamp({ withTimezone: true })
	},
	(table) => [uniqueIndex('browser_key_fingerprint').on(table.userId, table.fingerprint)]
);

/** What a person has arranged: everywhere (`scope` empty), in one workspace or in one notebook. */
export const preferences = pgTable(
	'preference',
	{
		userId: text()
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		scope: text().notNull(),
		name: text().notNull(),
		value: jsonb().notNull(),
		updatedAt: createdAt()
	},
	(table) => [primaryKey({ columns: [table.userId, table.scope, table.name] })]
);

/** A notebook that is a file of a workspace: saving writes it, a change outside is merged. */
export const notebookFiles = pgTable(
	'notebook_file',
	{
		notebookId: text()
			.primaryKey()
			.references(() => notebooks.id, { onDelete: 'cascade' }),
		workspaceId: text().notNull(),
		path: text().notNull(),
		/** The state of the file that document and file agreed on last (model/files.ts, FileVersion). */
		version: text().notNull(),
		/** Its text then, compressed with zstd: the common ancestor of a merge. */
		base: bytea().notNull(),
		updatedAt: createdAt()
	},
	(table) => [uniqueIndex('notebook_file_path').on(table.workspaceId, table.path)]
);

/**
 * A notebook as it was once: never changed. `number` counts from 1 in each notebook. The content is nbformat 4.5 with its
 * outputs, compressed with zstd.
 */
export const versions = pgTable(
	'notebook_version',
	{
		id: text().primaryKey(),
		notebookId: text()
			.notNull()
			.references(() => notebooks.id, { onDelete: 'cascade' }),
		number: integer().notNull(),
		/** What a person calls it; empty without. */
		label: text().notNull().default(''),
		origin: jsonb().$type<VersionOrigin>().notNull(),
		createdBy: text().references(() => users.id, { onDelete: 'set null' }),
		cells: integer().notNull(),
		content: bytea().notNull(),
		createdAt: createdAt()
	},
	(table) => [uniqueIndex('notebook_version_number').on(table.notebookId, table.number)]
);

/** A notebook sent to a batch system (model/sweep.ts); all else about it is in its folder on the workspace. */
export const sweeps = pgTable(
	'sweep',
	{
		id: text().primaryKey(),
		notebookId: text()
			.notNull()
			.references(() => notebooks.id, { onDelete: 'cascade' }),
		workspaceId: text().notNull(),
		folder: text().notNull(),
		title: text().notNull(),
		points: integer().notNull(),
		createdBy: text()
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		createdAt: createdAt(),
		/** Everything of it has ended and what comes back has come back. */
		over: boolean().notNull().default(false)
	},
	(table) => [
		index('sweep_notebook').on(table.notebookId),
		uniqueIndex('sweep_folder').on(table.workspaceId, table.folder)
	]
);

/** A terminal shown in a notebook to those who may run there. */
export const terminalShares = pgTable(
	'terminal_share',
	{
		notebookId: text()
			.notNull()
			.references(() => notebooks.id, { onDelete: 'cascade' }),
		workspaceId: text().notNull(),
		terminal: text().notNull(),
		ownerId: text()
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		/** Others may type, too. */
		write: boolean().notNull(),
		createdAt: createdAt()
	},
	(table) => [primaryKey({ columns: [table.notebookId, table.workspaceId, table.terminal] })]
);

/** A live document. `genesis` names its history: a client that holds another one must not merge. */
export const documents = pgTable('document', {
	name: text().primaryKey(),
	notebookId: text()
		.notNull()
		.references(() => notebooks.id, { onDelete: 'cascade' }),
	genesis: text().notNull(),
	createdAt: createdAt()
});

/** The hot end of the update log: the only authority together with segments and the snapshot they start from. */
export const documentUpdates = pgTable(
	'document_update',
	{
		seq: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
		document: text()
			.notNull()
			.references(() => documents.name, { onDelete: 'cascade' }),
		at: createdAt(),
		/** Who wrote it; null for the room itself. */
		userId: text(),
		data: bytea().notNull()
	},
	(table) => [index('document_update_document').on(table.document, table.seq)]
);

/** History: consecutive updates of one document merged and compressed (zstd). Nothing in it was thrown away. */
export const documentSegments = pgTable(
	'document_segment',
	{
		document: text()
			.notNull()
			.references(() => documents.name, { onDelete: 'cascade' }),
		fromSeq: bigint({ mode: 'number' }).notNull(),
		toSeq: bigint({ mode: 'number' }).notNull(),
		fromAt: timestamp({ withTimezone: true }).notNull(),
		toAt: timestamp({ withTimezone: true }).notNull(),
		updates: integer().notNull(),
		users: text().array().notNull(),
		data: bytea().notNull()
	},
	(table) => [primaryKey({ columns: [table.document, table.fromSeq] })]
);

/** The state up to a sequence number, so that opening does not replay the history. */
export const documentSnapshots = pgTable(
	'document_snapshot',
	{
		document: text()
			.notNull()
			.references(() => documents.name, { onDelete: 'cascade' }),
		uptoSeq: bigint({ mode: 'number' }).notNull(),
		at: createdAt(),
		state: bytea().notNull()
	},
	(table) => [primaryKey({ columns: [table.document, table.uptoSeq] })]
);

/** Large and binary outputs, by the SHA-256 of their bytes. */
export const blobs = pgTable('blob', {
	hash: text().primaryKey(),
	mime: text().notNull(),
	size: integer().notNull(),
	data: bytea().notNull(),
	createdAt: createdAt()
});

/** Which notebook may show which blob. */
export const notebookBlobs = pgTable(
	'notebook_blob',
	{
		notebookId: text()
			.notNull()
			.references(() => notebooks.id, { onDelete: 'cascade' }),
		hash: text()
			.notNull()
			.references(() => blobs.hash)
	},
	(table) => [primaryKey({ columns: [table.notebookId, table.hash] })]
);

/** Long text outputs, in pieces, without the tail that is still in the document. `stream` begins with the run's id. */
export const streamPieces = pgTable(
	'stream_piece',
	{
		notebookId: text()
			.notNull()
			.references(() => notebooks.id, { onDelete: 'cascade' }),
		run: text().notNull(),
		stream: text().notNull(),
		/** Where the piece begins, in characters (UTF-16 units) and in line breaks of its stream. */
		at: bigint({ mode: 'number' }).notNull(),
		line: bigint({ mode: 'number' }).notNull(),
		chars: integer().notNull(),
		/** UTF-8, compressed with zstd. */
		data: bytea().notNull()
	},
	(table) => [
		primaryKey({ columns: [table.stream, table.at] }),
		index('stream_piece_run').on(table.notebookId, table.run)
	]
);

/** What an administrator has set for the whole installation, by name. */
export const settings = pgTable('setting', {
	name: text().primaryKey(),
	value: jsonb().notNull()
});

/** Every run that was asked for: who, what, when, where. The outputs are in the runtime document. */
export const runs = pgTable(
	'run',
	{
		id: text().primaryKey(),
		notebookId: text()
			.notNull()
			.references(() => notebooks.id, { onDelete: 'cascade' }),
		cellId: text().notNull(),
		userId: text(),
		workspaceId: text(),
		kernelId: text(),
		state: text().notNull(),
		sourceDigest: text().notNull(),
		queuedAt: timestamp({ withTimezone: true }).notNull(),
		startedAt: timestamp({ withTimezone: true }),
		finishedAt: timestamp({ withTimezone: true }),
		detail: jsonb()
	},
	(table) => [index('run_notebook').on(table.notebookId, table.queuedAt)]
);
