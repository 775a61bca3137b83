/** Suggestions in the database. */
import { and, desc, eq, getTableColumns, type SQL } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { paperSuggestions } from '#db/schema-papers.ts';
import { users } from '#db/schema.ts';
import type { PaperSuggestion } from '#lib/model/paper/suggestion.ts';
import { thaw } from './paper-freeze.ts';
import { noSuggestion } from './paper-suggestion-problem.ts';
import type { PaperRow } from './paper-rows.ts';
import type { Caller } from './services.ts';

const { content: CONTENT, ...COLUMNS } = getTableColumns(paperSuggestions);

/** Without the notebook, which may be large. */
export type SuggestionRow = Omit<typeof paperSuggestions.$inferSelect, 'content'> & { by: string | null };

/** The most that are listed of one card: one open one a person, and those decided last. */
const MOST = 200;

/** Those of a card that fit, the newest first. */
export function suggestionRows(db: Database, { id }: PaperRow, where?: SQL): Promise<SuggestionRow[]> {
	return db
		.select({ ...COLUMNS, by: users.displayName })
		.from(paperSuggestions)
		.leftJoin(users, eq(users.id, paperSuggestions.userId))
		.where(and(eq(paperSuggestions.paperId, id), where))
		.orderBy(desc(paperSuggestions.createdAt))
		.limit(MOST);
}

/** The notebook of one: nbformat 4.5. */
export async function suggestionText(db: Database, { id }: SuggestionRow): Promise<string> {
	const [row] = await db
		.select({ content: CONTENT })
		.from(paperSuggestions)
		.where(eq(paperSuggestions.id, id));
	// taken back while it was read: there is nothing of it to show
	if (!row) throw noSuggestion();
	return thaw(row.content);
}

/** As that person sees it. */
export function suggestionOf(row: SuggestionRow, { slug }: PaperRow, { user }: Caller): PaperSuggestion {
	const { id, number, by, words, state, answer, createdAt, decidedAt } = row;
	return {
		...{ id, slug, number, by, own: row.userId === user.id, words, state, answer },
		createdAt: createdAt.toISOString(),
		decidedAt: decidedAt?.toISOString() ?? null
	};
}
