/** Tells people by mail that a long run of theirs has ended. The browser's half is in the page, which hears it by itself. */
import { eq, inArray } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { users } from '#db/schema.ts';
import type { Run, RunState } from '#lib/model/run.ts';
import { faultOf } from '#lib/model/paper/check-words.ts';
import { plainTitle } from '#lib/model/paper/plain-title.ts';
import type { Mailer } from './mail.ts';
import type { CheckTurn } from './paper-check-turns.ts';
import { plainLine } from './plain-line.ts';
import type { Caller, Notices, NoticeSettings } from './services.ts';
import type { SweepEnd } from './sweep-watch.ts';

/** Where a run stood when it ended. */
export interface RunPlace {
	notebook: string;
	title: string;
	/** Number of the cell, from 1; null when it was deleted meanwhile. */
	cell: number | null;
}

export interface RunNoticesOptions {
	db: Database;
	/** null: no mail server is set up. */
	mailer: Mailer | null;
	origin: string;
	logger: { warn(fields: object, message: string): void };
}

export interface RunNotices extends Notices {
	/** A run has ended: who pressed it is told, when it took as long as they said. Never throws. */
	ended(run: Run, place: RunPlace): void;
	/** What somebody sent to a batch system has ended; they are told likewise. */
	sweepEnded(end: SweepEnd): void;
	/** An example fails that did not, or does not any more: the owners of its card are told who want mail at all. Never throws. */
	paperChecked(turn: CheckTurn): void;
	/** Everything that was to be sent was taken or refused. */
	settled(): Promise<void>;
}

/** Ends worth telling: not what somebody stopped or took back with their own hand. */
const WORDS: Partial<Record<RunState, string>> = {
	done: 'finished',
	error: 'failed',
	lost: 'ended, nobody saw how'
};

export function createRunNotices({ db, mailer, origin, logger }: RunNoticesOptions): RunNotices {
	const pending = new Set<Promise<void>>();

	async function mail(person: string, took: number, subject: string, what: string, path: string) {
		if (!mailer) return;
		const [user] = await db.select().from(users).where(eq(users.id, person));
		if (!user?.email || !user.notifyByMail || user.notifyAfterS === null) return;
		if (took < user.notifyAfterS * 1000) return;
		await mailer.send({
			to: user.email,
			subject,
			text: [
				`${what} after ${inWords(took)}.`,
				'',
				`${origin}${path}`,
				'',
				`You get this because you asked to be told of runs of ${inWords(user.notifyAfterS * 1000)} and more.`,
				`Change that at ${origin}/account`
			].join('\n')
		});
	}

	async function tell(run: Run, { notebook, title, cell }: RunPlace): Promise<void> {
		const word = WORDS[run.state];
		const took = tookMs(run);
		if (!run.by || !word || took === null) return;
		const what = cell === null ? 'A deleted cell' : `Cell ${cell}`;
		const name = plainLine(title) || 'Untitled';
		const subject = `${run.state === 'done' ? '✓' : '✗'} ${name}: ${what.toLowerCase()} ${word}`;
		await mail(run.by.id, took, subject, `${what} of “${name}” ${word}`, `/notebooks/${notebook}`);
	}

	async function tellOfSweep({ sweep, workspaceName, failed, seconds, path }: SweepEnd): Promise<void> {
		if (seconds === null) return;
		const name = plainLine(sweep.title) || 'Untitled';
		const jobs = sweep.points === 1 ? 'the batch job' : `the ${sweep.points} batch jobs`;
		const word =
			failed === 0 ? 'finished' : sweep.points === 1 ? 'failed' : `ended, ${failed} of them with a failure,`;
		const subject = `${failed === 0 ? '✓' : '✗'} ${name}: ${jobs} ${word.replace(/,$/, '')}`;
		const what = `${jobs[0]!.toUpperCase()}${jobs.slice(1)} of “${name}” on ${plainLine(workspaceName)} ${word}`;
		await mail(sweep.createdBy, seconds * 1000, subject, what, path);
	}

	async function tellOfPaper({ paper, check, report, owners }: CheckTurn): Promise<void> {
		if (!mailer) return;
		const title = plainTitle(paper.metadata.title);
		const failed = check.state === 'failed';
		const people = await db.select().from(users).where(inArray(users.id, owners));
		for (const { email, notifyByMail } of people) {
			if (email === null || !notifyByMail) continue;
			await mailer.send({
				to: email,
				subject: failed ? `✗ The example of “${title}” fails` : `✓ The example of “${title}” works again`,
				text: [
					failed
						? `The example of “${title}”, v${check.number}, was run again: ${faultOf(report)}.`
						: `The example of “${title}”, v${check.number}, gives again what it gave.`,
					'',
					`${origin}/papers-check/${paper.slug}`,
					'',
					'You get this because the card is yours and you asked to be told by mail.',
					`Change that at ${origin}/account`
				].join('\n')
			});
		}
	}

	function send(work: Promise<void>, about: object): void {
		const told = work.catch((error: unknown) => logger.warn({ ...about, err: error }, 'a mail was not sent'));
		pending.add(told);
		void told.finally(() => pending.delete(told));
	}

	return {
		ended: (run, place) => send(tell(run, place), { notebook: place.notebook, run: run.id }),
		sweepEnded: (end) => send(tellOfSweep(end), { sweep: end.sweep.id }),
		paperChecked: (turn) => send(tellOfPaper(turn), { paper: turn.paper.id, check: turn.check.id }),
		async settled() {
			await Promise.all(pending);
		},
		read: (caller) => readNotices(db, caller, mailer !== null),
		async write(caller, { email, notifyAfterS, notifyByMail }) {
			await db
				.update(users)
				.set({ email, notifyAfterS, notifyByMail: notifyByMail && email !== null })
				.where(eq(users.id, caller.user.id));
			return readNotices(db, caller, mailer !== null);
		}
	};
}

async function readNotices(
	db: Database,
	{ user }: Caller,
	mail: boolean
): Promise<NoticeSettings & { mail: boolean }> {
	const [row] = await db
		.select({ email: users.email, notifyAfterS: users.notifyAfterS, notifyByMail: users.notifyByMail })
		.from(users)
		.where(eq(users.id, user.id));
	return { email: null, notifyAfterS: null, notifyByMail: false, ...row, mail };
}

/** How long it took, as the kernel's machine measured it, or by our clock where it could not. */
function tookMs({ durationMs, startedAt, finishedAt }: Run): number | null {
	if (durationMs !== null) return durationMs;
	return startedAt !== null && finishedAt !== null ? finishedAt - startedAt : null;
}

function inWords(ms: number): string {
	const seconds = Math.round(ms / 1000);
	if (seconds < 60) return seconds === 1 ? '1 second' : `${seconds} seconds`;
	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) return minutes === 1 ? '1 minute' : `${minutes} minutes`;
	const rest = minutes % 60;
	return `${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${rest} min`}`;
}
