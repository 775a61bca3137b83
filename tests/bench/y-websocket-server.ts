/**
 * The peer of the keystroke benchmark: a y-websocket server with nothing but the protocol. Documents in memory, no roles,
 * no log, no history: the least a keystroke can cost over a WebSocket.
 */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import type { Server } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import { readSyncMessage, writeSyncStep1, writeUpdate } from 'y-protocols/sync';
import * as Y from 'yjs';

const SYNC = 0;
const AWARENESS = 1;

/** Serve rooms by path on an HTTP server. */
export function attachYWebsocket(http: Server): void {
	const rooms = new Map<string, { doc: Y.Doc; sockets: Set<WebSocket> }>();
	const server = new WebSocketServer({ server: http, perMessageDeflate: false });
	server.on('connection', (socket, request) => {
		const name = request.url ?? '/';
		let room = rooms.get(name);
		if (!room) {
			const doc = new Y.Doc();
			const sockets = new Set<WebSocket>();
			room = { doc, sockets };
			rooms.set(name, room);
			doc.on('update', (update) => {
				const frame = encoding.createEncoder();
				encoding.writeVarUint(frame, SYNC);
				writeUpdate(frame, update);
				const bytes = encoding.toUint8Array(frame);
				for (const other of sockets) other.send(bytes);
			});
		}
		const { doc, sockets } = room;
		sockets.add(socket);
		socket.on('close', () => sockets.delete(socket));
		socket.on('message', (data: Buffer) => {
			const decoder = decoding.createDecoder(new Uint8Array(data));
			const type = decoding.readVarUint(decoder);
			if (type === AWARENESS) for (const other of sockets) if (other !== socket) other.send(data);
			if (type !== SYNC) return;
			const answer = encoding.createEncoder();
			encoding.writeVarUint(answer, SYNC);
			readSyncMessage(decoder, answer, doc, socket);
			if (encoding.length(answer) > 1) socket.send(encoding.toUint8Array(answer));
		});
		const hello = encoding.createEncoder();
		encoding.writeVarUint(hello, SYNC);
		writeSyncStep1(hello, doc);
		socket.send(encoding.toUint8Array(hello));
	});
}
