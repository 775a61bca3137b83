/** Numbers for the authors of a card. */

export const COUNT_KINDS = ['view', 'run', 'fork'] as const;
export type CountKind = (typeof COUNT_KINDS)[number];

export interface DayCount {
	/** Of the version. */
	number: number;
	/** UTC, `2026-11-24`. */
	day: string;
	kind: CountKind;
	n: number;
}

export interface PaperNumbers {
	/** Days with at least one, the oldest first. */
	days: DayCount[];
}

export type Sums = Record<CountKind, number>;

/** All days together, by version, the newest first. */
export function byVersion({ days }: PaperNumbers): (Sums & { number: number })[] {
	const sums = new Map<number, Sums>();
	for (const { number, kind, n } of days) {
		const sum = sums.get(number) ?? none();
		sum[kind] += n;
		sums.set(number, sum);
	}
	return [...sums].map(([number, sum]) => ({ number, ...sum })).sort((a, b) => b.number - a.number);
}

/** The last `weeks` weeks, which begin on Mondays (UTC), the oldest first. */
export function byWeek({ days }: PaperNumbers, now: Date, weeks: number): (Sums & { monday: string })[] {
	const last = mondayOf(now.toISOString().slice(0, 10));
	const rows = Array.from({ length: weeks }, (_, at) => ({
		monday: shifted(last, 7 * (at - weeks + 1)),
		...none()
	}));
	const places = new Map(rows.map((row) => [row.monday, row]));
	for (const { day, kind, n } of days) {
		const row = places.get(mondayOf(day));
		if (row) row[kind] += n;
	}
	return rows;
}

function none(): Sums {
	return { view: 0, run: 0, fork: 0 };
}

function mondayOf(day: string): string {
	return shifted(day, -((new Date(`${day}T00:00Z`).getUTCDay() + 6) % 7));
}

function shifted(day: string, by: number): string {
	return new Date(Date.parse(`${day}T00:00Z`) + by * 86_400_000).toISOString().slice(0, 10);
}
