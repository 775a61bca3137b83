/** The points of a sweep as its page arranges them: the values there are, what is shown, in which order, in which field. */
import type { Json } from '#lib/model/json.ts';
import { valueText } from '#lib/model/parameter-grid.ts';
import type { PointState, PointStatus, SweepStatus } from '#lib/model/sweep.ts';
import { duration } from './render/words.ts';

export interface ParameterValues {
	name: string;
	/** `key` is the JSON of a value; in order, numbers by size. */
	values: { key: string; text: string }[];
}

const keyOf = (value: Json | undefined): string => (value === undefined ? '' : JSON.stringify(value));

/** The parameters of the points, in order, each with all values it has. */
export function parameterValues(points: readonly PointStatus[]): ParameterValues[] {
	const found = new Map<string, Map<string, Json>>();
	for (const { parameters } of points) {
		for (const [name, value] of Object.entries(parameters)) {
			const values = found.get(name) ?? new Map<string, Json>();
			found.set(name, values.set(keyOf(value), value));
		}
	}
	return [...found].map(([name, values]) => ({
		name,
		values: [...values]
			.sort(([, a], [, b]) => compareValues(a, b))
			.map(([key, value]) => ({ key, text: valueText(value) }))
	}));
}

/** Numbers by size, before all else, which goes by its text. */
export function compareValues(a: Json | undefined, b: Json | undefined): number {
	if (typeof a === 'number' && typeof b === 'number') return a - b;
	if (typeof a === 'number') return -1;
	if (typeof b === 'number') return 1;
	return valueText(a).localeCompare(valueText(b), 'en', { numeric: true });
}

/** By the name of a parameter the keys of the values that are shown; one that is not in it shows all. */
export type Filter = Record<string, readonly string[]>;

/** Switch a value on or off. With none left all are shown. */
export function toggled(filter: Filter, name: string, key: string): Filter {
	const { [name]: now = [], ...rest } = filter;
	const next = now.includes(key) ? now.filter((other) => other !== key) : [...now, key];
	return next.length > 0 ? { ...rest, [name]: next } : rest;
}

export function filtered(points: readonly PointStatus[], filter: Filter): PointStatus[] {
	return points.filter(({ parameters }) =>
		Object.entries(filter).every(([name, keys]) => keys.includes(keyOf(parameters[name])))
	);
}

/** A column of the table: a parameter (`=name`), or one of the others. */
export type Column = `=${string}` | 'state' | 'node' | 'duration';
export interface Order {
	by: Column;
	descending: boolean;
}

const STATES: PointState[] = ['failed', 'ended', 'held', 'running', 'queued', 'waiting', 'done'];

export function sorted(points: readonly PointStatus[], order: Order | null, now: number): PointStatus[] {
	if (order === null) return [...points];
	const { by, descending } = order;
	const compare = (a: PointStatus, b: PointStatus): number => {
		if (by === 'state') return STATES.indexOf(a.state) - STATES.indexOf(b.state);
		if (by === 'node') return a.node.localeCompare(b.node, 'en', { numeric: true });
		if (by === 'duration') return (secondsOf(a, now) ?? -1) - (secondsOf(b, now) ?? -1);
		return compareValues(a.parameters[by.slice(1)], b.parameters[by.slice(1)]);
	};
	return [...points].sort((a, b) => (descending ? compare(b, a) : compare(a, b)));
}

/** The points at one value of each of two parameters; a name that is empty takes all. */
export function cell(
	points: readonly PointStatus[],
	[row, column]: [string, string],
	[rowKey, columnKey]: [string, string]
): PointStatus[] {
	return points.filter(
		({ parameters }) =>
			(row === '' || keyOf(parameters[row]) === rowKey) &&
			(column === '' || keyOf(parameters[column]) === columnKey)
	);
}

/** How long a point took or takes, in seconds; null before it runs. `now` in seconds since 1970. */
export function secondsOf({ started, finished }: PointStatus, now: number): number | null {
	return started === null ? null : Math.max(0, (finished ?? now) - started);
}

export function durationWords(point: PointStatus, now: number): string {
	const seconds = secondsOf(point, now);
	return seconds === null ? '' : duration(seconds * 1000);
}

/** As StateMark has them. */
export const POINT_TONES: Record<PointState, 'idle' | 'busy' | 'ok' | 'warning' | 'failed'> = {
	waiting: 'idle',
	queued: 'busy',
	held: 'warning',
	running: 'busy',
	done: 'ok',
	failed: 'failed',
	ended: 'failed'
};

const WORDS: Record<PointState, string> = {
	...{ waiting: 'not handed in yet', queued: 'in the queue', held: 'held', running: 'running' },
	...{ done: 'done', failed: 'failed', ended: 'job ended' }
};

/** "running, cell 3 of 7". */
export function stateWords({ state, cells }: PointStatus): string {
	return state === 'running' && cells !== null
		? `running, ${cells.done} of ${cells.all} cells`
		: WORDS[state];
}

/** "7 done, 2 running, 3 in the queue". */
export function sumWords({ points }: SweepStatus): string {
	const counted = (['done', 'failed', 'ended', 'running', 'held', 'queued', 'waiting'] as const)
		.map((state) => [points.filter((point) => point.state === state).length, WORDS[state]] as const)
		.filter(([count]) => count > 0);
	return counted.map(([count, word]) => `${count} ${word}`).join(', ');
}

/** How much of it is over, 0 … 1; running jobs count by their cells. */
export function partOver({ points }: SweepStatus): number {
	const sum = points.reduce((total, { state, cells }) => {
		if (state === 'done' || state === 'failed' || state === 'ended') return total + 1;
		return total + (state === 'running' && cells && cells.all > 0 ? cells.done / cells.all : 0);
	}, 0);
	return points.length === 0 ? 1 : sum / points.length;
}
