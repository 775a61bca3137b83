/** A grid of parameters: what a person types for each, the points it makes, and what their files are called. */
import type { Json } from './json.ts';
import type { Parameter } from './parameters.ts';
import { MOST_POINTS, type SweepPoint } from './sweep.ts';

/** The values typed for one parameter, or what is wrong with them. Nothing typed is no value: the default holds. */
export type TypedValues = { values: Json[]; problem: null } | { values: null; problem: string };

/** Whether the default is text in quotes, so that words and numbers typed for it are text as well. */
export function isText({ text, type }: Parameter): boolean {
	return /^(?:str|String|character)$/.test(type) || /^(?:"[^"]*"|'[^']*')$/.test(text);
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const WORDS: Record<string, Json> = {
	...{ true: true, True: true, TRUE: true, false: false, False: false, FALSE: false },
	...{ null: null, None: null, nothing: null, NULL: null }
};

/**
 * Reads `0.1, 0.2`, `1:10` and `1:10:2` (from, to and with it, step), words, texts in quotes and JSON, separated by commas.
 * `text`: everything but JSON and what is in quotes is text (see `isText`).
 */
export function typedValues(typed: string, { text = false } = {}): TypedValues {
	const values: Json[] = [];
	const parts = partsOf(typed);
	if (parts === null) return wrong('A quotation or a bracket in it is not closed.');
	if (parts.length === 1 && parts[0] === '') return { values, problem: null };
	for (const part of parts) {
		const read = part === '' ? wrong('There is a comma with nothing beside it.') : valuesOf(part, text);
		if (read.problem !== null) return read;
		values.push(...read.values);
		if (values.length > MOST_POINTS) return wrong(`These are more than ${MOST_POINTS} values.`);
	}
	const different = new Set(values.map((value) => JSON.stringify(value)));
	return different.size < values.length ? wrong('A value is there twice.') : { values, problem: null };
}

const wrong = (problem: string): TypedValues => ({ values: null, problem });

function valuesOf(part: string, text: boolean): TypedValues {
	const one = (value: Json): TypedValues => ({ values: [value], problem: null });
	if (/^["[{]/.test(part)) {
		try {
			return one(JSON.parse(part) as Json);
		} catch {
			return wrong(`“${shortened(part)}” is not as JSON has it.`);
		}
	}
	if (part.startsWith("'")) {
		return /^'[^']*'$/.test(part)
			? one(part.slice(1, -1))
			: wrong(`“${shortened(part)}” is no text in quotes.`);
	}
	if (text) return one(part);
	if (NUMBER.test(part)) {
		const value = Number(part);
		const whole = /^[+-]?\d+$/.test(part);
		if (!Number.isFinite(value) || (whole && !Number.isSafeInteger(value)))
			return wrong(`${shortened(part)} is too large a number; in quotes it is sent as text.`);
		return one(value);
	}
	const range = part.split(':').map((each) => each.trim());
	if (range.length > 1 && range.length < 4 && range.every((each) => NUMBER.test(each))) return rangeOf(range);
	return one(Object.hasOwn(WORDS, part) ? WORDS[part]! : part);
}

/** From, to (and with it, where the steps meet it) and step. Counted in decimals, so that 0:1:0.1 has 0.3 in it. */
function rangeOf([from, to, step]: string[]): TypedValues {
	const [first, last] = [Number(from), Number(to)];
	const by = step === undefined ? Math.sign(last - first) || 1 : Number(step);
	if (by === 0) return wrong('The step of a range cannot be 0.');
	const count = Math.floor((last - first) / by + 1e-9) + 1;
	if (count < 1) return wrong(`The steps of ${from}:${to}:${step} lead away from ${to}.`);
	if (count > MOST_POINTS) return wrong(`These are more than ${MOST_POINTS} values.`);
	const digits = Math.max(...[from!, to!, step ?? '1'].map(decimals));
	const at = (n: number): number => {
		const value = first + n * by;
		return digits > 15 ? value : Number(value.toFixed(digits)) + 0;
	};
	return { values: Array.from({ length: count }, (_, n) => at(n)), problem: null };
}

function decimals(text: string): number {
	const [, fraction = '', exponent = '0'] = /^[+-]?\d*\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text)!;
	return Math.max(0, fraction.length - Number(exponent));
}

/** Cut at commas that are in no quotation and no bracket; null where one is not closed. */
function partsOf(typed: string): string[] | null {
	const parts = [''];
	let depth = 0;
	let quote = '';
	for (let at = 0; at < typed.length; at++) {
		const letter = typed[at]!;
		if (quote !== '') {
			if (letter === '\\' && quote === '"') parts[parts.length - 1] += typed[at++]!;
			else if (letter === quote) quote = '';
		} else if (letter === '"' || (letter === "'" && parts.at(-1)!.trim() === '')) quote = letter;
		else if (letter === '[' || letter === '{') depth++;
		else if (letter === ']' || letter === '}') depth--;
		else if (letter === ',' && depth === 0) {
			parts.push('');
			continue;
		}
		parts[parts.length - 1] += typed[at] ?? '';
	}
	return quote !== '' || depth !== 0 ? null : parts.map((part) => part.trim());
}

/** How many points a grid has: the product of how many values each has, where it has any. */
export function pointCount(grid: Record<string, readonly Json[]>): number {
	return Object.values(grid).reduce((product, { length }) => product * Math.max(1, length), 1);
}

/** All points of a grid of at most MOST_POINTS, the last parameter running fastest. A parameter without values is left out. */
export function gridPoints(grid: Record<string, readonly Json[]>): SweepPoint[] {
	const entries = Object.entries(grid).filter(([, values]) => values.length > 0);
	let points: [string, Json][][] = [[]];
	for (const [name, values] of entries) {
		points = points.flatMap((point) => values.map((value): [string, Json][] => [...point, [name, value]]));
	}
	const varied = entries.filter(([, values]) => values.length > 1).map(([name]) => name);
	const width = String(points.length).length;
	return points.map((point, n) => {
		const said = point
			.filter(([name]) => varied.includes(name))
			.map(([name, value]) => `_${fileWord(name)}-${fileWord(valueText(value))}`)
			.join('');
		const number = points.length > 1 ? String(n + 1).padStart(width, '0') : 'run';
		return { name: `${number}${said}`.slice(0, 80), parameters: Object.fromEntries(point) };
	});
}

/** Letters, digits and `_`: `-0.5` is `m0p5`, as people write it in names of files. */
function fileWord(text: string): string {
	const number = NUMBER.test(text) ? text.replace(/-/g, 'm').replace('.', 'p').replace('+', '') : text;
	const word = number
		.normalize('NFKD')
		.replace(/[^A-Za-z0-9]+/g, '_')
		.replace(/^_+|_+$/g, '');
	return word.slice(0, 24) || 'x';
}

/** A value in a table or a sentence: text as it is, all else as JSON. */
export function valueText(value: Json | undefined): string {
	if (value === undefined) return '';
	return typeof value === 'string' ? value : JSON.stringify(value);
}

function shortened(text: string): string {
	return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
