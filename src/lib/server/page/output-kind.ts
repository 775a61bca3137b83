/** What an output of a file is, as far as a page without scripts can show it. */
import type { NbError, NbMimeBundle } from '#lib/model/ipynb/nb-output.ts';
import type { Json } from '#lib/model/json.ts';
import { isBinaryMime } from '#lib/model/output.ts';
import { WIDGET_VIEW_MIME } from '#lib/model/widget.ts';
import { isInteractive, needsFrame, scriptPage } from '#lib/render/html-rules.ts';
import { preferredMime, viewOf } from '#lib/render/mime.ts';

export type OutputKind =
	/** Shown in the page. */
	| { kind: 'picture' | 'html' | 'markdown' | 'latex' | 'json' | 'text' | 'other'; mime: string }
	/** Markup with styles or drawings of its own, at rest: shown in a frame at once. */
	| { kind: 'styled'; mime: string; html: string }
	/** Markup that runs: loaded into a frame on demand, with a picture of it before where the bundle has one. */
	| { kind: 'interactive'; name: string; html: string; still: string | null }
	/** Drawn by a library or a kernel that a page does not have. */
	| { kind: 'absent'; name: string; still: string | null }
	| { kind: 'empty' };

/** Pictures that browsers draw, best first. SVG only as an image, where its scripts and links are dead. */
const PICTURES = [
	...['image/svg+xml', 'image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif', 'image/bmp']
];

const LIBRARIES: [RegExp, string][] = [
	[/^application\/vnd\.plotly\./, 'Plotly figure'],
	[/^application\/vnd\.vega(lite)?\./, 'Vega chart'],
	[/^application\/vnd\.bokehjs_(exec|load)\./, 'Bokeh plot'],
	[/^application\/vnd\.holoviews_(exec|load)\./, 'HoloViews plot'],
	[/^application\/javascript$/, 'script']
];

/** What to make of a MIME bundle. */
export function kindOf(data: NbMimeBundle | null | undefined): OutputKind {
	if (!data) return { kind: 'empty' };
	const still = PICTURES.find((mime) => isPicture(mime, data[mime])) ?? null;
	const library = LIBRARIES.find(([mime]) => Object.keys(data).some((type) => mime.test(type)))?.[1];
	const html = textOf(data['text/html']);
	if (Object.hasOwn(data, WIDGET_VIEW_MIME)) return { kind: 'absent', name: 'widget', still };
	if (html.trim() !== '') {
		if (!needsFrame(html)) return { kind: 'html', mime: 'text/html' };
		if (!isInteractive(html)) return { kind: 'styled', mime: 'text/html', html };
		return { kind: 'interactive', name: library ?? 'interactive output', html, still };
	}
	if (library && library !== 'script') return { kind: 'absent', name: library, still };
	if (still !== null) return { kind: 'picture', mime: still };
	const rest = Object.fromEntries(
		Object.entries(data).filter(
			([mime, value]) => value !== null && mime !== 'text/html' && !mime.startsWith('image/')
		)
	);
	const mime = preferredMime(rest);
	if (mime === null)
		return Object.keys(data).length > 0 ? { kind: 'other', mime: Object.keys(data)[0]! } : { kind: 'empty' };
	if (mime === 'application/javascript') {
		return { kind: 'interactive', name: 'script', html: scriptPage(textOf(rest[mime])), still: null };
	}
	const view = viewOf(mime);
	return {
		kind: view === 'markdown' || view === 'latex' || view === 'json' || view === 'text' ? view : 'other',
		mime
	};
}

/** nbformat text: a string or a list of pieces; nothing where it is anything else. */
export function textOf(value: Json | undefined): string {
	if (typeof value === 'string') return value;
	return Array.isArray(value) ? value.filter((piece) => typeof piece === 'string').join('') : '';
}

/** The lines of a traceback, with terminal colours. */
export function tracebackOf({ traceback }: NbError): string {
	return Array.isArray(traceback) ? traceback.join('\n') : '';
}

/** Base64 of a picture without what does not belong into it. */
export function base64Of(value: Json | undefined): string {
	return textOf(value).replace(/[^A-Za-z0-9+/=]/g, '');
}

function isPicture(mime: string, value: Json | undefined): boolean {
	if (value === undefined) return false;
	return isBinaryMime(mime) ? base64Of(value).length > 16 : /<svg[\s>]/i.test(textOf(value));
}
