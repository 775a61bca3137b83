/**
 * What one model has to say to its kernel half: one message on its way at a time, and behind it the newest value of each
 * key that was moved meanwhile. A drag over a slow line sends what the line carries and ends where the hand ended.
 */
import { toBase64 } from 'lib0/buffer';
import type { Json, JsonObject } from '#lib/model/json.ts';
import type { CommData, ModelState } from '#lib/model/widget-message.ts';
import type { BufferPath } from '#lib/model/widget.ts';
import { putAt } from './widget-state.ts';

/** How long the document may take, after the room's answer, to say what was sent. */
const SETTLE_MS = 300;

/** Values moved here, by key. A value that is bytes alone has no JSON beside them. */
export type OwnState = Record<string, { value?: Json; buffers: { path: BufferPath; bytes: ArrayBuffer }[] }>;

export interface OutboxOptions {
	send: (message: { data: JsonObject; buffers: string[] }) => Promise<unknown>;
	/** These keys follow the document again. */
	settled: (keys: string[]) => void;
	/** Whether the document says of a key what was sent. */
	agrees: (key: string, own: OwnState[string]) => boolean;
	failed: (error: unknown) => void;
}

type Item = { update: OwnState } | { custom: Json; buffers: ArrayBuffer[] };

export class WidgetOutbox {
	readonly #options: OutboxOptions;
	#queue: Item[] = [];
	#sent: OwnState = {};
	/** Answered, and not yet seen in the document. */
	readonly #settling = new Map<string, { own: OwnState[string]; timer: ReturnType<typeof setTimeout> }>();
	#busy = false;
	#closed = false;

	constructor(options: OutboxOptions) {
		this.#options = options;
	}

	/** Take new values of some keys; gives them with their binary parts in place, for other drawings of the model. */
	update(data: Extract<CommData, { method: 'update' }>, buffers: ArrayBuffer[]): ModelState {
		const own: OwnState = {};
		for (const [key, value] of Object.entries(data.state)) own[key] = { value, buffers: [] };
		data.buffer_paths.forEach((path, i) => {
			const key = String(path[0]);
			own[key] ??= { buffers: [] };
			own[key].buffers.push({ path, bytes: buffers[i]! });
		});
		for (const key of Object.keys(own)) this.#unsettle(key);
		const last = this.#queue.at(-1);
		if (last && 'update' in last) Object.assign(last.update, own);
		else this.#queue.push({ update: own });
		void this.#next();
		return complete(own);
	}

	custom(content: Json, buffers: ArrayBuffer[]): void {
		this.#queue.push({ custom: content, buffers });
		void this.#next();
	}

	/** Whether a key was moved here and the document does not know it yet: what the document says of it is older. */
	holds(key: string): boolean {
		return key in this.#sent || this.#waits(key) || this.#settling.has(key);
	}

	/** The document speaks of a key: whether to show it. Not while it is held, and not what was sent itself. */
	follows(key: string): boolean {
		const settling = this.#settling.get(key);
		if (settling && this.#options.agrees(key, settling.own)) {
			this.#unsettle(key);
			return false;
		}
		return !this.holds(key);
	}

	/** The values held here, for a drawing that begins now. */
	held(): ModelState {
		const all: OwnState = { ...this.#sent };
		for (const item of this.#queue) if ('update' in item) Object.assign(all, item.update);
		return complete(all);
	}

	close(): void {
		this.#closed = true;
		this.#queue = [];
		for (const { timer } of this.#settling.values()) clearTimeout(timer);
		this.#settling.clear();
	}

	async #next(): Promise<void> {
		if (this.#busy) return;
		this.#busy = true;
		for (let item = this.#queue.shift(); item; item = this.#queue.shift()) {
			this.#sent = 'update' in item ? item.update : {};
			let taken = true;
			try {
				await this.#options.send(messageOf(item));
			} catch (error) {
				taken = false;
				// What waited behind it would fail the same way.
				for (const waiting of this.#queue) if ('update' in waiting) Object.assign(this.#sent, waiting.update);
				this.#queue = [];
				if (!this.#closed) this.#options.failed(error);
			}
			this.#answered(taken);
		}
		this.#busy = false;
	}

	#answered(taken: boolean): void {
		const sent = this.#sent;
		this.#sent = {};
		if (this.#closed) return;
		const back: string[] = [];
		for (const [key, own] of Object.entries(sent)) {
			if (this.#waits(key)) continue;
			if (!taken) back.push(key);
			else if (!this.#options.agrees(key, own)) this.#settle(key, own);
		}
		if (back.length > 0) this.#options.settled(back);
	}

	/** The document says something else, still or again: in a moment it is right. */
	#settle(key: string, own: OwnState[string]): void {
		const timer = setTimeout(() => {
			this.#settling.delete(key);
			this.#options.settled([key]);
		}, SETTLE_MS);
		this.#settling.set(key, { own, timer });
	}

	#unsettle(key: string): void {
		clearTimeout(this.#settling.get(key)?.timer);
		this.#settling.delete(key);
	}

	#waits(key: string): boolean {
		return this.#queue.some((item) => 'update' in item && key in item.update);
	}
}

function messageOf(item: Item): { data: JsonObject; buffers: string[] } {
	const base64 = (bytes: ArrayBuffer) => toBase64(new Uint8Array(bytes));
	if ('custom' in item) {
		return { data: { method: 'custom', content: item.custom }, buffers: item.buffers.map(base64) };
	}
	const parts = Object.values(item.update).flatMap((own) => own.buffers);
	const state: JsonObject = {};
	for (const [key, { value }] of Object.entries(item.update)) if (value !== undefined) state[key] = value;
	return {
		data: { method: 'update', state, buffer_paths: parts.map((part) => part.path) },
		buffers: parts.map((part) => base64(part.bytes))
	};
}

function complete(own: OwnState): ModelState {
	const state: ModelState = {};
	for (const [key, { value }] of Object.entries(own)) {
		if (value !== undefined) state[key] = structuredClone(value);
	}
	for (const { buffers } of Object.values(own)) {
		for (const { path, bytes } of buffers) putAt(state, path, new DataView(bytes));
	}
	return state;
}
