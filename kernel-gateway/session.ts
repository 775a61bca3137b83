import type { Json, JsonObject } from '#lib/model/json.ts';
import type { KernelEvent } from '#lib/model/kernel-event.ts';
import { encodeFrame, FrameDecoder, type Frame } from './frames.ts';
import type { Timing } from './timing.ts';
import type { Command } from './transport.ts';

/** The answer to a request: a result, or what the agent says is wrong. */
export type Reply = { result: JsonObject } | { error: { code?: Json; message?: Json } };

/** Who uses the session. Called in the order in which things came, never after `closed`. */
export interface SessionUser {
	/** Events of one kernel that came together, and their bytes on the wire. */
	events(kernel: string, events: KernelEvent[], bytes: number): void;
	/** An event that is not a kernel's. */
	event(frame: Frame): void;
	/** The line is gone; unanswered requests stay unanswered. */
	closed(reason: string): void;
}

/** The conversation with one agent over one command. Answers are given by callback, in order with the events. */
export class AgentSession {
	#command: Command;
	#user: SessionUser;
	#timing: Timing;
	#decoder = new FrameDecoder();
	#waiting = new Map<number, (reply: Reply) => void>();
	#last = 0;
	#heard = Date.now();
	#timer: NodeJS.Timeout;
	#open = true;

	constructor(command: Command, user: SessionUser, timing: Timing) {
		this.#command = command;
		this.#user = user;
		this.#timing = timing;
		this.#timer = setInterval(() => this.#keepAlive(), timing.ping);
		this.#timer.unref();
		command.output.on('data', (chunk: Buffer) => this.#read(chunk));
		command.output.resume();
		void command.ended.then(({ code }) => {
			this.close(`the agent's connection ended${code === null ? '' : ` with status ${code}`}`);
		});
	}

	/** Sends a request in one write. `done` is called at most once, and never when the line breaks before the answer. */
	request(
		method: string,
		params: JsonObject,
		done?: (reply: Reply) => void,
		attachments: readonly Uint8Array[] = []
	): void {
		if (!this.#open) return;
		const id = ++this.#last;
		if (done) this.#waiting.set(id, done);
		this.#command.input.write(encodeFrame({ id, method, params }, attachments));
	}

	/** Says what was received; there is no answer to it. */
	acknowledge(kernel: string, seq: number, keep: number): void {
		this.tell('ack', { kernel, seq, keep });
	}

	/** Sends what has no answer. */
	tell(
		method: 'ack' | 'terminal-ack' | 'stream',
		params: JsonObject,
		attachments: readonly Uint8Array[] = []
	): void {
		if (this.#open) this.#command.input.write(encodeFrame({ method, params }, attachments));
	}

	/** Ends the session; the user hears `closed`. */
	close(reason: string): void {
		if (!this.#open) return;
		this.#open = false;
		clearInterval(this.#timer);
		this.#waiting.clear();
		this.#command.kill();
		this.#user.closed(reason);
	}

	#keepAlive(): void {
		if (Date.now() - this.#heard > this.#timing.silence)
			this.close('nothing was heard from the agent for too long');
		else this.request('ping', {}, () => {});
	}

	#read(chunk: Buffer): void {
		if (!this.#open) return;
		this.#heard = Date.now();
		let frames: Frame[];
		try {
			frames = this.#decoder.push(chunk);
		} catch (error) {
			return this.close(`what came from the agent cannot be read: ${(error as Error).message}`);
		}
		// neighbouring events of a kernel are handed over together; an answer between them keeps its place
		let run: KernelEvent[] = [];
		let kernel = '';
		let bytes = 0;
		const flush = (): void => {
			if (run.length) this.#user.events(kernel, run, bytes);
			run = [];
			bytes = 0;
		};
		for (const frame of frames) {
			const { header } = frame;
			if (header.event === 'kernel') {
				if (run.length && header.kernel !== kernel) flush();
				kernel = header.kernel as string;
				run.push(asEvent(frame));
				bytes += frame.size;
			} else {
				flush();
				if (!this.#open) return;
				if (typeof header.event === 'string') this.#user.event(frame);
				else this.#answer(header);
			}
		}
		if (this.#open) flush();
	}

	#answer(header: JsonObject): void {
		const done = typeof header.id === 'number' ? this.#waiting.get(header.id) : undefined;
		if (!done) return;
		this.#waiting.delete(header.id as number);
		if (header.error) done({ error: header.error as JsonObject });
		else done({ result: (header.result ?? {}) as JsonObject });
	}
}

function asEvent({ header, attachments }: Frame): KernelEvent {
	return {
		seq: header.seq as number,
		time: header.time as number,
		channel: header.channel as KernelEvent['channel'],
		type: header.type as string,
		parent: header.parent as string,
		content: header.content as JsonObject,
		metadata: header.metadata as JsonObject,
		buffers: attachments
	};
}
