/** Whether a code cell that was run again shows what it showed. */
import { Parser } from 'htmlparser2';
import type { NbDisplayData, NbExecuteResult, NbOutput } from '../ipynb/nb-output.ts';
import type { Json } from '../json.ts';
import type { CheckedCell } from './check.ts';
import { textDifference } from './compare-text.ts';
import { PICTURE_THRESHOLD } from './picture-difference.ts';

/** How different two PNG files are, 0…1 (picture-difference.ts); null where one cannot be read. Base64. */
export type ComparePictures = (before: string, after: string) => number | null;

export interface Comparison extends Pick<CheckedCell, 'outcome' | 'words'> {
	/** Places among `before` and `after` of pictures that are others. */
	pictures: { before: number; after: number }[];
}

type Shown = NbDisplayData | NbExecuteResult;
type Verdict = { words: string; picture?: boolean } | 'same' | 'unknown';

/** Types whose text is what people read, the best first. What a program draws from (widgets, scripts) is none of them. */
const TEXTS = ['text/latex', 'text/markdown', 'application/json', 'text/plain'];
/** The text beside a picture or a widget only says what it is. */
const DRAWN = /^(image\/|application\/vnd\.|application\/javascript|text\/vnd\.)/;
const MOST_OF_ERROR = 200;

/**
 * `before` are the outputs of the version, `after` those of now. Looked at are what is printed on standard output, tables,
 * texts and pictures, one after the other, and errors. Not looked at is standard error, where warnings and progress go.
 */
export function compareOutputs(
	before: NbOutput[],
	after: NbOutput[],
	comparePictures: ComparePictures
): Comparison {
	const [oldError, error] = [errorOf(before), errorOf(after)];
	if (error !== null && oldError === null)
		return { outcome: 'error', words: `ends with an error: ${error}`, pictures: [] };
	if (error === null && oldError !== null)
		return different(`ends without the error it had: it was ${oldError}`);
	if (error !== null && nameOf(error) !== nameOf(oldError!))
		return different(`ends with another error: ${error}, and it was ${oldError}`);

	const printed = textDifference(printedOf(before), printedOf(after));
	if (printed !== null) return different(printed);
	const [old, now] = [shownOf(before), shownOf(after)];
	if (old.length !== now.length)
		return different(`shows other outputs: ${now.length}, and it was ${old.length}`);

	const verdicts = now.map(({ output }, at) => compareShown(old[at]!.output, output, comparePictures));
	const faults = verdicts.filter((verdict) => typeof verdict === 'object');
	const pictures = now.flatMap(({ place }, at) => {
		const verdict = verdicts[at]!;
		const isOther = typeof verdict === 'object' && verdict.picture === true;
		return isOther ? [{ before: old[at]!.place, after: place }] : [];
	});
	if (faults.length > 0) return { outcome: 'different', words: faults[0]!.words, pictures };
	const compared = verdicts.includes('same') || printedOf(before).trim() !== '' || error !== null;
	return { outcome: compared ? 'same' : 'unknown', words: '', pictures: [] };
}

function different(words: string): Comparison {
	return { outcome: 'different', words, pictures: [] };
}

function compareShown(before: Shown, after: Shown, comparePictures: ComparePictures): Verdict {
	const [old, now] = [before.data, after.data];
	const both = (type: string): boolean => Object.hasOwn(old, type) && Object.hasOwn(now, type);
	if (both('image/png')) {
		const apart = comparePictures(joined(old['image/png']!), joined(now['image/png']!));
		if (apart === null) return 'unknown';
		return apart <= PICTURE_THRESHOLD ? 'same' : { words: 'shows another picture', picture: true };
	}
	if (both('text/html')) {
		const [oldText, newText] = [htmlText(joined(old['text/html']!)), htmlText(joined(now['text/html']!))];
		if (oldText !== '' || newText !== '') return asVerdict(textDifference(oldText, newText));
	}
	const drawn = [...Object.keys(old), ...Object.keys(now)].some((type) => DRAWN.test(type));
	const type = TEXTS.find((one) => both(one) && !(drawn && one === 'text/plain'));
	if (type === undefined) return 'unknown';
	return asVerdict(textDifference(textOf(old[type]!, type), textOf(now[type]!, type)));
}

function asVerdict(words: string | null): Verdict {
	return words === null ? 'same' : { words };
}

function shownOf(outputs: NbOutput[]): { output: Shown; place: number }[] {
	return outputs.flatMap((output, place) =>
		output.output_type === 'display_data' || output.output_type === 'execute_result'
			? [{ output, place }]
			: []
	);
}

function printedOf(outputs: NbOutput[]): string {
	return outputs
		.map((output) => (output.output_type === 'stream' && output.name !== 'stderr' ? joined(output.text) : ''))
		.join('');
}

/** `ValueError: what it says`; null without one. */
function errorOf(outputs: NbOutput[]): string | null {
	const error = outputs.find((output) => output.output_type === 'error');
	if (error === undefined) return null;
	const line = `${error.ename}: ${error.evalue.split('\n')[0] ?? ''}`;
	return line.length > MOST_OF_ERROR ? `${line.slice(0, MOST_OF_ERROR - 1)}…` : line;
}

function nameOf(error: string): string {
	return error.split(':')[0]!;
}

function textOf(value: Json, type: string): string {
	return type === 'application/json' ? JSON.stringify(value, null, 1) : joined(value);
}

function joined(value: Json): string {
	return Array.isArray(value) ? value.join('') : typeof value === 'string' ? value : JSON.stringify(value);
}

/** What is read of HTML: a line for each row and block, without scripts and styles. */
function htmlText(html: string): string {
	let text = '';
	let hidden = 0;
	const parser = new Parser({
		onopentag(name) {
			if (name === 'script' || name === 'style') hidden += 1;
			else if (name === 'td' || name === 'th') text += '\t';
			else if (/^(tr|p|div|li|br|h[1-6]|pre)$/.test(name)) text += '\n';
		},
		ontext(part) {
			// what is beside the cells of a table is lay-out
			if (hidden === 0) text += part.replace(/\s+/g, ' ');
		},
		onclosetag(name) {
			if (name === 'script' || name === 'style') hidden -= 1;
		}
	});
	parser.end(html);
	return text.trim();
}
