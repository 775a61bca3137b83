/** Reading cards and their versions out of the database. */
import { and, asc, count, desc, eq, inArray, or, sql, type SQL } from 'drizzle-orm';
import { roleOf } from '#collab/access.ts';
import type { Database } from '#db/database.ts';
import { paperFiles, papers, paperVersions } from '#db/schema-papers.ts';
import { blobs, members, users } from '#db/schema.ts';
import {
	CARDS_PER_PAGE,
	type CardEntry,
	type CardVersion,
	type Gallery,
	type GalleryQuery,
	type KeyPlot
} from '#lib/model/paper/card.ts';
import { isOpen } from '#lib/model/paper/moderation.ts';
import { fullName } from '#lib/model/paper/names.ts';
import type { Paper } from '#lib/model/paper/paper.ts';
import { isSlug } from '#lib/model/paper/slug.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { can } from '#lib/model/role.ts';
import type { Caller } from './services.ts';

export type PaperRow = typeof papers.$inferSelect;

const MOST_TAGS = 30;
/** More cards of one person are reached by their addresses. */
const MOST_OWN = 1_000;
/** isOpen, for whole tables: every list that everybody sees asks this, and every single card `maySee`. */
export const OPEN_TO_ALL = and(eq(papers.visibility, 'public'), eq(papers.moderation, 'open'))!;
const LATEST = and(eq(paperVersions.paperId, papers.id), eq(paperVersions.number, papers.latest));
const ENTRY = {
	paper: papers,
	plot: paperVersions.plot,
	alternative: paperVersions.plotAlt,
	mime: blobs.mime,
	at: paperVersions.createdAt
};

export function noCard(): ProblemError {
	return new ProblemError(404, {
		code: 'paper-unknown',
		title: 'There is no such paper.',
		detail: 'It was never here, or its authors have taken it back.',
		remedy: 'Check the address, or look for it among all papers.'
	});
}

/** What a search looks in. */
export function searchText(paper: Paper): string {
	const ids = [paper.doi, paper.arxiv, paper.arxiv && `arxiv:${paper.arxiv}`, paper.inspire, paper.texkey];
	const names = paper.authors.map(fullName);
	return [paper.title, ...names, paper.venue, paper.date, ...(paper.tags ?? []), ...ids, paper.abstract]
		.filter((part) => part !== undefined)
		.join('\n')
		.toLowerCase();
}

/** Whether a person may change a card: who published it first, and the owners of its notebook. */
export async function ownsCard(db: Database, row: PaperRow, caller: Caller | null): Promise<boolean> {
	if (!caller) return false;
	if (row.ownerId === caller.user.id) return true;
	return row.notebookId !== null && can(await roleOf(db, row.notebookId, caller.user.id), 'publish');
}

/** The one rule of who sees a card: everybody an open one, owners theirs, administrators what they let through or not. */
export async function maySee(db: Database, row: PaperRow, reader: Caller | null): Promise<boolean> {
	if (isOpen(row) || (row.visibility === 'public' && reader?.user.admin)) return true;
	return ownsCard(db, row, reader);
}

/** The card with that name, when this reader may know of it. 404 otherwise. */
export async function readCard(db: Database, slug: string, reader: Caller | null): Promise<PaperRow> {
	const [row] = isSlug(slug) ? await db.select().from(papers).where(eq(papers.slug, slug)) : [];
	if (!row || !(await maySee(db, row, reader))) throw noCard();
	return row;
}

/** The card with that name, for who may change it. 404 where they may not know of it, 403 `role` where it is another's. */
export async function readOwnCard(db: Database, slug: string, caller: Caller): Promise<PaperRow> {
	const row = await readCard(db, slug, caller);
	if (await ownsCard(db, row, caller)) return row;
	throw new ProblemError(403, {
		code: 'role',
		title: 'Only its owners change a card.',
		detail: 'Those are who published it and the owners of its notebook.',
		remedy: 'Ask one of them.'
	});
}

/** The newest version with what was corrected on the card since. */
export async function readCurrent(db: Database, row: PaperRow): Promise<CardVersion> {
	return { ...(await readVersion(db, row, row.latest)), paper: row.metadata };
}

/** One version; its metadata are those it was published with. 404 for a number that is none. */
export async function readVersion(db: Database, row: PaperRow, number: number): Promise<CardVersion> {
	const all = await db
		.select({ number: paperVersions.number, at: paperVersions.createdAt })
		.from(paperVersions)
		.where(eq(paperVersions.paperId, row.id))
		.orderBy(desc(paperVersions.number));
	const [found] = await db
		.select({
			metadata: paperVersions.metadata,
			digest: paperVersions.digest,
			environment: paperVersions.environment,
			source: paperVersions.source,
			plot: paperVersions.plot,
			alternative: paperVersions.plotAlt,
			mime: blobs.mime,
			by: users.displayName,
			at: paperVersions.createdAt
		})
		.from(paperVersions)
		.leftJoin(blobs, eq(blobs.hash, paperVersions.plot))
		.leftJoin(users, eq(users.id, paperVersions.createdBy))
		.where(versionIs(row, number));
	if (!found) throw noVersion(row);
	const files = await db
		.select({ path: paperFiles.path, size: paperFiles.size, hash: paperFiles.hash })
		.from(paperFiles)
		.where(and(eq(paperFiles.paperId, row.id), eq(paperFiles.number, number)))
		.orderBy(asc(paperFiles.path));
	return {
		slug: row.slug,
		number,
		latest: row.latest,
		versions: all.map((version) => ({ number: version.number, at: version.at.toISOString() })),
		paper: found.metadata,
		plot: plotOf(found),
		visibility: row.visibility,
		moderation: row.moderation,
		moderationWords: row.moderationWords,
		environment: found.environment,
		source: found.source,
		files,
		digest: found.digest,
		by: found.by,
		publishedAt: found.at.toISOString(),
		updatedAt: row.updatedAt.toISOString()
	};
}

/** The frozen notebook of a version, as it was compressed. */
export async function readContent(db: Database, row: PaperRow, number: number): Promise<Uint8Array> {
	const [found] = await db
		.select({ content: paperVersions.content })
		.from(paperVersions)
		.where(versionIs(row, number));
	if (!found) throw noVersion(row);
	return found.content;
}

/** The picture of a version. 404 where it has none. */
export async function readPlot(
	db: Database,
	row: PaperRow,
	number: number
): Promise<{ hash: string; mime: string; bytes: Uint8Array }> {
	const [found] = await db
		.select({ hash: blobs.hash, mime: blobs.mime, bytes: blobs.data })
		.from(paperVersions)
		.innerJoin(blobs, eq(blobs.hash, paperVersions.plot))
		.where(versionIs(row, number));
	if (found) return found;
	throw new ProblemError(404, { code: 'plot-unknown', title: 'This version has no key plot.' });
}

/** Public cards that fit a question, with the tags of all. */
export async function readGallery(db: Database, query: GalleryQuery): Promise<Gallery> {
	const where = and(
		OPEN_TO_ALL,
		query.tag === null ? undefined : hasTag(query.tag),
		...wordsOf(query.search).map((word) => sql`${papers.search} like ${`%${literal(word)}%`}`)
	);
	const [found] = await db.select({ n: count() }).from(papers).where(where);
	const total = found!.n;
	const pages = Math.max(1, Math.ceil(total / CARDS_PER_PAGE));
	const rows = await db
		.select(ENTRY)
		.from(papers)
		.innerJoin(paperVersions, LATEST)
		.leftJoin(blobs, eq(blobs.hash, paperVersions.plot))
		.where(where)
		.orderBy(...orderOf(query.sort))
		.limit(CARDS_PER_PAGE)
		.offset((Math.min(query.page, pages) - 1) * CARDS_PER_PAGE);
	const tags = await db.execute<{ tag: string; count: number }>(
		sql`select tag, count(*)::int as count
			from ${papers}, jsonb_array_elements_text(coalesce(${papers.metadata}->'tags', '[]')) as tag
			where ${OPEN_TO_ALL} group by tag order by count desc, tag limit ${MOST_TAGS}`
	);
	return {
		cards: rows.map(entryOf),
		total,
		pages,
		tags: tags.map(({ tag, count: n }) => ({ tag, count: n }))
	};
}

/** Open cards, the last published first: what feeds and sitemaps list. */
export function readNewest(db: Database, most: number): Promise<CardEntry[]> {
	return readEntries(db, OPEN_TO_ALL, most);
}

/** A person's cards, in whatever state: ownsCard, for whole tables. */
export function readOwn(db: Database, { user }: Caller): Promise<CardEntry[]> {
	const notebook = db
		.select({ id: members.notebookId })
		.from(members)
		.where(and(eq(members.userId, user.id), eq(members.role, 'owner')));
	return readEntries(db, or(eq(papers.ownerId, user.id), inArray(papers.notebookId, notebook))!, MOST_OWN);
}

/** Cards of one's own choice, the last published first unless said otherwise. Who may see them is the caller's to say. */
export async function readEntries(
	db: Database,
	where: SQL,
	most: number,
	...order: SQL[]
): Promise<CardEntry[]> {
	const rows = await db
		.select(ENTRY)
		.from(papers)
		.innerJoin(paperVersions, LATEST)
		.leftJoin(blobs, eq(blobs.hash, paperVersions.plot))
		.where(where)
		.orderBy(...order, ...orderOf('newest'))
		.limit(most);
	return rows.map(entryOf);
}

function entryOf(row: {
	paper: PaperRow;
	plot: string | null;
	alternative: string;
	mime: string | null;
	at: Date;
}): CardEntry {
	const { slug, latest, metadata, visibility, moderation, updatedAt } = row.paper;
	return {
		slug,
		number: latest,
		paper: metadata,
		plot: plotOf(row),
		visibility,
		moderation,
		publishedAt: row.at.toISOString(),
		updatedAt: updatedAt.toISOString()
	};
}

function plotOf(row: { plot: string | null; mime: string | null; alternative: string }): KeyPlot | null {
	return row.plot === null || row.mime === null
		? null
		: { hash: row.plot, mime: row.mime, alternative: row.alternative };
}

function versionIs(row: PaperRow, number: number): SQL | undefined {
	// PostgreSQL's integer ends here
	const known = Number.isSafeInteger(number) && number > 0 && number < 2 ** 31;
	return and(eq(paperVersions.paperId, row.id), eq(paperVersions.number, known ? number : 0));
}

function noVersion({ latest }: PaperRow): ProblemError {
	return new ProblemError(404, {
		code: 'version-unknown',
		title: 'There is no such version of this paper.',
		detail: latest === 1 ? 'There is one: v1.' : `There are v1 to v${latest}.`,
		remedy: 'Open the newest one.'
	});
}

function orderOf(sort: GalleryQuery['sort']): SQL[] {
	const newest = [desc(paperVersions.createdAt), asc(papers.slug)];
	if (sort === 'title') return [sql`lower(${papers.metadata}->>'title')`, ...newest];
	if (sort === 'year') return [sql`${papers.metadata}->>'date' desc nulls last`, ...newest];
	return newest;
}

function hasTag(tag: string): SQL | undefined {
	return or(sql`${papers.metadata}->'tags' @> ${JSON.stringify([tag])}::jsonb`);
}

function wordsOf(search: string): string[] {
	return search.toLowerCase().replaceAll('\u0000', ' ').split(/\s+/).filter(Boolean).slice(0, 10);
}

/** A word for LIKE, which is meant as it is written. */
function literal(word: string): string {
	return word.replace(/[\\%_]/g, '\\$&');
}
