/** The tables of papers: cards, their versions, and what is known and said of them. */
import { sql } from 'drizzle-orm';
import {
	date,
	foreignKey,
	index,
	integer,
	jsonb,
	pgTable,
	primaryKey,
	text,
	timestamp,
	uniqueIndex
} from 'drizzle-orm/pg-core';
import type { PaperEnvironment, PaperSource } from '#lib/model/paper/card.ts';
import type { CheckReport } from '#lib/model/paper/check.ts';
import type { Paper } from '#lib/model/paper/paper.ts';
import type { SuggestionState } from '#lib/model/paper/suggestion.ts';
import { bytea, createdAt } from './columns.ts';
import { blobs, notebooks, users, workspaces } from './schema.ts';

/**
 * A paper card: the public face of a notebook. What it shows is that of its newest version; its address never changes, also
 * when the notebook it came from is gone.
 */
export const papers = pgTable(
	'paper',
	{
		id: text().primaryKey(),
		/** `/papers/<slug>` */
		slug: text().notNull().unique(),
		ownerId: text()
			.notNull()
			.references(() => users.id),
		notebookId: text().references(() => notebooks.id, { onDelete: 'set null' }),
		visibility: text().$type<'draft' | 'public'>().notNull().default('draft'),
		/** As the card shows it now: checked by paperSchema (model/paper/paper.ts). */
		metadata: jsonb().$type<Paper>().notNull(),
		/** What a search looks in: title, names, abstract, tags, venue and identifiers in lower case. */
		search: text().notNull(),
		/** The newest version. */
		latest: integer().notNull(),
		/** Where somebody looks at cards before others may: `waiting` and `refused` are for owners and moderators alone. */
		moderation: text().$type<'open' | 'waiting' | 'refused'>().notNull().default('open'),
		/** What the moderators said to the owners. */
		moderationWords: text().notNull().default(''),
		/** The example is run again there every so many days; null: never. */
		checkWorkspaceId: text().references(() => workspaces.id, { onDelete: 'set null' }),
		checkDays: integer(),
		createdAt: createdAt(),
		updatedAt: createdAt()
	},
	(table) => [
		uniqueIndex('paper_notebook').on(table.notebookId),
		index('paper_gallery').on(table.visibility, table.updatedAt)
	]
);

/** What was published: never changed. `number` counts from 1 in each card. */
export const paperVersions = pgTable(
	'paper_version',
	{
		paperId: text()
			.notNull()
			.references(() => papers.id, { onDelete: 'cascade' }),
		number: integer().notNull(),
		metadata: jsonb().$type<Paper>().notNull(),
		/** nbformat 4.5 JSON with its outputs, compressed with zstd. */
		content: bytea().notNull(),
		/** SHA-256 of that JSON, in hex. */
		digest: text().notNull(),
		/** The key plot with the words for who does not see it; null without. */
		plot: text().references(() => blobs.hash),
		plotAlt: text().notNull().default(''),
		environment: jsonb().$type<PaperEnvironment>().notNull(),
		/** The repository it was read from; null for a notebook of this site. */
		source: jsonb().$type<PaperSource>(),
		createdBy: text().references(() => users.id, { onDelete: 'set null' }),
		createdAt: createdAt()
	},
	(table) => [primaryKey({ columns: [table.paperId, table.number] })]
);

/** A data file of a version, beside the notebook. `path` is relative to the notebook's folder, with `/`. */
export const paperFiles = pgTable(
	'paper_file',
	{
		paperId: text().notNull(),
		number: integer().notNull(),
		path: text().notNull(),
		/** In bytes. */
		size: integer().notNull(),
		/** SHA-256 of the bytes, in hex. */
		hash: text()
			.notNull()
			.references(() => blobs.hash)
	},
	(table) => [
		primaryKey({ columns: [table.paperId, table.number, table.path] }),
		foreignKey({
			columns: [table.paperId, table.number],
			foreignColumns: [paperVersions.paperId, paperVersions.number]
		}).onDelete('cascade')
	]
);

/** How often a version was looked at, run and copied on a day (UTC). Nothing about who. */
export const paperCounts = pgTable(
	'paper_count',
	{
		paperId: text()
			.notNull()
			.references(() => papers.id, { onDelete: 'cascade' }),
		number: integer().notNull(),
		day: date().notNull(),
		kind: text().$type<'view' | 'run' | 'fork'>().notNull(),
		n: integer().notNull()
	},
	(table) => [primaryKey({ columns: [table.paperId, table.number, table.day, table.kind] })]
);

/** One time that an example was run again, to see whether it still gives what it gave. */
export const paperChecks = pgTable(
	'paper_check',
	{
		id: text().primaryKey(),
		paperId: text()
			.notNull()
			.references(() => papers.id, { onDelete: 'cascade' }),
		number: integer().notNull(),
		workspaceId: text().references(() => workspaces.id, { onDelete: 'set null' }),
		/** `aborted`: nothing can be said of the example, the machine was away. */
		state: text().$type<'running' | 'verified' | 'failed' | 'aborted'>().notNull(),
		startedAt: timestamp({ withTimezone: true }).notNull(),
		finishedAt: timestamp({ withTimezone: true }),
		/** What was compared, cell by cell, and what the run took. */
		report: jsonb().$type<CheckReport>()
	},
	(table) => [index('paper_check_paper').on(table.paperId, table.startedAt)]
);

/** Cards that belong together, under a name of a group of people. */
export const collections = pgTable('collection', {
	id: text().primaryKey(),
	/** `/papers/collections/<slug>` */
	slug: text().notNull().unique(),
	title: text().notNull(),
	/** What it is for, as plain text. */
	words: text().notNull().default(''),
	createdAt: createdAt()
});

/** Who puts cards in and takes them out. */
export const collectionMembers = pgTable(
	'collection_member',
	{
		collectionId: text()
			.notNull()
			.references(() => collections.id, { onDelete: 'cascade' }),
		userId: text()
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' })
	},
	(table) => [primaryKey({ columns: [table.collectionId, table.userId] })]
);

export const collectionPapers = pgTable(
	'collection_paper',
	{
		collectionId: text()
			.notNull()
			.references(() => collections.id, { onDelete: 'cascade' }),
		paperId: text()
			.notNull()
			.references(() => papers.id, { onDelete: 'cascade' }),
		addedAt: createdAt()
	},
	(table) => [primaryKey({ columns: [table.collectionId, table.paperId] })]
);

/** What somebody who copied an example gives back to its authors. */
export const paperSuggestions = pgTable(
	'paper_suggestion',
	{
		id: text().primaryKey(),
		paperId: text()
			.notNull()
			.references(() => papers.id, { onDelete: 'cascade' }),
		/** The version it starts from. */
		number: integer().notNull(),
		userId: text().references(() => users.id, { onDelete: 'set null' }),
		words: text().notNull(),
		/** The suggested notebook: nbformat 4.5 JSON, compressed with zstd. */
		content: bytea().notNull(),
		state: text().$type<SuggestionState>().notNull().default('open'),
		/** What the owners said to it; empty where nothing. */
		answer: text().notNull().default(''),
		createdAt: createdAt(),
		decidedAt: timestamp({ withTimezone: true })
	},
	(table) => [
		index('paper_suggestion_paper').on(table.paperId, table.createdAt),
		// who suggests again before it was decided replaces what they suggested
		uniqueIndex('paper_suggestion_open')
			.on(table.paperId, table.userId)
			.where(sql`${table.state} = 'open'`)
	]
);

/** An example that somebody without an account runs on the guests' workspace, until it ends. */
export const guestRuns = pgTable('guest_run', {
	id: text().primaryKey(),
	userId: text()
		.notNull()
		.references(() => users.id, { onDelete: 'cascade' }),
	notebookId: text()
		.notNull()
		.references(() => notebooks.id, { onDelete: 'cascade' }),
	endsAt: timestamp({ withTimezone: true }).notNull(),
	createdAt: createdAt()
});
