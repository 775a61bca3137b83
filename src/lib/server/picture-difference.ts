/** Pictures of notebooks, read so that they can be compared. */
import { PNG } from 'pngjs';
import { pictureDifference, type Raster } from '#lib/model/paper/picture-difference.ts';

const MOST_BYTES = 8 * 1024 * 1024;
/** A picture is read on the way of everything else: this many points take about half a second. */
const MOST_POINTS = 12_000_000;

/** How different two PNG files in base64 are, 0…1; null where one is none, or too large to be looked at. */
export function comparePng(before: string, after: string): number | null {
	const [old, now] = [Buffer.from(before, 'base64'), Buffer.from(after, 'base64')];
	if (old.equals(now)) return 0;
	const [first, second] = [readPng(old), readPng(now)];
	return first && second && pictureDifference(first, second);
}

function readPng(bytes: Buffer): Raster | null {
	// IHDR is the first chunk (ISO/IEC 15948, 5.6): what it promises is known before room for it is made
	if (bytes.length < 33 || bytes.length > MOST_BYTES) return null;
	if (bytes.readUInt32BE(16) * bytes.readUInt32BE(20) > MOST_POINTS) return null;
	try {
		const { width, height, data } = PNG.sync.read(bytes);
		return width > 0 && height > 0 ? { width, height, data } : null;
	} catch {
		return null;
	}
}
