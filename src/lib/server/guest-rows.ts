/** The accounts of guests as rows. */
import { and, count, eq, gt, isNotNull, lte, sql } from 'drizzle-orm';
import { randomBytes } from 'node:crypto';
import type { Database } from '#db/database.ts';
import { guestRuns, papers } from '#db/schema-papers.ts';
import { notebooks, settings, users } from '#db/schema.ts';
import { guestOfferSchema, NO_GUESTS, type GuestOffer } from '#lib/model/guest-offer.ts';
import { newId, type NotebookId, type UserId } from '#lib/model/ids.ts';
import * as v from 'valibot';

const NAME = 'guests';

/** What is offered now; off where nothing was set, or what was set cannot be read. */
export async function readOffer(db: Pick<Database, 'select'>): Promise<GuestOffer> {
	const [row] = await db.select().from(settings).where(eq(settings.name, NAME));
	const read = v.safeParse(guestOfferSchema, row?.value ?? {});
	return read.success ? ({ ...NO_GUESTS, ...read.output } as GuestOffer) : NO_GUESTS;
}

export async function writeOffer(db: Database, value: GuestOffer): Promise<void> {
	await db
		.insert(settings)
		.values({ name: NAME, value })
		.onConflictDoUpdate({ target: settings.name, set: { value } });
}

export async function guestsNow(db: Pick<Database, 'select'>): Promise<number> {
	const [row] = await db.select({ n: count() }).from(users).where(gt(users.guestUntil, new Date()));
	return row!.n;
}

/** A new account for a guest; null where there are `most` already. Two who come at once are counted one after the other. */
export async function insertGuest(
	db: Database,
	most: number,
	until: Date
): Promise<{ id: UserId; displayName: string } | null> {
	return db.transaction(async (tx) => {
		await tx.execute(sql`select pg_advisory_xact_lock(hashtext('guests'))`);
		if ((await guestsNow(tx)) >= most) return null;
		const mark = randomBytes(8).toString('hex');
		const guest = { id: newId(), name: `guest-${mark}`, displayName: `Guest ${mark.slice(0, 4)}` };
		await tx.insert(users).values({ ...guest, admin: false, passwordHash: null, guestUntil: until });
		return { id: guest.id, displayName: guest.displayName };
	});
}

/** When that person ceases to be a guest; null for who is none. */
export async function guestUntil(db: Database, user: UserId): Promise<Date | null> {
	const [row] = await db.select({ until: users.guestUntil }).from(users).where(eq(users.id, user));
	return row?.until ?? null;
}

export interface GuestLine {
	id: UserId;
	name: string;
	until: Date;
	/** What they run; null where it was not made yet. */
	slug: string | null;
	number: number | null;
}

/** All there are, also those whose time is over. */
export async function readGuests(db: Database): Promise<GuestLine[]> {
	const rows = await db
		.select({
			id: users.id,
			name: users.displayName,
			until: users.guestUntil,
			slug: papers.slug,
			number: notebooks.originNumber
		})
		.from(users)
		.leftJoin(guestRuns, eq(guestRuns.userId, users.id))
		.leftJoin(notebooks, eq(notebooks.id, guestRuns.notebookId))
		.leftJoin(papers, eq(papers.id, notebooks.originPaperId))
		.where(isNotNull(users.guestUntil))
		.orderBy(users.guestUntil);
	return rows.map((row) => ({ ...row, until: row.until! }));
}

export async function overdue(db: Database): Promise<UserId[]> {
	const rows = await db.select({ id: users.id }).from(users).where(lte(users.guestUntil, new Date()));
	return rows.map(({ id }) => id);
}

export async function notebooksOf(
	db: Database,
	user: UserId
): Promise<{ id: NotebookId; paper: string | null; number: number | null }[]> {
	return db
		.select({ id: notebooks.id, paper: notebooks.originPaperId, number: notebooks.originNumber })
		.from(notebooks)
		.where(eq(notebooks.createdBy, user));
}

/** The account with all that is its own; only of a guest. */
export async function deleteGuest(db: Database, user: UserId): Promise<void> {
	await db.transaction(async (tx) => {
		const key = and(eq(users.id, user), isNotNull(users.guestUntil));
		const [guest] = await tx.select({ id: users.id }).from(users).where(key).for('update');
		if (!guest) return;
		await tx.delete(notebooks).where(eq(notebooks.createdBy, user));
		await tx.delete(users).where(key);
	});
}
