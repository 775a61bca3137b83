/** Text from elsewhere, made fit for the fields of a paper: no control characters, no more than fits. */
import { PAPER_LIMITS } from './paper.ts';

/** Control characters other than line feed and tab, halves of surrogate pairs, and marks that turn the direction of what follows. */
const UNWANTED = /[^\P{Cc}\n\t]|[\p{Cs}\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** One line: white space is one blank. Undefined when nothing is left. */
export function oneLine(value: unknown, most: number): string | undefined {
	if (typeof value !== 'string' && typeof value !== 'number') return undefined;
	const text = ready(String(value), most).replace(/\s+/g, ' ').trim();
	return clip(text, most) || undefined;
}

/** Paragraphs: lines within one are joined, blank lines stay. Undefined when nothing is left. */
export function paragraphs(value: unknown, most: number): string | undefined {
	if (typeof value !== 'string') return undefined;
	const text = ready(value, most)
		.split(/\n[^\S\n]*\n\s*/)
		.map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
		.filter((paragraph) => paragraph !== '')
		.join('\n\n');
	return clip(text, most) || undefined;
}

/** Markdown as somebody wrote it: its lines stay. Undefined when nothing is left. */
export function markdown(value: unknown, most: number): string | undefined {
	if (typeof value !== 'string') return undefined;
	const lines = ready(value, most)
		.split('\n')
		.map((line) => line.trimEnd());
	return clip(lines.join('\n').trim(), most) || undefined;
}

/** At most `most` characters, never half of a pair; what was cut ends in …. */
export function clip(text: string, most: number): string {
	if (text.length <= most) return text;
	return `${text
		.slice(0, most - 1)
		.replace(/[\ud800-\udbff]$/, '')
		.trimEnd()}…`;
}

function ready(text: string, most: number): string {
	// White space that will be joined may be much of it, hence the room; the rest of an endless text is not looked at.
	return text
		.slice(0, most * 4 + 1_000)
		.replace(/\r\n?/g, '\n')
		.replace(UNWANTED, '')
		.normalize('NFC');
}

/** A value as a list: what may come once or several times. */
export function listOf(value: unknown): unknown[] {
	return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

/** A value as an object whose fields may be anything; anything else has none. */
export function fieldsOf(value: unknown): Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
		? (value as Record<string, unknown>)
		: {};
}

/** An object without the fields that have no value. */
export function compact<T extends object>(fields: T): T {
	return Object.fromEntries(
		Object.entries(fields).filter(
			([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)
		)
	) as T;
}

/** Tags out of what a source calls keywords, subjects or categories: each once, as many as fit. */
export function tagsOf(values: unknown[]): string[] {
	const tags = new Map<string, string>();
	for (const value of values) {
		const tag = oneLine(value, PAPER_LIMITS.tag + 1);
		if (tag === undefined || tag.length > PAPER_LIMITS.tag || /^FOS: /.test(tag)) continue;
		const key = tag.toLocaleLowerCase('en');
		if (!tags.has(key)) tags.set(key, tag);
	}
	return [...tags.values()].slice(0, PAPER_LIMITS.tags);
}

/** The address of a page in its usual spelling; undefined for anything that is none, or holds a password. */
export function webAddress(value: unknown): string | undefined {
	if (typeof value !== 'string' || value.length > PAPER_LIMITS.url || !URL.canParse(value)) return undefined;
	const url = new URL(value);
	const fits = /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
	return fits && url.href.length <= PAPER_LIMITS.url ? url.href : undefined;
}

/** Text whose UTF-8 was taken for Latin-1 on its way (“Ã¼” for “ü”), mended. */
export function mendEncoding(text: string): string {
	if (!/[\u00c2-\u00f4][\u0080-\u00bf]/.test(text) || /[^\u0000-\u00ff]/.test(text)) return text;
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(
			Uint8Array.from(text, (character) => character.charCodeAt(0))
		);
	} catch {
		return text;
	}
}
