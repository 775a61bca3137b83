import { Duplex } from 'node:stream';
import type { JsonObject } from '#lib/model/json.ts';

/**
 * Streams of bytes beside the other frames of a line to an agent. The rules, with their reasons, are those of
 * agent/streams.py; the numbers are the same on both sides.
 */
const PIECE = 32 * 1024;
const WINDOW = 256 * 1024;
const LINE = 512 * 1024;
const LUMP = 64 * 1024;

/** One of a line's: a connection to a service. An error on it needs no listener, since it ends with `close` anyway. */
export class ServiceStream extends Duplex {
	readonly number: number;
	#line: Streams;
	/** What the other side still takes. */
	#room = WINDOW;
	#held: Buffer | null = null;
	#done: (() => void) | null = null;
	/** Bytes that came so far, and how many of them were given back. */
	#came = 0;
	#given = 0;
	#ended = false;
	#heardEnd = false;
	#over = false;

	constructor(line: Streams, number: number) {
		super({ readableHighWaterMark: LUMP, writableHighWaterMark: LUMP });
		this.number = number;
		this.#line = line;
		this.on('error', () => {});
	}

	get canSend(): boolean {
		return this.#held !== null && this.#room > 0;
	}

	/** The next piece to be sent. */
	piece(most: number): Buffer {
		const piece = this.#held!.subarray(0, Math.min(most, this.#room, PIECE));
		this.#room -= piece.length;
		this.#held = piece.length < this.#held!.length ? this.#held!.subarray(piece.length) : null;
		return piece;
	}

	/** It has gone. */
	went(): void {
		if (this.#held !== null) return;
		const done = this.#done;
		this.#done = null;
		done?.();
	}

	/** What the other side says of it. */
	hear({ credit, end, reset }: JsonObject, parts: readonly Uint8Array[]): void {
		for (const part of parts) {
			this.#came += part.byteLength;
			if (this.#came - this.#given > WINDOW || this.#heardEnd)
				return void this.destroy(new Error('it sent more than was agreed'));
			this.push(part);
		}
		this.#giveBack();
		if (typeof credit === 'number') {
			this.#room += credit;
			this.#line.wants(this);
		}
		if (end === true && !this.#heardEnd) {
			this.#heardEnd = true;
			this.push(null);
		}
		if (reset === true) this.lost(new Error('it was reset'));
	}

	/** It is over, and not by us. */
	lost(error?: Error): void {
		this.#over = true;
		this.destroy(error);
	}

	/** What comes is pushed as it comes; the window holds it back. */
	override _read(): void {}

	override read(size?: number): Buffer | null {
		const chunk = super.read(size) as Buffer | null;
		this.#giveBack();
		return chunk;
	}

	override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
		if (chunk.length === 0) return done();
		this.#held = chunk;
		this.#done = done;
		this.#line.wants(this);
	}

	override _final(done: () => void): void {
		this.#ended = true;
		this.#line.say({ stream: this.number, end: true });
		done();
	}

	override _destroy(error: Error | null, done: (error: Error | null) => void): void {
		this.#held = null;
		if (!this.#over && !(this.#ended && this.#heardEnd)) this.#line.say({ stream: this.number, reset: true });
		this.#over = true;
		this.#line.forget(this);
		done(error);
	}

	/** What was read, not what lies here to be read: else more than a window could. */
	#giveBack(): void {
		const read = this.#came - this.#given - this.readableLength;
		if (read < LUMP || this.#over || this.#heardEnd) return;
		this.#given += read;
		this.#line.say({ stream: this.number, credit: read });
	}
}

/** All streams of a line; `say` sends a frame. */
export class Streams {
	readonly say: (fields: JsonObject, bytes?: Uint8Array) => void;
	#streams = new Map<number, ServiceStream>();
	/** In the order of their turns. */
	#ready = new Set<ServiceStream>();
	#room = LINE;
	#arrived = 0;
	#last = 0;

	constructor(say: (fields: JsonObject, bytes?: Uint8Array) => void) {
		this.say = say;
	}

	get size(): number {
		return this.#streams.size;
	}

	/** A stream under a fresh number, which the agent has not heard of. */
	open(): ServiceStream {
		const stream = new ServiceStream(this, ++this.#last);
		this.#streams.set(stream.number, stream);
		return stream;
	}

	/** A frame of the other side. */
	hear(fields: JsonObject, parts: readonly Uint8Array[]): void {
		for (const part of parts) this.#arrived += part.byteLength;
		if (this.#arrived >= LUMP) {
			this.say({ arrived: this.#arrived });
			this.#arrived = 0;
		}
		this.#streams.get(fields.stream as number)?.hear(fields, parts);
		if (typeof fields.arrived !== 'number') return;
		this.#room += fields.arrived;
		this.#pump();
	}

	/** The line is gone. */
	close(error: Error): void {
		for (const stream of [...this.#streams.values()]) stream.lost(error);
	}

	/** It may have something to send. */
	wants(stream: ServiceStream): void {
		if (!stream.canSend) return;
		this.#ready.add(stream);
		this.#pump();
	}

	forget(stream: ServiceStream): void {
		this.#streams.delete(stream.number);
		this.#ready.delete(stream);
	}

	#pump(): void {
		for (const stream of this.#ready) {
			if (this.#room <= 0) return;
			this.#ready.delete(stream);
			const piece = stream.piece(this.#room);
			this.#room -= piece.length;
			if (stream.canSend) this.#ready.add(stream);
			this.say({ stream: stream.number }, piece);
			stream.went();
		}
	}
}
