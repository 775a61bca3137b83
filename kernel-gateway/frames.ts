import type { JsonObject } from '#lib/model/json.ts';

/** One message on the wire: a JSON object and its binary attachments. */
export interface Frame {
	header: JsonObject;
	attachments: Uint8Array[];
	/** Bytes it takes on the wire. */
	size: number;
}

/** The longest frame, counted as the first field does: without itself. */
export const FRAME_LIMIT = 64 * 1024 * 1024;

/** What arrived is not a frame. Nothing after it can be understood, so the line has to be given up. */
export class FrameError extends Error {}

/**
 * A frame as bytes: u32be(bytes that follow) u32be(header bytes) header attachments. One buffer, so that it is one
 * write and, where it fits, one packet. Throws FrameError over the limit.
 */
export function encodeFrame(header: JsonObject, attachments: readonly Uint8Array[] = []): Buffer {
	const full = attachments.length ? { ...header, bin: attachments.map((part) => part.byteLength) } : header;
	const text = JSON.stringify(full);
	const length = Buffer.byteLength(text);
	const following = attachments.reduce((sum, part) => sum + part.byteLength, 4 + length);
	if (following > FRAME_LIMIT)
		throw new FrameError(`a frame of ${following} bytes is over the limit of ${FRAME_LIMIT}`);
	const frame = Buffer.allocUnsafe(4 + following);
	frame.writeUInt32BE(following, 0);
	frame.writeUInt32BE(length, 4);
	let at = 8 + frame.write(text, 8);
	for (const part of attachments) {
		frame.set(part, at);
		at += part.byteLength;
	}
	return frame;
}

/** Cuts a stream of bytes into frames, wherever the chunks happen to begin and end. */
export class FrameDecoder {
	#chunks: Buffer[] = [];
	#held = 0;
	/** Bytes that must be there before it is worth looking again: keeps a large frame from being joined per chunk. */
	#wanted = 8;

	/** All frames that are complete now. Throws FrameError at the first fault. Attachments may share the chunk's memory. */
	push(chunk: Buffer): Frame[] {
		this.#chunks.push(chunk);
		this.#held += chunk.length;
		if (this.#held < this.#wanted) return [];
		const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#held);
		const frames: Frame[] = [];
		let at = 0;
		this.#wanted = 8;
		while (bytes.length - at >= 8) {
			const following = bytes.readUInt32BE(at);
			const length = bytes.readUInt32BE(at + 4);
			if (following > FRAME_LIMIT) {
				throw new FrameError(`a frame of ${following} bytes is over the limit of ${FRAME_LIMIT}`);
			}
			if (following < 4 || length > following - 4) {
				throw new FrameError(`a header of ${length} bytes does not fit a frame of ${following}`);
			}
			if (bytes.length - at < 4 + following) {
				this.#wanted = 4 + following;
				break;
			}
			frames.push(open(bytes.subarray(at, at + 4 + following), length));
			at += 4 + following;
		}
		this.#held = bytes.length - at;
		this.#chunks = this.#held ? [bytes.subarray(at)] : [];
		return frames;
	}
}

function open(bytes: Buffer, length: number): Frame {
	let header: unknown;
	try {
		header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
	} catch {
		throw new FrameError('the header of a frame is not JSON');
	}
	if (typeof header !== 'object' || header === null || Array.isArray(header)) {
		throw new FrameError('the header of a frame is not an object');
	}
	const { bin = [], ...rest } = header as { bin?: unknown } & JsonObject;
	if (!Array.isArray(bin) || !bin.every((size) => Number.isInteger(size) && size >= 0)) {
		throw new FrameError('"bin" is not a list of lengths');
	}
	const attachments: Uint8Array[] = [];
	let at = 8 + length;
	for (const size of bin as number[]) attachments.push(bytes.subarray(at, (at += size)));
	if (at !== bytes.length)
		throw new FrameError(`"bin" promises other than the ${bytes.length - 8 - length} bytes that follow`);
	return { header: rest, attachments, size: bytes.length };
}
