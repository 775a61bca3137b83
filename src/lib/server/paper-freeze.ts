/** The freezing of a version: whatever it is made from, a card and its next version come to be in one transaction. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { and, eq, like, or, sql } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { paperFiles, papers, paperVersions } from '#db/schema-papers.ts';
import { blobs, notebooks } from '#db/schema.ts';
import { newId, type NotebookId, type UserId } from '#lib/model/ids.ts';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import { exportNotebook } from '#lib/model/ipynb/export.ts';
import { stringifyNotebook } from '#lib/model/ipynb/stringify.ts';
import type { PaperEnvironment, PaperSource } from '#lib/model/paper/card.ts';
import { beginsToWait, handedIn } from '#lib/model/paper/moderation.ts';
import type { Paper } from '#lib/model/paper/paper.ts';
import { pictureKind } from '#lib/model/paper/picture-kind.ts';
import { repositoryKey } from '#lib/model/paper/repository.ts';
import { freeSlug, slugOf } from '#lib/model/paper/slug.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { blobOf, type BlobRow } from './paper-plot.ts';
import { searchText, type PaperRow } from './paper-rows.ts';
import { readSettings } from './settings.ts';

export interface Freezing {
	/** Frozen with its outputs. */
	content: NotebookContent;
	paper: Paper;
	plot: { picture: BlobRow; alternative: string } | null;
	visibility: 'draft' | 'public';
	environment: PaperEnvironment;
	/** The repository it was read from; null for a notebook of this site. */
	source: PaperSource | null;
	/** Data files, by their paths from the folder of the notebook. */
	files: { path: string; bytes: Uint8Array }[];
	/** The notebook whose card it is. */
	notebook: NotebookId | null;
	/** The id of the card whose next version it becomes; null: that of the notebook, or a new one. */
	card: string | null;
	publisher: UserId;
}

/** A card waits for an administrator to look at it. */
export type OnWaiting = (card: { slug: string; title: string }) => void;

/** As for imported files. */
export const MOST_NOTEBOOK_BYTES = 50 * 1024 * 1024;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

/**
 * Makes the card or its next version. Throws 413 `too-large` for a notebook beyond MOST_NOTEBOOK_BYTES, 409 `published-before`
 * where the same publisher has this notebook at this commit already.
 */
export async function freeze(db: Database, what: Freezing, onWaiting: OnWaiting): Promise<PaperRow> {
	const { paper, plot, visibility, publisher } = what;
	const text = stringifyNotebook(exportNotebook(what.content));
	if (Buffer.byteLength(text) > MOST_NOTEBOOK_BYTES) throw notebookTooLarge();
	const files = what.files.map(({ path, bytes }) => ({ path, blob: fileBlob(bytes) }));
	// One moment for both: a card is not changed before it is published.
	const at = new Date();
	const version = {
		createdAt: at,
		metadata: paper,
		content: new Uint8Array(await compress(text)),
		digest: createHash('sha256').update(text).digest('hex'),
		plot: plot && plot.picture.hash,
		plotAlt: plot?.alternative ?? '',
		environment: what.environment,
		source: what.source,
		createdBy: publisher
	};
	const card = { metadata: paper, search: searchText(paper), visibility, updatedAt: at };
	const { paperModeration: looked } = await readSettings(db);
	const { row, before } = await db.transaction(async (tx) => {
		await keepBlobs(tx, [...(plot ? [plot.picture] : []), ...files.map(({ blob }) => blob)]);
		const known = await lockedCard(tx, what);
		if (what.source) await refuseRepeat(tx, what.source, publisher, known);
		const latest = (known?.latest ?? 0) + 1;
		const moderation = handedIn(known ?? null, visibility, looked);
		const [saved] = known
			? await tx
					.update(papers)
					.set({ ...card, moderation, latest })
					.where(eq(papers.id, known.id))
					.returning()
			: await tx
					.insert(papers)
					.values({
						...card,
						moderation,
						latest,
						id: newId(),
						slug: await newSlug(tx, paper.title),
						ownerId: publisher,
						notebookId: what.notebook
					})
					.returning();
		const row = saved!;
		await tx.insert(paperVersions).values({ ...version, paperId: row.id, number: latest });
		if (files.length > 0) {
			await tx.insert(paperFiles).values(
				files.map(({ path, blob }) => ({
					...{ paperId: row.id, number: latest, path },
					...{ size: blob.size, hash: blob.hash }
				}))
			);
		}
		return { row, before: known ?? null };
	});
	if (beginsToWait(row, before)) onWaiting({ slug: row.slug, title: paper.title });
	return row;
}

/** The text of a notebook as it was frozen. */
export async function thaw(content: Uint8Array): Promise<string> {
	return (await decompress(content)).toString('utf8');
}

/** Always in the same order: two who store the same files at once wait for each other, not both. */
async function keepBlobs(tx: Transaction, rows: BlobRow[]): Promise<void> {
	const distinct = [...new Map(rows.map((row) => [row.hash, row])).values()];
	for (const row of distinct.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)))
		await tx.insert(blobs).values(row).onConflictDoNothing();
}

/** A picture keeps its kind: the same bytes may lead a card. */
function fileBlob(bytes: Uint8Array): BlobRow {
	return blobOf(bytes, pictureKind(bytes) ?? 'application/octet-stream');
}

/** Two who publish at once: the second sees what the first did, and its number is the next. */
async function lockedCard(tx: Transaction, { card, notebook }: Freezing): Promise<PaperRow | undefined> {
	if (card !== null) {
		const [row] = await tx.select().from(papers).where(eq(papers.id, card)).for('update');
		return row;
	}
	if (notebook === null) {
		await lockSlugs(tx);
		return undefined;
	}
	await tx.select({ id: notebooks.id }).from(notebooks).where(eq(notebooks.id, notebook)).for('update');
	const [row] = await tx.select().from(papers).where(eq(papers.notebookId, notebook));
	return row;
}

/** The same notebook at the same commit is no news: among the versions of this card, or among the cards of this person. */
async function refuseRepeat(
	tx: Transaction,
	{ url, commit, path }: PaperSource,
	publisher: UserId,
	known: PaperRow | undefined
): Promise<void> {
	const rows = await tx
		.select({ slug: papers.slug, number: paperVersions.number, source: paperVersions.source })
		.from(paperVersions)
		.innerJoin(papers, eq(papers.id, paperVersions.paperId))
		.where(
			and(
				known ? eq(papers.id, known.id) : eq(papers.ownerId, publisher),
				sql`${paperVersions.source}->>'commit' = ${commit}`,
				sql`${paperVersions.source}->>'path' = ${path}`
			)
		);
	const before = rows.find(({ source }) => source && repositoryKey(source.url) === repositoryKey(url));
	if (!before) return;
	throw new ProblemError(409, {
		code: 'published-before',
		title: 'This notebook was published at this commit before.',
		detail: `It is v${before.number} of “${before.slug}”, at /papers/${before.slug}/v/${before.number}.`,
		remedy: 'Correct what its card says there, or publish a newer commit.'
	});
}

/** Two papers of the same title at once, or one that is published twice at once. */
async function lockSlugs(tx: Transaction): Promise<void> {
	await tx.execute(sql`select pg_advisory_xact_lock(hashtext('paper.slug'))`);
}

async function newSlug(tx: Transaction, title: string): Promise<string> {
	const slug = slugOf(title);
	await lockSlugs(tx);
	const rows = await tx
		.select({ slug: papers.slug })
		.from(papers)
		.where(or(eq(papers.slug, slug), like(papers.slug, `${slug.slice(0, 50)}%`)));
	const taken = new Set(rows.map((row) => row.slug));
	return freeSlug(slug, (one) => taken.has(one));
}

export function notebookTooLarge(): ProblemError {
	return new ProblemError(413, {
		code: 'too-large',
		title: 'The notebook is larger than 50 MB.',
		detail: 'That is the limit of what is published.',
		remedy: 'Clear large outputs in it.'
	});
}
