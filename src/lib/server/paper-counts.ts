/**
 * How often versions of cards are looked at, run and copied, by day. No cookie, no address and no name is kept or looked at to
 * tell readers apart: who reads twice in a day counts twice. Robots, by what they call themselves, and owners do not count.
 */
import { asc, eq, sql } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { paperCounts, papers } from '#db/schema-papers.ts';
import type { CountKind, PaperNumbers } from '#lib/model/paper/counts.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { ownersOf } from './paper-owners.ts';
import { ownsCard, readCard } from './paper-rows.ts';
import type { Caller } from './services.ts';

export interface PaperCounts {
	/** One more. Returns at once: it is written with what else came within a few seconds, and at the stop of the server. */
	count(slug: string, number: number, kind: CountKind): void;
	/** A page was looked at: counted as `view` where no owner and no robot did. Returns at once. */
	viewed(slug: string, number: number, reader: Caller | null, userAgent: string | null): void;
	/** Owners. */
	numbers(caller: Caller, slug: string): Promise<PaperNumbers>;
	/** Everything counted so far is in the database. */
	flush(): Promise<void>;
	stop(): Promise<void>;
}

export interface PaperCountsOptions {
	db: Database;
	logger: { error(fields: object, message: string): void };
	/** Milliseconds between two writings. */
	every?: number;
	now?: () => Date;
}

const EVERY_MS = 5_000;
/** What is waiting to be written, at most: a database that is away for long costs numbers, not the server. */
const MOST_WAITING = 10_000;
/** Words of the user agents of programs that read by themselves. */
const ROBOT =
	/bot|crawl|spider|slurp|preview|monitor|feed|fetch|curl|wget|python|java\/|go-http|headlesschrome/i;

/** Whether a program calls itself one that no person sits before. Who says nothing is taken for one. */
export function isRobot(userAgent: string | null): boolean {
	return userAgent === null || userAgent.trim() === '' || ROBOT.test(userAgent);
}

export function createPaperCounts({ db, logger, every, now }: PaperCountsOptions): PaperCounts {
	/** `slug number day kind` → how many. */
	let waiting = new Map<string, number>();
	const asking = new Set<Promise<void>>();
	let writing: Promise<void> = Promise.resolve();
	const timer = setInterval(() => void flush(), every ?? EVERY_MS).unref();

	function count(slug: string, number: number, kind: CountKind): void {
		const day = (now?.() ?? new Date()).toISOString().slice(0, 10);
		add(`${slug} ${number} ${day} ${kind}`, 1);
	}

	function add(key: string, n: number): void {
		if (waiting.size < MOST_WAITING || waiting.has(key)) waiting.set(key, (waiting.get(key) ?? 0) + n);
	}

	/** One writing after the other. What could not be written is written with the next. */
	function flush(): Promise<void> {
		writing = writing.then(async () => {
			if (waiting.size === 0) return;
			const batch = waiting;
			waiting = new Map();
			try {
				await write(batch);
			} catch (error) {
				for (const [key, n] of batch) add(key, n);
				logger.error({ err: error }, 'counts of papers were not written');
			}
		});
		return writing;
	}

	async function write(batch: Map<string, number>): Promise<void> {
		const rows = [...batch].map(([key, n]) => {
			const [slug, number, day, kind] = key.split(' ') as [string, string, string, CountKind];
			return { slug, number: Number(number), day, kind, n };
		});
		// a card that was deleted meanwhile counts no more
		await db.execute(sql`
			insert into paper_count (paper_id, number, day, kind, n)
			select paper.id, given.number, given.day, given.kind, given.n
			from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
				as given(slug text, number int, day date, kind text, n int)
			join paper on paper.slug = given.slug
			on conflict (paper_id, number, day, kind) do update set n = paper_count.n + excluded.n`);
	}

	/** A view of somebody who is signed in counts where they do not own the card. */
	async function viewedBy(user: string, slug: string, number: number): Promise<void> {
		const [row] = await db.select().from(papers).where(eq(papers.slug, slug));
		if (row && !(await ownersOf(db, row)).includes(user)) count(slug, number, 'view');
	}

	return {
		count,

		viewed(slug, number, reader, userAgent) {
			if (isRobot(userAgent)) return;
			if (reader === null) return count(slug, number, 'view');
			const asked = viewedBy(reader.user.id, slug, number)
				.catch((error: unknown) => logger.error({ err: error }, 'a view was not counted'))
				.finally(() => asking.delete(asked));
			asking.add(asked);
		},

		async numbers(caller, slug) {
			const row = await readCard(db, slug, caller);
			if (!(await ownsCard(db, row, caller))) {
				throw new ProblemError(403, {
					code: 'role',
					title: 'These numbers are for the owners of the card.',
					remedy: 'Ask one of them.'
				});
			}
			await Promise.all(asking);
			await flush();
			const days = await db
				.select({
					number: paperCounts.number,
					day: paperCounts.day,
					kind: paperCounts.kind,
					n: paperCounts.n
				})
				.from(paperCounts)
				.where(eq(paperCounts.paperId, row.id))
				.orderBy(asc(paperCounts.day), asc(paperCounts.number));
			return { days };
		},

		async flush() {
			await Promise.all(asking);
			await flush();
		},

		async stop() {
			clearInterval(timer);
			await Promise.all(asking);
			await flush();
		}
	};
}
