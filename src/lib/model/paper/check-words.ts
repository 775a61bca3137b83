/** How checks of an example are told. */
import type { CheckReport, PaperCheck } from './check.ts';

/** What a card says of its example. */
export interface Health {
	state: 'verified' | 'failed';
	/** When the check ended, ISO 8601. */
	at: string;
	/** One sentence without its full stop. */
	words: string;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
	['year', 31_557_600],
	['month', 2_629_800],
	['week', 604_800],
	['day', 86_400],
	['hour', 3600],
	['minute', 60]
];
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** Whether an example that was run gives what it gave. */
export function verdict({ words: stopped, cells }: CheckReport): 'verified' | 'failed' {
	const bad = cells.some(({ outcome }) => outcome === 'different' || outcome === 'error');
	return bad || stopped !== '' ? 'failed' : 'verified';
}

/** What the newest check that came to an end says; null for one that did not. */
export function healthOf(check: PaperCheck, now: Date): Health | null {
	const { state, finishedAt, report } = check;
	if ((state !== 'verified' && state !== 'failed') || finishedAt === null || report === null) return null;
	const ago = since(new Date(finishedAt), now);
	if (state === 'failed') return { state, at: finishedAt, words: `Failed ${ago}: ${faultOf(report)}` };
	const compared = report.cells.some(({ outcome }) => outcome === 'same');
	const verb = compared ? `Verified ${ago}` : `Ran to its end ${ago}, without an output to compare`;
	return { state, at: finishedAt, words: `${verb}, ${tookOf(report)}` };
}

/** `cell 4 gives other numbers and 2 more`, or why it did not come to its end. */
export function faultOf({ words: stopped, cells }: CheckReport): string {
	const bad = cells.filter(({ outcome }) => outcome === 'different' || outcome === 'error');
	const first = bad[0];
	if (first === undefined) return stopped.replace(/\.$/, '').replace(/^./, (letter) => letter.toLowerCase());
	const more =
		bad.length === 1 ? '' : bad.length === 2 ? ', one more differs' : `, ${bad.length - 1} more differ`;
	return `cell ${first.index + 1} ${first.words.split(':')[0]!}${more}`;
}

/** `41 s on one CPU`. */
export function tookOf({ seconds, cpus }: Pick<CheckReport, 'seconds' | 'cpus'>): string {
	const took = timeWords(seconds);
	if (cpus === null) return took;
	return cpus === 1 ? `${took} on one CPU` : `${took} on ${cpus} CPUs`;
}

/** `2 days ago`. */
export function since(at: Date, now: Date): string {
	const seconds = Math.min(0, (at.getTime() - now.getTime()) / 1000);
	const step = STEPS.find(([, size]) => -seconds >= size);
	return step ? words.format(Math.ceil(seconds / step[1]), step[0]) : 'just now';
}

function timeWords(seconds: number): string {
	if (seconds < 10) return `${Math.max(0.1, seconds).toFixed(1)} s`;
	if (seconds < 100) return `${Math.round(seconds)} s`;
	return `${Math.round(seconds / 60)} min`;
}
