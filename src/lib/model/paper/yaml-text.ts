/** YAML out of files that strangers wrote: no types but those of JSON, no long chains of aliases, a limit on the size. */
import { LineCounter, parseDocument } from 'yaml';

const MOST = 256 * 1024;
const ALIASES = 100;

/** What the text stands for, or what is wrong with it and where. Dates stay text. */
export function readYaml(text: string): { value: unknown } | { fault: string } {
	if (text.length > MOST) return { fault: `It has more than ${MOST / 1024} kB.` };
	const lines = new LineCounter();
	const document = parseDocument(text, {
		schema: 'core',
		lineCounter: lines,
		logLevel: 'silent',
		prettyErrors: false
	});
	const [error] = document.errors;
	if (error) return { fault: `Line ${lines.linePos(error.pos[0]).line} is no YAML: ${error.message}` };
	try {
		return { value: document.toJS({ maxAliasCount: ALIASES }) };
	} catch (error) {
		return { fault: `It cannot be read: ${(error as Error).message}` };
	}
}

/** A date that YAML left as text, or a year that it took for a number. */
export function dateText(value: unknown): string | undefined {
	const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
	const [, iso] = /^(\d{4}(?:-\d{2}(?:-\d{2})?)?)(?:$|[T ])/.exec(text) ?? [];
	if (iso !== undefined) return iso;
	const [, year, month, day] = /^(\d{4})[/.](\d{1,2})(?:[/.](\d{1,2}))?$/.exec(text) ?? [];
	if (year !== undefined)
		return [year, ...[month, day].flatMap((part) => part?.padStart(2, '0') ?? [])].join('-');
	// “4 January 2025”, “Jan 4, 2025”
	if (!/^[\p{L}\d .,]{6,30}$/u.test(text) || !/\p{L}{3}/u.test(text) || !/\b\d{4}\b/.test(text))
		return undefined;
	const time = Date.parse(`${text} UTC`);
	if (Number.isNaN(time)) return undefined;
	const whole = new Date(time).toISOString().slice(0, 10);
	return /^\p{L}+\.?,? \d{4}$/u.test(text) ? whole.slice(0, 7) : whole;
}
