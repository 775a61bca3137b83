/** When an example is to be run again. */
import type { CheckState } from './check.ts';

const DAY_MS = 86_400_000;
/** What was cut says nothing, and is tried again before the next regular time. */
const AGAIN_MS = 3_600_000;
/** The part of the interval by which some come earlier, so that what was set up in one hour is not run in one. */
const SPREAD = 0.1;

export interface DuePaper {
	id: string;
	/** The newest version. */
	latest: number;
	days: number;
	/** The last check that was begun. */
	last: { number: number; state: CheckState; startedAt: Date } | null;
}

/** A time in the past for what was never run. */
export function dueAt({ id, latest, days, last }: DuePaper): Date {
	if (last === null || last.number !== latest) return new Date(0);
	const wait = last.state === 'aborted' ? AGAIN_MS : days * DAY_MS * (1 - SPREAD * partOf(id));
	return new Date(last.startedAt.getTime() + Math.min(wait, days * DAY_MS));
}

/** 0…1, the same for the same paper. */
function partOf(id: string): number {
	let hash = 0;
	for (const letter of id) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
	return (hash % 1000) / 1000;
}
