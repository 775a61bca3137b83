/**
 * The one door for every WebSocket of the server: exact path, exact Origin, a living session; everything else is
 * answered with a plain HTTP refusal before a socket exists. Cookies are sent across sites by design of WebSockets, so
 * the Origin is what keeps other sites out.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { RoomUser } from './caller.ts';

/** Larger frames are refused with close code 1009; the editor refuses such pastes long before. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;

export interface GateOptions {
	/** Origins a page of ours may come from, compared as a whole. */
	origins: readonly string[];
	/** Who a request's cookies belong to. */
	authenticate(request: IncomingMessage): Promise<{ user: RoomUser; session: string | null } | null>;
	/** False while nothing could be stored: newcomers are asked to come again. */
	available(): boolean;
	/** Takes over upgrades that are for another origin than ours (true); asked first. */
	elsewhere?(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
	/** Paths that have a room behind them. */
	rooms: Record<string, (socket: WebSocket, request: IncomingMessage, who: Who) => void>;
}

export interface Who {
	user: RoomUser;
	session: string | null;
}

/** Attach the gate; returns a function that refuses newcomers from then on and one that closes all sockets. */
export function attachGate(
	server: Server,
	options: GateOptions
): { close(code: number, reason: string): void } {
	const sockets = new WebSocketServer({
		noServer: true,
		maxPayload: MAX_FRAME_BYTES,
		perMessageDeflate: false
	});
	let closing = false;

	server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
		if (options.elsewhere?.(request, socket, head)) return;
		socket.on('error', () => socket.destroy());
		void admit(request, socket, head).catch(() =>
			refuse(socket, 503, 'The server cannot check the session now.')
		);
	});

	async function admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
		const path = new URL(request.url ?? '/', 'http://gate').pathname;
		const room = Object.hasOwn(options.rooms, path) ? options.rooms[path] : undefined;
		if (!room) return refuse(socket, 404, 'There is no socket at this path.');
		if (closing) return refuse(socket, 503, 'The server is restarting.');
		if (!options.available()) return refuse(socket, 503, 'The database does not answer.');
		if (!options.origins.includes(request.headers.origin ?? '')) {
			return refuse(socket, 403, 'Sockets are open to pages of this site only.');
		}
		const who = await options.authenticate(request);
		if (!who) return refuse(socket, 401, 'Sign in first.');
		if (socket.destroyed) return;
		sockets.handleUpgrade(request, socket, head, (webSocket) => room(webSocket, request, who));
	}

	return {
		close(code, reason) {
			closing = true;
			for (const client of sockets.clients) client.close(code, reason);
		}
	};
}

const STATUS: Record<number, string> = {
	401: 'Unauthorized',
	403: 'Forbidden',
	404: 'Not Found',
	503: 'Service Unavailable'
};

function refuse(socket: Duplex, status: number, text: string): void {
	socket.end(
		`HTTP/1.1 ${status} ${STATUS[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
			`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
	);
}
