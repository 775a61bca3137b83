/** Cards that an administrator looks at before others see them, and what is said of them to their owners. */
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { papers } from '#db/schema-papers.ts';
import { members, users } from '#db/schema.ts';
import type { CardEntry } from '#lib/model/paper/card.ts';
import { newId } from '#lib/model/ids.ts';
import type { PersonNotice } from '#lib/model/person-line.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { Mailer } from './mail.ts';
import { noCard, readCard, readEntries, type PaperRow } from './paper-rows.ts';
import { plainLine } from './plain-line.ts';
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
	/** Everything that was to be sent was taken or refused. */
	settled(): Promise<void>;
}

export interface PaperModerationOptions {
	db: Database;
	/** null: no mail server is set up. */
	mailer: Mailer | null;
	origin: string;
	/** To the pages a person has open. */
	notify(user: string, notice: PersonNotice): void;
	logger: { warn(fields: object, message: string): void };
}

export interface RunningModeration extends PaperModeration {
	/** A card begins to wait: administrators with an open page hear of it. Never throws. */
	waiting(card: { slug: string; title: string }): void;
}

/** The most cards the queue shows of each kind: who has looked at these asks again. */
const MOST = 200;

export function createPaperModeration({
	db,
	mailer,
	origin,
	notify,
	logger
}: PaperModerationOptions): RunningModeration {
	const pending = new Set<Promise<void>>();

	function aside(work: Promise<void>, about: object): void {
		const done = work.catch((error: unknown) =>
			logger.warn({ ...about, err: error }, 'people were not told of a card')
		);
		pending.add(done);
		void done.finally(() => pending.delete(done));
	}

	async function tellAdministrators({ slug, title }: { slug: string; title: string }): Promise<void> {
		const rows = await db.select({ id: users.id }).from(users).where(eq(users.admin, true));
		const notice = { id: newId(), title: `“${named(title)}” waits to be looked at.` };
		for (const { id } of rows) notify(id, { ...notice, href: `/settings/papers#${slug}` });
	}

	async function tellOwners(row: PaperRow, { decision, words }: Decision): Promise<void> {
		const accepted = decision === 'accept';
		const name = named(row.metadata.title);
		const title = accepted ? `“${name}” is public now.` : `“${name}” was not let through.`;
		const path = `/cards/${row.slug}`;
		for (const owner of await ownersOf(db, row)) {
			const notice: PersonNotice = { id: newId(), title, ...(words ? { detail: words } : {}) };
			notify(owner.id, { ...notice, href: path });
			// As they have chosen for runs: the one choice of mail there is.
			if (!mailer || !owner.email || !owner.mail) continue;
			const text = [title, ...(words ? ['', words] : []), '', `${origin}${path}`];
			await mailer.send({ to: owner.email, subject: title, text: text.join('\n') });
		}
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
			aside(tellOwners(row, decision), { paper: row.id });
		},

		waiting: (card) => aside(tellAdministrators(card), { paper: card.slug }),
		async settled() {
			await Promise.all(pending);
		}
	};
}

/** Who published it first, and the owners of its notebook. */
async function ownersOf(
	db: Database,
	row: PaperRow
): Promise<{ id: string; email: string | null; mail: boolean }[]> {
	const ids = [row.ownerId];
	if (row.notebookId !== null) {
		const owners = await db
			.select({ id: members.userId })
			.from(members)
			.where(and(eq(members.notebookId, row.notebookId), eq(members.role, 'owner')));
		ids.push(...owners.map(({ id }) => id));
	}
	return db
		.select({ id: users.id, email: users.email, mail: users.notifyByMail })
		.from(users)
		.where(inArray(users.id, ids));
}

/** A title where no formula is set. */
function named(title: string): string {
	return plainLine(title).replaceAll('$', '');
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
