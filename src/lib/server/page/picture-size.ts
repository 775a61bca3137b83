/** Width and height of a picture by its first bytes, so that a page keeps its place while pictures load. */

export interface Size {
	width: number;
	height: number;
}

/** In CSS pixels, or null where the bytes do not say. Sources: PNG (ISO/IEC 15948), GIF89a, JPEG (ITU T.81), WebP (RFC 9649), SVG 2. */
export function pictureSize(mime: string, bytes: Buffer): Size | null {
	const size = read(mime, bytes);
	return size && size.width >= 1 && size.height >= 1 && size.width <= 20_000 && size.height <= 20_000
		? size
		: null;
}

function read(mime: string, bytes: Buffer): Size | null {
	if (mime === 'image/png' && bytes.length >= 24 && bytes.toString('latin1', 1, 4) === 'PNG') {
		return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
	}
	if (mime === 'image/gif' && bytes.length >= 10 && bytes.toString('latin1', 0, 3) === 'GIF') {
		return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
	}
	if (mime === 'image/jpeg') return jpeg(bytes);
	if (mime === 'image/webp') return webp(bytes);
	return mime === 'image/svg+xml' ? svg(bytes.toString('utf8', 0, 20_000)) : null;
}

/** The first frame header among the segments. */
function jpeg(bytes: Buffer): Size | null {
	for (let at = 2; at + 9 < bytes.length;) {
		if (bytes[at] !== 0xff) return null;
		const marker = bytes[at + 1]!;
		const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
		if (frame) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
		at += 2 + bytes.readUInt16BE(at + 2);
	}
	return null;
}

/** The first chunk: one of lossy, of lossless, or of extended files. */
function webp(bytes: Buffer): Size | null {
	if (bytes.length < 30 || bytes.toString('latin1', 0, 4) !== 'RIFF') return null;
	const chunk = bytes.toString('latin1', 12, 16);
	if (chunk === 'VP8 ')
		return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
	if (chunk === 'VP8L') {
		const bits = bytes.readUInt32LE(21);
		return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
	}
	if (chunk !== 'VP8X') return null;
	return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
}

const UNITS: Record<string, number> = { '': 1, px: 1, pt: 4 / 3, in: 96, cm: 96 / 2.54, mm: 96 / 25.4 };

function svg(text: string): Size | null {
	const tag = /<svg\b[^>]*>/i.exec(text)?.[0];
	if (tag === undefined) return null;
	const length = (name: string): number | null => {
		const said = new RegExp(`\\s${name}\\s*=\\s*["']\\s*([\\d.]+)\\s*([a-z]*)\\s*["']`).exec(tag);
		const unit = said && UNITS[said[2]!];
		return unit ? Math.round(Number(said[1]) * unit) : null;
	};
	const [width, height] = [length('width'), length('height')];
	if (width !== null && height !== null) return { width, height };
	const box = /\sviewBox\s*=\s*["']([^"']*)["']/
		.exec(tag)?.[1]
		?.trim()
		.split(/[\s,]+/)
		.map(Number);
	return box?.length === 4 && box.every(Number.isFinite)
		? { width: Math.round(box[2]!), height: Math.round(box[3]!) }
		: null;
}
