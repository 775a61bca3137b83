import type { WebSocketLike } from '@hocuspocus/server';
import * as decoding from 'lib0/decoding';
import type { WebSocket } from 'ws';

/** Bytes waiting for a client that does not read; above this it is dropped and will resync when it comes back. */
export const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;

/** Close code for "try again later" (registered for RFC 6455): the database does not take edits. */
export const STORAGE_UNAVAILABLE = 1013;

/** Hocuspocus' message type for "your update was taken". */
const SYNC_STATUS = 8;

/**
 * A socket with the two things Hocuspocus leaves out. Its send buffer cannot grow without bound: one paused client of a
 * busy document would otherwise hold hundreds of megabytes of the server. And an acknowledgement passes only when what
 * it acknowledges is stored, while everything else passes at once.
 */
export class GuardedSocket implements WebSocketLike {
	readonly #socket: WebSocket;
	readonly #onOverflow: () => void;
	/** The newest append of each document that came in here and is on its way. */
	readonly #held = new Map<string, Promise<void>>();

	constructor(socket: WebSocket, onOverflow: () => void) {
		this.#socket = socket;
		this.#onOverflow = onOverflow;
	}

	get readyState(): number {
		return this.#socket.readyState;
	}

	/** The next acknowledgement for `document` waits for `stored`; when that fails the socket closes instead. */
	hold(document: string, stored: Promise<void>): void {
		this.#held.set(document, stored);
		const release = (): void => {
			if (this.#held.get(document) === stored) this.#held.delete(document);
		};
		stored.then(release, release);
	}

	send(data: string | ArrayBufferLike | ArrayBufferView): void {
		const stored = this.#held.size > 0 ? this.#heldFor(data as Uint8Array) : undefined;
		if (stored) {
			stored.then(
				() => this.#pass(data),
				() => this.close(STORAGE_UNAVAILABLE, 'storage unavailable')
			);
		} else this.#pass(data);
	}

	close(code?: number, reason?: string): void {
		// Application codes of Hocuspocus (4000…) and the few of RFC 6455 we use are valid as they are.
		this.#socket.close(code, reason);
	}

	#pass(data: string | ArrayBufferLike | ArrayBufferView): void {
		if (this.#socket.readyState !== this.#socket.OPEN) return;
		if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) {
			this.#onOverflow();
			this.#socket.terminate();
			return;
		}
		this.#socket.send(data as Uint8Array);
	}

	/** What an acknowledgement has to wait for; undefined for every other frame. */
	#heldFor(frame: Uint8Array): Promise<void> | undefined {
		const decoder = decoding.createDecoder(frame);
		const [document] = decoding.readVarString(decoder).split('\0');
		return decoding.readVarUint(decoder) === SYNC_STATUS ? this.#held.get(document!) : undefined;
	}
}
