import type { Json } from '../json.ts';
import { notebookFault, placeText } from './fault.ts';
import { JsonScanner, JsonTextFault } from './json-scan.ts';
import { LIMITS, WARNINGS_SHOWN } from './limits.ts';

/**
 * A notebook file as JSON, with warnings about keys that stand twice and whole numbers that are not held exactly.
 * Size and depth are checked before anything is built. Throws `ProblemError` (400, `notebook-invalid`) with line and
 * column. NaN and Infinity, which Python writes, are refused: they are not JSON (RFC 8259).
 */
export function parseNotebookText(text: string): { value: Json; warnings: string[] } {
	if (utf8LengthIsOver(text, LIMITS.bytes)) {
		throw notebookFault(
			`It is larger than ${LIMITS.bytes / 1e6} MB.`,
			'Remove large outputs from the notebook (in Jupyter: Edit, Clear Outputs) and import it again.'
		);
	}
	const found: string[] = [];
	let more = 0;
	const note = (message: string, offset: number) => {
		if (found.length < WARNINGS_SHOWN) found.push(`${message} (${placeText(text, offset)}).`);
		else more += 1;
	};
	const scanner = new JsonScanner(text, LIMITS.depth, LIMITS.nests, {
		duplicateKey: (key, offset) =>
			note(`The key ${JSON.stringify(key.slice(0, 80))} stands twice in the same place; the last one was taken`, offset), // prettier-ignore
		inexactNumber: (number, offset) =>
			note(`The number ${number.slice(0, 40)} has too many digits and was rounded`, offset)
	});
	try {
		scanner.document();
	} catch (error) {
		if (!(error instanceof JsonTextFault)) throw error;
		if (/^\s*<(!doctype|html)/i.test(text)) {
			throw notebookFault(
				'It is a web page (HTML).',
				'Download the notebook file itself: on GitHub use "Raw" or "Download raw file".'
			);
		}
		throw notebookFault(`${placeText(text, error.offset)}: ${error.message}.`, undefined, error);
	}
	if (more > 0) found.push(`${more} more keys or numbers of that kind were found.`);
	return { value: JSON.parse(text) as Json, warnings: found };
}

/** True where the UTF-8 form of a text has more than `limit` bytes. */
function utf8LengthIsOver(text: string, limit: number): boolean {
	if (text.length > limit) return true;
	if (text.length * 3 <= limit) return false;
	let length = text.length;
	for (let at = 0; at < text.length && length <= limit; at += 1) {
		const unit = text.charCodeAt(at);
		if (unit >= 0x80) length += unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
	}
	return length > limit;
}
