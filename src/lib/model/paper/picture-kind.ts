/** What kind of picture some bytes are, by the bytes alone. */

/** Kinds that may lead a card. */
export type PictureKind = 'image/png' | 'image/jpeg' | 'image/webp' | 'image/svg+xml';

/** The most bytes of a picture that is uploaded. */
export const MOST_PICTURE_BYTES = 5_000_000;
/** How far an SVG is read for its root. */
const HEAD = 20_000;

/** Sources: PNG (ISO/IEC 15948), JPEG (ITU T.81), WebP (RFC 9649), SVG 2. Null for anything else. */
export function pictureKind(bytes: Uint8Array): PictureKind | null {
	if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'image/png';
	if (startsWith(bytes, [0xff, 0xd8, 0xff])) return 'image/jpeg';
	if (latin(bytes, 0, 4) === 'RIFF' && latin(bytes, 8, 12) === 'WEBP') return 'image/webp';
	return isSvg(bytes) ? 'image/svg+xml' : null;
}

/** An XML document whose root is `svg`, in UTF-8. */
function isSvg(bytes: Uint8Array): boolean {
	const text = new TextDecoder().decode(bytes.subarray(0, HEAD)).replace(/^\ufeff/, '');
	const prolog = /^(?:\s+|<\?[^>]*\?>|<!--[^]*?-->|<!DOCTYPE\s+svg\b[^>[]*(?:\[[^\]]*\]\s*)?>)*/i.exec(
		text
	)![0];
	return /^<(?:svg:)?svg[\s/>]/.test(text.slice(prolog.length));
}

function startsWith(bytes: Uint8Array, wanted: number[]): boolean {
	return wanted.every((byte, at) => bytes[at] === byte);
}

function latin(bytes: Uint8Array, from: number, to: number): string {
	return String.fromCharCode(...bytes.subarray(from, to));
}
