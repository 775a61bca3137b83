/** Checks in the database. */
import { and, desc, eq, inArray, isNotNull, isNull, lt, ne, or, sql } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { paperChecks, paperFiles, papers } from '#db/schema-papers.ts';
import { blobs } from '#db/schema.ts';
import type { WorkspaceId } from '#lib/model/ids.ts';
import { dueAt } from '#lib/model/paper/check-due.ts';
import type { CheckReport, PaperCheck } from '#lib/model/paper/check.ts';
import type { PaperRow } from './paper-rows.ts';

export type CheckRow = typeof paperChecks.$inferSelect;
/** A card that is checked: where, and how often. */
export type CheckedPaper = PaperRow & { checkWorkspaceId: string; checkDays: number };

/** Checks of one card that are remembered. */
const KEPT = 50;

/** Cards that are checked, with when each is due next. */
export async function checkedPapers(db: Database): Promise<{ paper: CheckedPaper; due: Date }[]> {
	const rows = await db
		.select()
		.from(papers)
		.where(and(isNotNull(papers.checkWorkspaceId), isNotNull(papers.checkDays)));
	const last = await lastChecks(
		db,
		rows.map(({ id }) => id)
	);
	return rows.map((row) => {
		const paper = row as CheckedPaper;
		return { paper, due: nextDue(paper, last.get(paper.id) ?? null) };
	});
}

export function nextDue({ id, latest, checkDays: days }: CheckedPaper, last: CheckRow | null): Date {
	return dueAt({ id, latest, days, last });
}

/** The check begun last of each card. */
export async function lastChecks(db: Database, ids: string[]): Promise<Map<string, CheckRow>> {
	if (ids.length === 0) return new Map();
	const rows = await db
		.selectDistinctOn([paperChecks.paperId])
		.from(paperChecks)
		.where(inArray(paperChecks.paperId, ids))
		.orderBy(paperChecks.paperId, desc(paperChecks.startedAt));
	return new Map(rows.map((row) => [row.paperId, row]));
}

/** Of each version the newest check that came to an end. */
export async function endedChecks(
	db: Database,
	versions: { slug: string; number: number }[]
): Promise<{ slug: string; check: CheckRow }[]> {
	if (versions.length === 0) return [];
	return db
		.selectDistinctOn([papers.slug], { slug: papers.slug, check: paperChecks })
		.from(paperChecks)
		.innerJoin(papers, eq(papers.id, paperChecks.paperId))
		.where(
			and(
				inArray(paperChecks.state, ['verified', 'failed']),
				or(...versions.map(({ slug, number }) => and(eq(papers.slug, slug), eq(paperChecks.number, number))))
			)
		)
		.orderBy(papers.slug, desc(paperChecks.startedAt));
}

export async function checksOf(db: Database, paper: string, most: number): Promise<CheckRow[]> {
	return db
		.select()
		.from(paperChecks)
		.where(eq(paperChecks.paperId, paper))
		.orderBy(desc(paperChecks.startedAt))
		.limit(most);
}

/** Begins one where none goes on; null where one does: one at a time on each workspace. */
export async function claimCheck(
	db: Database,
	id: string,
	paper: PaperRow,
	workspace: WorkspaceId
): Promise<CheckRow | null> {
	return db.transaction(async (tx) => {
		await tx.execute(sql`select pg_advisory_xact_lock(hashtext('paper.check'), hashtext(${workspace}))`);
		const [busy] = await tx
			.select({ id: paperChecks.id })
			.from(paperChecks)
			.where(and(eq(paperChecks.workspaceId, workspace), eq(paperChecks.state, 'running')));
		if (busy) return null;
		const [row] = await tx
			.insert(paperChecks)
			.values({
				...{ id, paperId: paper.id, number: paper.latest, workspaceId: workspace },
				...{ state: 'running', startedAt: new Date(), finishedAt: null, report: null }
			})
			.returning();
		return row!;
	});
}

/** Checks that go on, as far as is known. */
export async function runningChecks(db: Database, workspace: WorkspaceId | null = null): Promise<CheckRow[]> {
	const there = workspace === null ? undefined : eq(paperChecks.workspaceId, workspace);
	return db
		.select()
		.from(paperChecks)
		.where(and(eq(paperChecks.state, 'running'), there));
}

/** Those that nobody can ask about any more: their workspace was removed, or is away since `before`. */
export async function deadChecks(db: Database, before: Date): Promise<CheckRow[]> {
	return db
		.select()
		.from(paperChecks)
		.where(
			and(
				eq(paperChecks.state, 'running'),
				or(isNull(paperChecks.workspaceId), lt(paperChecks.startedAt, before))
			)
		);
}

/**
 * Writes down what came of a check. `before` is what the check before it said, null for the first. Undefined where another
 * has written it, or the card is gone.
 */
export async function endCheck(
	db: Database,
	id: string,
	end: { state: 'verified' | 'failed' | 'aborted'; report: CheckReport | null }
): Promise<{ row: CheckRow; before: CheckRow | null } | undefined> {
	return db.transaction(async (tx) => {
		const [row] = await tx
			.update(paperChecks)
			.set({ ...end, finishedAt: new Date() })
			.where(and(eq(paperChecks.id, id), eq(paperChecks.state, 'running')))
			.returning();
		if (!row) return undefined;
		const [before] = await tx
			.select()
			.from(paperChecks)
			.where(
				and(
					eq(paperChecks.paperId, row.paperId),
					ne(paperChecks.id, id),
					inArray(paperChecks.state, ['verified', 'failed'])
				)
			)
			.orderBy(desc(paperChecks.startedAt))
			.limit(1);
		// pictures are kept of the newest that has any
		if (before?.report && end.state !== 'aborted') {
			const report = withoutPictures(before.report);
			await tx.update(paperChecks).set({ report }).where(eq(paperChecks.id, before.id));
		}
		await tx.execute(
			sql`delete from paper_check where id in (select id from paper_check where paper_id = ${row.paperId}
				and state <> 'running' order by started_at desc offset ${KEPT})`
		);
		return { row, before: before ?? null };
	});
}

/** The data files of a version, whose bytes are read one after the other. */
export async function filesOf(
	db: Database,
	paper: string,
	number: number
): Promise<{ path: string; bytes(): Promise<Uint8Array> }[]> {
	const rows = await db
		.select({ path: paperFiles.path, hash: paperFiles.hash })
		.from(paperFiles)
		.where(and(eq(paperFiles.paperId, paper), eq(paperFiles.number, number)));
	return rows.map(({ path, hash }) => ({
		path,
		async bytes() {
			const [blob] = await db.select({ data: blobs.data }).from(blobs).where(eq(blobs.hash, hash));
			return blob!.data;
		}
	}));
}

/** A check as it is shown; its pictures have addresses of their own. */
export function checkOf(row: CheckRow): PaperCheck {
	const { id, number, state, startedAt, finishedAt, report } = row;
	return {
		...{ id, number, state, startedAt: startedAt.toISOString() },
		finishedAt: finishedAt?.toISOString() ?? null,
		report: report && {
			...report,
			cells: report.cells.map(({ pictures, ...cell }) =>
				pictures ? { ...cell, pictures: pictures.map(({ data: _, ...one }) => one) } : cell
			)
		}
	};
}

function withoutPictures(report: CheckReport): CheckReport {
	return { ...report, cells: report.cells.map(({ pictures: _, ...cell }) => cell) };
}
