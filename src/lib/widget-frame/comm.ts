/**
 * The frame's end of a comm (Jupyter messaging protocol, "custom messages"), in the classic shape that widget models use.
 * Messages go to the page, which sends them in order and keeps the newest value where they come faster than the room
 * answers; so each counts as taken at once.
 */
import type { ICallbacks, IClassicComm } from '@jupyter-widgets/base';
import type { Json } from '#lib/model/json.ts';
import type { CommData, ModelState } from '#lib/model/widget-message.ts';
import { WIDGET_TARGET } from '#lib/model/widget.ts';

type Handler = (message: unknown) => void;

export class FrameComm implements IClassicComm {
	readonly comm_id: string;
	readonly target_name = WIDGET_TARGET;
	readonly #send: (n: number, data: CommData, buffers: ArrayBuffer[]) => void;
	/** Number of the last message that set a key. */
	readonly #sent = new Map<string, number>();
	#onMessage: Handler = () => {};
	#onClose: Handler = () => {};
	#count = 0;

	constructor(id: string, send: (n: number, data: CommData, buffers: ArrayBuffer[]) => void) {
		this.comm_id = id;
		this.#send = send;
	}

	send(
		data: unknown,
		callbacks?: ICallbacks,
		_metadata?: unknown,
		buffers: (ArrayBuffer | ArrayBufferView)[] = []
	): string {
		const said = data as CommData;
		const n = ++this.#count;
		if (said.method === 'update') {
			for (const key of Object.keys(said.state)) this.#sent.set(key, n);
			for (const [key] of said.buffer_paths) this.#sent.set(String(key), n);
		}
		this.#send(n, said, buffers.map(bytesOf));
		// A model holds further changes back until it hears this.
		const idle = { content: { execution_state: 'idle' } } as never;
		queueMicrotask(() => callbacks?.iopub?.status?.(idle));
		return String(n);
	}

	/** Models are opened and closed by kernels only. */
	open(): string {
		return '';
	}

	close(): string {
		return '';
	}

	on_msg(handler: Handler): void {
		this.#onMessage = handler;
	}

	on_close(handler: Handler): void {
		this.#onClose = handler;
	}

	/** The page has new values of some keys; those set here after message `seen` are older than ours. */
	update(state: ModelState, seen: number): void {
		for (const key of Object.keys(state)) if ((this.#sent.get(key) ?? 0) > seen) delete state[key];
		this.#onMessage({ content: { data: { method: 'update', state } }, buffers: [] });
	}

	/** The kernel half says something. */
	custom(content: Json, buffers: ArrayBuffer[]): void {
		const views = buffers.map((buffer) => new DataView(buffer));
		this.#onMessage({ content: { data: { method: 'custom', content } }, buffers: views });
	}

	closed(): void {
		this.#onClose({});
	}
}

/** A view may be a window on a larger buffer, of which only the part seen is meant. */
function bytesOf(buffer: ArrayBuffer | ArrayBufferView): ArrayBuffer {
	if (buffer instanceof ArrayBuffer) return buffer;
	return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength).slice().buffer;
}
