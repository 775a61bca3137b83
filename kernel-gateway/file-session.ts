import type { JsonObject } from '#lib/model/json.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { fileRefusal } from './file-problems.ts';
import { encodeFrame, FrameDecoder } from './frames.ts';
import { lineLost } from './problems.ts';
import type { Command } from './transport.ts';

/** Bytes of one answer that may be under way unasked: enough to fill a long line, little enough to keep. */
export const WINDOW = 4 * 1024 * 1024;
/** How long the worker may be silent, in milliseconds, while something is asked of it. It answers for hanging disks itself. */
const SILENCE = 20_000;

/** A piece of an answer. */
export interface Part {
	part: JsonObject;
	attachments: Uint8Array[];
}

/** One request to the files worker, its parts in both directions. Only one reader. */
export class FileCall {
	#session: FileSession;
	#id: number;
	#parts: Part[] = [];
	#result: JsonObject | undefined;
	#error: Error | undefined;
	#wake: (() => void) | undefined;
	#room = WINDOW;
	#hasRoom: (() => void) | undefined;

	constructor(session: FileSession, id: number) {
		this.#session = session;
		this.#id = id;
	}

	get settled(): boolean {
		return this.#result !== undefined || this.#error !== undefined;
	}

	/** The next part, or undefined when all have come. Rejects with ProblemError. */
	async next(): Promise<Part | undefined> {
		for (;;) {
			const part = this.#parts.shift();
			if (part) {
				const size = part.attachments.reduce((sum, { byteLength }) => sum + byteLength, 0) || 1;
				if (!this.settled) this.#session.say({ id: this.#id, credit: size });
				return part;
			}
			if (this.#error) throw this.#error;
			if (this.#result) return undefined;
			await new Promise<void>((resolve) => (this.#wake = resolve));
		}
	}

	/** The result; `part` hears what comes before it. */
	async result(part: (part: Part) => void = () => {}): Promise<JsonObject> {
		for (let found = await this.next(); found; found = await this.next()) part(found);
		return this.#result!;
	}

	/**
	 * Sends bytes that belong to the request, as fast as the worker takes them. When the answer is there already, the rest is
	 * read and dropped: whoever sends wants to be heard out.
	 */
	async send(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
		for await (const chunk of bytes) {
			for (let at = 0; at < chunk.byteLength; at += PIECE) {
				if (this.#room <= 0 && !this.settled) await new Promise<void>((resolve) => (this.#hasRoom = resolve));
				if (this.settled) break;
				const piece = chunk.subarray(at, at + PIECE);
				this.#room -= piece.byteLength;
				this.#session.say({ id: this.#id }, piece);
			}
		}
		if (!this.settled) this.#session.say({ id: this.#id, end: true });
	}

	/** Gives up; nothing more is heard. */
	cancel(): void {
		if (!this.settled) this.#session.say({ id: this.#id, cancel: true });
	}

	/** From the session: a frame for this call. */
	hear(header: JsonObject, attachments: Uint8Array[]): void {
		if (typeof header.credit === 'number') {
			this.#room += header.credit;
			this.#hasRoom?.();
			return;
		}
		if (header.part) this.#parts.push({ part: header.part as JsonObject, attachments });
		else if (header.error) this.#error = this.#session.problem(header.error as JsonObject);
		else this.#result = (header.result ?? {}) as JsonObject;
		this.#wake?.();
		if (this.settled) this.#hasRoom?.();
	}

	/** From the session: the line is gone. */
	fail(error: Error): void {
		if (this.settled) return;
		this.#error = error;
		this.#wake?.();
		this.#hasRoom?.();
	}
}

/** Larger pieces of a request would keep others waiting. */
const PIECE = 256 * 1024;

/** The conversation with one files worker over one command. */
export class FileSession {
	readonly closed: Promise<void>;
	#command: Command;
	#where: string;
	#changed: (path: string) => void;
	#decoder = new FrameDecoder();
	#calls = new Map<number, FileCall>();
	#last = 0;
	#heard = Date.now();
	#open = true;
	#timer: NodeJS.Timeout;
	#tellClosed!: () => void;

	/** `changed` hears of watched folders. */
	constructor(command: Command, where: string, changed: (path: string) => void) {
		this.#command = command;
		this.#where = where;
		this.#changed = changed;
		this.closed = new Promise((resolve) => (this.#tellClosed = resolve));
		this.#timer = setInterval(() => this.#look(), SILENCE / 4);
		this.#timer.unref();
		command.output.on('data', (chunk: Buffer) => this.#read(chunk));
		command.output.resume();
		void command.ended.then(() => this.close());
	}

	/** Calls that have no answer yet. */
	get busy(): number {
		return this.#calls.size;
	}

	get isOpen(): boolean {
		return this.#open;
	}

	request(method: string, params: JsonObject): FileCall {
		const id = ++this.#last;
		const call = new FileCall(this, id);
		if (!this.#open) call.fail(new ProblemError(503, lineLost(this.#where)));
		else {
			this.#calls.set(id, call);
			if (this.#calls.size === 1) this.#heard = Date.now();
			this.say({ id, method, params, credit: WINDOW });
		}
		return call;
	}

	/** Sends one frame; the bytes are not copied. */
	say(header: JsonObject, bytes?: Uint8Array): void {
		if (!this.#open) return;
		const { input } = this.#command;
		if (!bytes) return void input.write(encodeFrame(header));
		const text = Buffer.from(JSON.stringify({ ...header, bin: [bytes.byteLength] }));
		const head = Buffer.allocUnsafe(8 + text.length);
		head.writeUInt32BE(4 + text.length + bytes.byteLength, 0);
		head.writeUInt32BE(text.length, 4);
		head.set(text, 8);
		input.write(head);
		input.write(bytes);
	}

	problem(error: JsonObject): ProblemError {
		return fileRefusal(this.#where, error);
	}

	close(): void {
		if (!this.#open) return;
		this.#open = false;
		clearInterval(this.#timer);
		for (const call of this.#calls.values()) call.fail(new ProblemError(503, lineLost(this.#where)));
		this.#calls.clear();
		this.#command.input.end();
		this.#command.kill();
		this.#tellClosed();
	}

	/** A worker that says nothing while asked is stopped or cut off; the next call starts another. */
	#look(): void {
		if (this.#calls.size === 0) return;
		if (Date.now() - this.#heard > SILENCE) return this.close();
		if (Date.now() - this.#heard > SILENCE / 4) this.say({ id: 0, method: 'ping' });
	}

	#read(chunk: Buffer): void {
		if (!this.#open) return;
		this.#heard = Date.now();
		try {
			for (const { header, attachments } of this.#decoder.push(chunk)) {
				if (header.event === 'folder') this.#changed(header.path as string);
				else {
					const id = header.id as number;
					const call = this.#calls.get(id);
					call?.hear(header, attachments);
					if (call?.settled) this.#calls.delete(id);
				}
			}
		} catch {
			this.close();
		}
	}
}
