import { isJsonMime, type MimeBundle } from '#lib/model/output.ts';

/** Richest first, as JupyterLab ranks its renderers. */
const ORDER = [
	'text/html',
	'text/markdown',
	'text/latex',
	'image/svg+xml',
	'image/png',
	'image/jpeg',
	'image/gif',
	'image/webp',
	'image/bmp',
	'image/avif',
	'application/json',
	'application/javascript',
	'text/plain'
];

/** How a MIME type is shown. */
export type View = 'html' | 'markdown' | 'latex' | 'image' | 'json' | 'script' | 'text' | 'other';

/** The type of a bundle that is shown, or null for an empty bundle. */
export function preferredMime(bundle: MimeBundle): string | null {
	const types = Object.keys(bundle);
	// Widgets need their kernel side: until that exists the picture or text beside them is the honest thing to show.
	const known = ORDER.find((mime) => types.includes(mime));
	if (known) return known;
	return types.find((mime) => mime.startsWith('image/')) ?? types.find(isJsonMime) ?? types[0] ?? null;
}

export function viewOf(mime: string): View {
	if (mime === 'text/html') return 'html';
	if (mime === 'text/markdown') return 'markdown';
	if (mime === 'text/latex') return 'latex';
	if (mime === 'application/javascript') return 'script';
	if (mime.startsWith('image/')) return 'image';
	if (isJsonMime(mime)) return 'json';
	return mime.startsWith('text/') ? 'text' : 'other';
}
