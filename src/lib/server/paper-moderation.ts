/** Cards that an administrator looks at before others see them, and what is said of them to their owners. */
import { and, asc, eq } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { papers } from '#db/schema-papers.ts';
import { users } from '#db/schema.ts';
import type { CardEntry } from '#lib/model/paper/card.ts';
import { newId } from '#lib/model/ids.ts';
import { plainTitle } from '#lib/model/paper/plain-title.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { PaperLetters } from './paper-letters.ts';
import { ownersOf } from './paper-owners.ts';
import { noCard, readCard, readEntries, type PaperRow } from './paper-rows.ts';
import type { Caller } from './services.ts';

/** What an administrator says of a card; `words` are for its owners. */
export interface Decision {
	decision: 'accept' | 'refuse';
	words: string;
}

/** Administrators only. */
export interface PaperModeration {
	/** Public cards that wait, and those that were refused and not handed in again since; the longest unchanged first. */
	queue(caller: Caller): Promise<{ waiting: CardEntry[]; refused: CardEntry[] }>;
	/**
	 * Let a public card through, or not, at any time: an open one is taken out of sight by a refusal. Its owners are told. 409
	 * `draft` for a card that its owners show to nobody.
	 */
	decide(caller: Caller, slug: string, decision: Decision): Promise<void>;
}

export interface PaperModerationOptions {
	db: Database;
	letters: Pick<PaperLetters, 'send'>;
}

export interface RunningModeration extends PaperModeration {
	/** A card begins to wait: administrators with an open page hear of it. Never throws. */
	waiting(card: { slug: string; title: string }): void;
}

/** The most cards the queue shows of each kind: who has looked at these asks again. */
const MOST = 200;

export function createPaperModeration({ db, letters }: PaperModerationOptions): RunningModeration {
	async function administrators(): Promise<string[]> {
		const rows = await db.select({ id: users.id }).from(users).where(eq(users.admin, true));
		return rows.map(({ id }) => id);
	}

	function tellOwners(row: PaperRow, { decision, words }: Decision): void {
		const name = plainTitle(row.metadata.title);
		letters.send(() => ownersOf(db, row), {
			id: newId(),
			title: decision === 'accept' ? `“${name}” is public now.` : `“${name}” was not let through.`,
			...(words ? { detail: words } : {}),
			...{ href: `/cards/${row.slug}`, mail: true }
		});
	}

	return {
		async queue(caller) {
			requireAdministrator(caller);
			const of = (state: PaperRow['moderation']): Promise<CardEntry[]> =>
				readEntries(
					db,
					and(eq(papers.visibility, 'public'), eq(papers.moderation, state))!,
					MOST,
					asc(papers.updatedAt)
				);
			return { waiting: await of('waiting'), refused: await of('refused') };
		},

		async decide(caller, slug, decision) {
			requireAdministrator(caller);
			const known = await readCard(db, slug, caller);
			const [row] = await db
				.update(papers)
				.set({
					moderation: decision.decision === 'accept' ? 'open' : 'refused',
					moderationWords: decision.decision === 'accept' ? '' : decision.words
				})
				// its owners may have taken it back meanwhile
				.where(and(eq(papers.id, known.id), eq(papers.visibility, 'public')))
				.returning();
			if (!row) throw known.visibility === 'draft' ? isDraft() : noCard();
			tellOwners(row, decision);
		},

		waiting: ({ slug, title }) =>
			letters.send(administrators, {
				...{ id: newId(), title: `“${plainTitle(title)}” waits to be looked at.` },
				...{ href: `/settings/papers#${slug}`, mail: false }
			})
	};
}

function isDraft(): ProblemError {
	return new ProblemError(409, {
		code: 'draft',
		title: 'This card is a draft.',
		detail: 'Its owners show it to nobody.',
		remedy: 'There is nothing to decide until they publish it.'
	});
}

function requireAdministrator({ user }: Caller): void {
	if (user.admin) return;
	throw new ProblemError(403, {
		code: 'administrators-only',
		title: 'Only administrators look at cards before others see them.',
		remedy: 'Ask one of them.'
	});
}
