/** Pictures of outputs: alternative text, size, and the address or the data they are shown from. */
import type { NbMimeBundle } from '#lib/model/ipynb/nb-output.ts';
import type { JsonObject } from '#lib/model/json.ts';
import { isBinaryMime } from '#lib/model/output.ts';
import { escapeHtml } from '#lib/render/syntax.ts';
import { base64Of, textOf } from './output-kind.ts';
import { pictureSize } from './picture-size.ts';

/** What an `<img>` of an output says. */
export interface PictureWords {
	/** Of the code of its cell: `#| fig-alt: …` of Quarto. */
	source: string;
	/** What the picture is called where nothing says what is on it. */
	name: string;
	/** Where its bytes are served, or null to carry them on the page. */
	url: string | null;
}

/** An `<img>` for one type of a bundle. */
export function pictureHtml(
	mime: string,
	data: NbMimeBundle,
	metadata: JsonObject,
	{ source, name, url }: PictureWords
): string {
	const said = objectOf(metadata[mime]);
	const bytes = pictureBytes(mime, data);
	const own = pictureSize(mime, bytes);
	const width = lengthOf(said.width) ?? lengthOf(metadata.width);
	const height = lengthOf(said.height) ?? lengthOf(metadata.height);
	const size =
		width !== undefined && height === undefined && own
			? { width, height: Math.round((width * own.height) / own.width) }
			: width === undefined && height === undefined
				? (own ?? {})
				: { width, height };
	const attributes = Object.entries(size).flatMap(([key, value]) => (value ? ` ${key}="${value}"` : []));
	const alt = altOf(data, metadata, said, source) ?? name;
	const src = url ?? `data:${mime};base64,${bytes.toString('base64')}`;
	return `<img src="${escapeHtml(src)}" alt="${escapeHtml(alt)}"${attributes.join('')} loading="lazy" decoding="async">`;
}

/** The bytes of a picture in a bundle. */
export function pictureBytes(mime: string, data: NbMimeBundle): Buffer {
	return isBinaryMime(mime) ? Buffer.from(base64Of(data[mime]), 'base64') : Buffer.from(textOf(data[mime]));
}

/** What is on the picture, by whoever said it first; the `<Figure size 640x480>` of a library says nothing. */
function altOf(
	data: NbMimeBundle,
	metadata: JsonObject,
	said: JsonObject,
	source: string
): string | undefined {
	const quarto = /^#\|\s*(?:fig-)?alt:\s*(.+)$/m
		.exec(source)?.[1]
		?.trim()
		.replace(/^(["'])(.*)\1$/, '$2');
	const plain = textOf(data['text/plain']).trim();
	const candidates = [said.alt, metadata.alt, quarto, /^<[^>]*>$/.test(plain) ? undefined : plain];
	const found = candidates.find((text): text is string => typeof text === 'string' && text.trim() !== '');
	return found?.replace(/\s+/g, ' ').trim().slice(0, 300);
}

function objectOf(value: unknown): JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function lengthOf(value: unknown): number | undefined {
	return typeof value === 'number' && value >= 1 && value <= 20_000 ? Math.round(value) : undefined;
}
