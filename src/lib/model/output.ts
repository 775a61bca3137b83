import type { Json, JsonObject } from './json.ts';
import type { Cursor } from './terminal.ts';

/** A large or binary value kept outside the document: SHA-256 (hex) of the bytes, their count, their MIME type. */
export interface BlobRef {
	blob: string;
	size: number;
	mime: string;
}

/** One value of a MIME bundle: text or JSON as in nbformat, or a reference. Binary MIME types are always references. */
export type MimeValue = Json | BlobRef;
export type MimeBundle = Record<string, MimeValue>;

/**
 * What a cell may show, as in nbformat 4.5 (`output_type`), with two additions for life on screen:
 * a long stream keeps only head and tail, with `omitted` characters between them; head and middle are kept outside the
 * document under its `id`, and hold `lines` line breaks. A display remembers the `displayId` by which later messages
 * may update it.
 */
export type Output =
	| {
			type: 'stream';
			name: 'stdout' | 'stderr';
			text: string;
			tail?: string;
			omitted?: number;
			id?: string;
			lines?: number;
			/** Where the kernel's next character goes, when not at the end. */
			cursor?: Cursor;
	  }
	| {
			type: 'display_data';
			data: MimeBundle;
			metadata: JsonObject;
			displayId?: string;
	  }
	| {
			type: 'execute_result';
			data: MimeBundle;
			metadata: JsonObject;
			executionCount: number | null;
			displayId?: string;
	  }
	| { type: 'error'; ename: string; evalue: string; traceback: string[] }
	/** Said by us, not by the kernel: output that was dropped, a kernel that died. */
	| { type: 'notice'; level: 'info' | 'warning' | 'error'; text: string };

/** True where a MIME value is a reference to a blob. */
export function isBlobRef(value: MimeValue | undefined): value is BlobRef {
	return (
		typeof value === 'object' &&
		value !== null &&
		!Array.isArray(value) &&
		typeof (value as Record<string, unknown>).blob === 'string' &&
		typeof (value as Record<string, unknown>).size === 'number' &&
		typeof (value as Record<string, unknown>).mime === 'string'
	);
}

/** Values above this many bytes are kept as blobs. */
export const INLINE_LIMIT_BYTES = 32 * 1024;

/** True for MIME types whose nbformat value is base64 text. SVG is text. */
export function isBinaryMime(mime: string): boolean {
	return (
		(/^(image|audio|video|font)\//.test(mime) && !mime.endsWith('+xml')) ||
		mime === 'application/pdf' ||
		mime === 'application/octet-stream'
	);
}

/** True for MIME types whose nbformat value is JSON (not text). */
export function isJsonMime(mime: string): boolean {
	return mime === 'application/json' || /^application\/.*\+json$/.test(mime);
}
