import type { WebSocketLike } from '@hocuspocus/server';
import type { WebSocket } from 'ws';

/** Bytes waiting for a client that does not read; above this it is dropped and will resync when it comes back. */
export const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;

/**
 * A socket whose send buffer cannot grow without bound: Hocuspocus never looks at it, and one paused client of a busy
 * document would otherwise hold hundreds of megabytes of the server.
 */
export class GuardedSocket implements WebSocketLike {
	readonly #socket: WebSocket;
	readonly #onOverflow: () => void;

	constructor(socket: WebSocket, onOverflow: () => void) {
		this.#socket = socket;
		this.#onOverflow = onOverflow;
	}

	get readyState(): number {
		return this.#socket.readyState;
	}

	send(data: string | ArrayBufferLike | ArrayBufferView): void {
		if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) {
			this.#onOverflow();
			this.#socket.terminate();
			return;
		}
		this.#socket.send(data as Uint8Array);
	}

	close(code?: number, reason?: string): void {
		// Application codes of Hocuspocus (4000…) and the few of RFC 6455 we use are valid as they are.
		this.#socket.close(code, reason);
	}
}
