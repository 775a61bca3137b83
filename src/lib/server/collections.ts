/** Collections of cards: made by people who are signed in, filled by their members, read by anybody. */
import { and, asc, count, desc, eq, exists, inArray, like, or, sql, type SQL } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { collectionMembers, collectionPapers, collections, papers } from '#db/schema-papers.ts';
import { users } from '#db/schema.ts';
import { newId } from '#lib/model/ids.ts';
import { COLLECTION_LIMITS, type Collection, type CollectionEntry } from '#lib/model/paper/collection.ts';
import { freeSlug, isSlug, slugOf } from '#lib/model/paper/slug.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { OPEN_TO_ALL, readCard, readEntries } from './paper-rows.ts';
import type { Caller } from './services.ts';

/** What is said of a collection; checked by collectionFields (model/paper/collection.ts). */
export interface CollectionWords {
	title: string;
	words: string;
	/** Names that people sign in with. */
	members: string[];
}

/**
 * A collection is for everybody once a card in it is; until then, and for changing it, for its members and administrators: to
 * others it is 404 `collection-unknown`. In it everybody sees the open cards, and members theirs as well.
 */
export interface Collections {
	/** Those for everybody, by title. */
	list(): Promise<CollectionEntry[]>;
	/** Those the caller is a member of, by title; of an administrator all of them. */
	mine(caller: Caller): Promise<CollectionEntry[]>;
	read(slug: string, reader: Caller | null): Promise<Collection>;
	/** The caller is a member, whoever else is. 404 `user-unknown` names who is not known here. */
	create(caller: Caller, words: CollectionWords): Promise<{ slug: string }>;
	/** Members. What is not named stays, the address too; 409 `no-member` when nobody would be left. */
	update(caller: Caller, slug: string, change: Partial<CollectionWords>): Promise<Collection>;
	/** Members. The cards stay. */
	remove(caller: Caller, slug: string): Promise<void>;
	/** Members: put a card in that they may see. Once is enough. */
	put(caller: Caller, slug: string, paper: string): Promise<void>;
	/** Members. */
	take(caller: Caller, slug: string, paper: string): Promise<void>;
	/** The collections of the caller with whether this card is in them. */
	around(caller: Caller, paper: string): Promise<{ slug: string; title: string; holds: boolean }[]>;
}

type Row = typeof collections.$inferSelect;

export function createCollections(db: Database): Collections {
	/** The row, for who may change it: 404 for who may not know of it, 403 for other readers. */
	async function own(caller: Caller, slug: string): Promise<Row> {
		const row = await rowOf(slug);
		if (caller.user.admin || (await isMember(row, caller))) return row;
		if ((await entries(eq(collections.id, row.id)))[0]!.papers === 0) throw noCollection();
		throw new ProblemError(403, {
			code: 'role',
			title: 'Only its members change a collection.',
			remedy: 'Ask one of them to put a card in, or to make you a member.'
		});
	}

	async function rowOf(slug: string): Promise<Row> {
		const [row] = isSlug(slug) ? await db.select().from(collections).where(eq(collections.slug, slug)) : [];
		if (!row) throw noCollection();
		return row;
	}

	async function isMember(row: Row, { user }: Caller): Promise<boolean> {
		const [found] = await db
			.select({ id: collectionMembers.userId })
			.from(collectionMembers)
			.where(and(eq(collectionMembers.collectionId, row.id), eq(collectionMembers.userId, user.id)));
		return found !== undefined;
	}

	async function entries(where: SQL | undefined): Promise<CollectionEntry[]> {
		const rows = await db
			.select({ row: collections, papers: count(papers.id) })
			.from(collections)
			.leftJoin(collectionPapers, eq(collectionPapers.collectionId, collections.id))
			.leftJoin(papers, and(eq(papers.id, collectionPapers.paperId), OPEN_TO_ALL))
			.where(where)
			.groupBy(collections.id)
			.orderBy(sql`lower(${collections.title})`, asc(collections.slug));
		return rows.map(({ row, papers: n }) => ({
			slug: row.slug,
			title: row.title,
			words: row.words,
			papers: n,
			createdAt: row.createdAt.toISOString()
		}));
	}

	const ofMember = ({ user }: Caller): SQL =>
		exists(
			db
				.select({ one: sql`1` })
				.from(collectionMembers)
				.where(and(eq(collectionMembers.collectionId, collections.id), eq(collectionMembers.userId, user.id)))
		);

	async function read(slug: string, reader: Caller | null): Promise<Collection> {
		const row = await rowOf(slug);
		const within = reader !== null && (reader.user.admin || (await isMember(row, reader)));
		const found = await shown(row, within ? reader : null);
		if (found.papers === 0 && !within) throw noCollection();
		return found;
	}

	/** For one of its members, or for anybody. */
	async function shown(row: Row, member: Caller | null): Promise<Collection> {
		const [entry] = await entries(eq(collections.id, row.id));
		const inside = inArray(
			papers.id,
			db
				.select({ id: collectionPapers.paperId })
				.from(collectionPapers)
				.where(eq(collectionPapers.collectionId, row.id))
		);
		const theirs = member ? eq(papers.ownerId, member.user.id) : undefined;
		const put = db
			.select({ at: collectionPapers.addedAt })
			.from(collectionPapers)
			.where(and(eq(collectionPapers.collectionId, row.id), eq(collectionPapers.paperId, papers.id)));
		return {
			...entry!,
			cards: await readEntries(
				db,
				and(inside, or(OPEN_TO_ALL, theirs))!,
				COLLECTION_LIMITS.papers,
				desc(sql`(${put})`)
			),
			members: member ? await membersOf(row) : null
		};
	}

	function membersOf(row: Row): Promise<{ name: string; displayName: string }[]> {
		return db
			.select({ name: users.name, displayName: users.displayName })
			.from(collectionMembers)
			.innerJoin(users, eq(users.id, collectionMembers.userId))
			.where(eq(collectionMembers.collectionId, row.id))
			.orderBy(sql`lower(${users.name})`);
	}

	async function idsOf(names: string[]): Promise<string[]> {
		const wanted = [...new Set(names.map((name) => name.trim().toLowerCase()))];
		if (wanted.length === 0) return [];
		const lower = sql<string>`lower(${users.name})`;
		const rows = await db.select({ id: users.id, lower }).from(users).where(inArray(lower, wanted));
		const unknown = wanted.filter((name) => !rows.some((row) => row.lower === name));
		if (unknown.length === 0) return rows.map(({ id }) => id);
		throw new ProblemError(404, {
			code: 'user-unknown',
			title: `Nobody here is called “${unknown[0]}”.`,
			detail: 'People are added by the name they sign in with.',
			remedy: 'Check the spelling.'
		});
	}

	return {
		read,
		list: async () => (await entries(undefined)).filter((entry) => entry.papers > 0),
		mine: (caller) => entries(caller.user.admin ? undefined : ofMember(caller)),

		async create(caller, { title, words, members }) {
			const ids = new Set([caller.user.id, ...(await idsOf(members))]);
			return db.transaction(async (tx) => {
				const wanted = slugOf(title);
				// two of the same title at once
				await tx.execute(sql`select pg_advisory_xact_lock(hashtext('collection.slug'))`);
				const rows = await tx
					.select({ slug: collections.slug })
					.from(collections)
					.where(or(eq(collections.slug, wanted), like(collections.slug, `${wanted.slice(0, 50)}%`)));
				const taken = new Set(rows.map((row) => row.slug));
				const slug = freeSlug(wanted, (one) => taken.has(one));
				const id = newId();
				await tx.insert(collections).values({ id, slug, title, words });
				await tx.insert(collectionMembers).values([...ids].map((userId) => ({ collectionId: id, userId })));
				return { slug };
			});
		},

		async update(caller, slug, { title, words, members }) {
			const row = await own(caller, slug);
			const ids = members && (await idsOf(members));
			if (ids?.length === 0) throw noMember();
			await db.transaction(async (tx) => {
				if (title !== undefined || words !== undefined)
					await tx
						.update(collections)
						.set({
							...(title === undefined ? {} : { title }),
							...(words === undefined ? {} : { words })
						})
						.where(eq(collections.id, row.id));
				if (!ids) return;
				await tx.delete(collectionMembers).where(eq(collectionMembers.collectionId, row.id));
				await tx.insert(collectionMembers).values(ids.map((userId) => ({ collectionId: row.id, userId })));
			});
			return shown(await rowOf(slug), caller);
		},

		async remove(caller, slug) {
			const row = await own(caller, slug);
			await db.delete(collections).where(eq(collections.id, row.id));
		},

		async put(caller, slug, paper) {
			const row = await own(caller, slug);
			const card = await readCard(db, paper, caller);
			const [held] = await db
				.select({ n: count() })
				.from(collectionPapers)
				.where(eq(collectionPapers.collectionId, row.id));
			if (held!.n >= COLLECTION_LIMITS.papers) throw full();
			await db
				.insert(collectionPapers)
				.values({ collectionId: row.id, paperId: card.id })
				.onConflictDoNothing();
		},

		async take(caller, slug, paper) {
			const row = await own(caller, slug);
			// also one that is somebody's draft by now
			const card = db.select({ id: papers.id }).from(papers).where(eq(papers.slug, paper));
			await db
				.delete(collectionPapers)
				.where(and(eq(collectionPapers.collectionId, row.id), inArray(collectionPapers.paperId, card)));
		},

		async around(caller, paper) {
			const card = await readCard(db, paper, caller);
			const held = exists(
				db
					.select({ one: sql`1` })
					.from(collectionPapers)
					.where(
						and(eq(collectionPapers.collectionId, collections.id), eq(collectionPapers.paperId, card.id))
					)
			);
			const rows = await db
				.select({ slug: collections.slug, title: collections.title, holds: sql<boolean>`${held}` })
				.from(collections)
				.where(ofMember(caller))
				.orderBy(sql`lower(${collections.title})`);
			return rows;
		}
	};
}

export function noCollection(): ProblemError {
	return new ProblemError(404, {
		code: 'collection-unknown',
		title: 'There is no such collection.',
		detail: 'It was never here, or there is nothing in it that everybody may see.',
		remedy: 'Check the address, or look for it among all collections.'
	});
}

function noMember(): ProblemError {
	return new ProblemError(409, {
		code: 'no-member',
		title: 'A collection needs a member.',
		detail: 'Nobody would be left to change it.',
		remedy: 'Leave one, or delete the collection.'
	});
}

function full(): ProblemError {
	return new ProblemError(409, {
		code: 'collection-full',
		title: `This collection holds ${COLLECTION_LIMITS.papers} cards, which is the most.`,
		remedy: 'Take some out, or make another collection.'
	});
}
