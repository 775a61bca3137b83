/**
 * Whether two texts that a program has printed say the same. Numbers may differ by what arithmetic on another machine
 * makes of them; what is another at each run by its nature is no difference:
 *
 * - colours of a terminal, and spaces: how many, and at the end of a line
 * - lines written over (carriage returns), of which the last counts, and bars of progress (tqdm)
 * - times: `CPU times:`, `Wall time:`, `… per loop`, dates and times of day as in ISO 8601
 * - addresses of objects (`0x…`), UUIDs, paths of temporary files and of the kernel's own cells
 */

/** Two numbers that differ by less than this part of the larger one are the same. */
export const RELATIVE = 1e-6;
/** What is this near to zero is zero: the rest of a sum that should have none. */
export const ABSOLUTE = 1e-12;

const COLOURS = /\u001b\[[0-9;?]*[A-Za-z]/g;
const DROPPED = [
	/^\s*CPU times:/,
	/^\s*Wall time:/,
	/^\s*Compiler\s*:/,
	/\bper loop\b.*\bruns?\b/,
	/(?<!\d)\d+%\|.*\|/,
	/(?<![\d?.])[\d?.]+\s?(it|s|B|kB|MB)\/(s|it)\b/
];
const MOVING: [RegExp, string][] = [
	[/\b0x[0-9a-f]+\b/gi, '0x…'],
	[/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, 'UUID'],
	[/(?:\/private)?\/(?:var\/folders|var\/tmp|tmp|dev\/shm)\/[^\s'",:;)\]}>]*/g, '/tmp/…'],
	[/\bipykernel_\d+\b/g, 'ipykernel'],
	[/\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?!\d)/g, 'DATE'],
	[/\b\d{2}:\d{2}:\d{2}(?:[.,]\d+)?\b/g, 'TIME']
];
const NUMBER = /(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/gi;
/** Characters that are looked at. */
const MOST = 4_000_000;
/** Of what is shown of a line. */
const MOST_SHOWN = 80;

/** What is different in `after`, as CheckedCell.words; null where nothing is. */
export function textDifference(before: string, after: string): string | null {
	const [old, now] = [steadyLines(before), steadyLines(after)];
	for (let at = 0; at < Math.min(old.length, now.length); at++) {
		const found = lineDifference(old[at]!, now[at]!);
		if (found === null) continue;
		// an inserted line is told by its number, a changed one by what it says
		if (found === 'text' && old.length !== now.length) break;
		const words = found === 'numbers' ? 'gives other numbers' : 'gives another text';
		return `${words}: “${shown(now[at]!)}”, and it was “${shown(old[at]!)}”`;
	}
	if (old.length === now.length) return null;
	return `gives another text: ${lines(now.length)}, and it was ${lines(old.length)}`;
}

/** The lines that should be the same at each run. */
export function steadyLines(text: string): string[] {
	const kept = text
		.slice(0, MOST)
		.replace(COLOURS, '')
		.replaceAll('\r\n', '\n')
		.split('\n')
		.map(lastWritten)
		.filter((line) => !DROPPED.some((pattern) => pattern.test(line)))
		.map((line) => MOVING.reduce((now, [pattern, name]) => now.replace(pattern, name), line))
		.map((line) => line.replace(/\s+/g, ' ').trim());
	// where lines were dropped, what was between them says nothing
	return kept.filter((line) => line !== '');
}

/** Of a line that was written over and over, what is on the screen at the end. */
function lastWritten(line: string): string {
	return line.split('\r').findLast((part) => part !== '') ?? '';
}

function lineDifference(before: string, after: string): 'numbers' | 'text' | null {
	if (before === after) return null;
	const [old, now] = [numbersOf(before), numbersOf(after)];
	// the spaces of a column go with the sign and the length of what stands in it
	const [oldWords, newWords] = [before, after].map((line) => line.replace(NUMBER, '#').replace(/\s+/g, ''));
	if (oldWords !== newWords) return 'text';
	return old.every((number, at) => sameNumber(number, now[at]!)) ? null : 'numbers';
}

function numbersOf(line: string): string[] {
	return line.match(NUMBER) ?? [];
}

/** Counts are the same or not; measured and computed numbers are so within the tolerance. */
export function sameNumber(before: string, after: string): boolean {
	const [old, now] = [Number(before), Number(after)];
	if (isCount(before) && isCount(after)) return old === now;
	const apart = Math.abs(old - now);
	return apart <= ABSOLUTE || apart <= RELATIVE * Math.max(Math.abs(old), Math.abs(now)) || old === now;
}

function isCount(text: string): boolean {
	return /^[-+]?\d+$/.test(text);
}

function shown(line: string): string {
	return line.length > MOST_SHOWN ? `${line.slice(0, MOST_SHOWN - 1)}…` : line;
}

function lines(count: number): string {
	return count === 0 ? 'nothing' : count === 1 ? 'one line' : `${count} lines`;
}
