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
import type { Role } from '#lib/model/role.ts';
import { bytea } from './columns.ts';

const createdAt = () => timestamp({ withTimezone: true }).notNull().defaultNow();

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
		/** SHA256:… the owner accepted; null before the first connection. */
		hostKey: text(),
		environments: text().array().notNull(),
		createdAt: createdAt(),
		lastUsedAt: timestamp({ withTimezone: true })
	},
	(table) => [index('workspace_owner').on(table.ownerId)]
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
