import { isJsonMime, type MimeBundle } from '#lib/model/output.ts';
import { WIDGET_VIEW_MIME } from '#lib/model/widget.ts';

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
export type View = 'widget' | 'html' | 'markdown' | 'latex' | 'image' | 'json' | 'script' | 'text' | 'other';

/**
 * The type of a bundle that is shown, or null for an empty bundle. A widget is shown where its model is there; else the
 * picture or text beside it is.
 */
export function preferredMime(
	bundle: MimeBundle,
	hasModel: (id: string) => boolean = () => false
): string | null {
	const types = Object.keys(bundle);
	const model = modelOf(bundle);
	if (model !== null && hasModel(model)) return WIDGET_VIEW_MIME;
	const known = ORDER.find((mime) => types.includes(mime));
	if (known) return known;
	return types.find((mime) => mime.startsWith('image/')) ?? types.find(isJsonMime) ?? types[0] ?? null;
}

/** The id of the model that a bundle shows, or null. */
export function modelOf(bundle: MimeBundle): string | null {
	const view = bundle[WIDGET_VIEW_MIME];
	if (typeof view !== 'object' || view === null || !('model_id' in view)) return null;
	return typeof view.model_id === 'string' ? view.model_id : null;
}

export function viewOf(mime: string): View {
	if (mime === WIDGET_VIEW_MIME) return 'widget';
	if (mime === 'text/html') return 'html';
	if (mime === 'text/markdown') return 'markdown';
	if (mime === 'text/latex') return 'latex';
	if (mime === 'application/javascript') return 'script';
	if (mime.startsWith('image/')) return 'image';
	if (isJsonMime(mime)) return 'json';
	return mime.startsWith('text/') ? 'text' : 'other';
}
