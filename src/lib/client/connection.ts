/**
 * The two live documents of a notebook over one WebSocket. It knows the wire (close codes, refusals) and nothing of the
 * screen; `changed` is called whenever one of its public fields may have changed, never per keystroke of another person.
 *
 * A change counts as kept only when the server acknowledged it, which it does after it is in the database.
 */
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import * as Y from 'yjs';
import { notebookDocName } from '#lib/model/notebook-doc.ts';
import type { RoomNews } from '#lib/model/room-news.ts';
import { runtimeDocName } from '#lib/model/runtime-doc.ts';

/** Why the connection was given up; null while it is alive or being tried again. */
export type Ended = 'genesis' | 'forbidden' | 'signed-out';

const CLOSE_SIGNED_OUT = 4401;
const CLOSE_ROLE_CHANGED = 4403;
const CLOSE_STORAGE = 1013;
const CLOSE_TOO_BIG = 1009;

export interface ConnectionEvents {
	changed: () => void;
	/** The role may have changed: ask the server for the page's data again. */
	roleChanged: () => void;
	/** The socket was closed because one message was too big for it. */
	tooBig: () => void;
	/** The room tells everybody who is here something that it does not keep. */
	news: (news: RoomNews) => void;
}

export class NotebookConnection {
	readonly doc = new Y.Doc();
	readonly runtimeDoc = new Y.Doc();
	readonly provider: HocuspocusProvider;
	/** Both documents were complete once: the page may be drawn. */
	ready = false;
	/** The notebook is complete and the socket is open. */
	live = false;
	/** Local changes the server has not acknowledged. */
	pending = 0;
	/** The server takes no edits from this connection. */
	readOnly = false;
	/** The server is there but its database is not. */
	storageAway = false;
	ended: Ended | null = null;

	readonly #socket: HocuspocusProviderWebsocket;
	readonly #runtime: HocuspocusProvider;
	readonly #events: ConnectionEvents;
	#closed = false;

	constructor(url: string, notebook: string, genesis: string, events: ConnectionEvents) {
		this.#events = events;
		this.#socket = new HocuspocusProviderWebsocket({
			url,
			delay: 200,
			minDelay: 100,
			maxDelay: 2000,
			onClose: ({ event }) => this.#onClose(event.code)
		});
		const refused = ({ reason }: { reason: string }) => this.#refused(reason);
		this.provider = new HocuspocusProvider({
			websocketProvider: this.#socket,
			name: notebookDocName(notebook),
			document: this.doc,
			token: genesis,
			onAuthenticated: ({ scope }) => {
				this.readOnly = scope === 'readonly';
				this.storageAway = false;
				events.changed();
			},
			onAuthenticationFailed: refused,
			onSynced: () => this.#update(),
			onUnsyncedChanges: () => this.#update(),
			onClose: ({ event }) => this.#documentClosed(event.code, event.reason)
		});
		this.#runtime = new HocuspocusProvider({
			websocketProvider: this.#socket,
			name: runtimeDocName(notebook),
			document: this.runtimeDoc,
			awareness: null,
			token: genesis,
			onAuthenticationFailed: refused,
			onSynced: () => this.#update(),
			onStateless: ({ payload }) => events.news(JSON.parse(payload) as RoomNews)
		});
		this.doc.on('update', (_update: Uint8Array, origin: unknown) => {
			// The provider writes what it receives with itself as origin; everything else was made in this tab.
			if (origin === this.provider) return;
			this.pending++;
			if (!this.live) events.changed();
		});
		// Providers on a shared socket do not attach themselves.
		this.provider.attach();
		this.#runtime.attach();
	}

	/** Leave for good. */
	close(): void {
		this.#closed = true;
		this.provider.destroy();
		this.#runtime.destroy();
		this.#socket.destroy();
		this.doc.destroy();
		this.runtimeDoc.destroy();
	}

	/** Try again at once (the person asked, or the browser says the network is back). */
	retry(): void {
		if (this.ended === null) void this.#socket.connect();
	}

	/** The browser says the network is gone: do not wait for the silence to be noticed. */
	networkLost(): void {
		this.#socket.webSocket?.close();
	}

	#update(): void {
		const synced = this.provider.isSynced;
		this.live = synced && this.#socket.status === 'connected';
		if (synced && this.#runtime.isSynced) this.ready = true;
		if (synced && this.provider.unsyncedChanges === 0) this.pending = 0;
		this.#events.changed();
	}

	#onClose(code: number | undefined): void {
		if (this.#closed) return;
		this.live = false;
		if (code === CLOSE_SIGNED_OUT) this.#end('signed-out');
		else if (code === CLOSE_ROLE_CHANGED) this.#events.roleChanged();
		else if (code === CLOSE_STORAGE) this.storageAway = true;
		else if (code === CLOSE_TOO_BIG) this.#events.tooBig();
		this.#events.changed();
	}

	/** The server let go of one document and kept the socket: begin again with a fresh socket. */
	#documentClosed(code: number | undefined, reason: string | undefined): void {
		if (this.#closed || this.ended || code !== 1000 || this.#socket.status !== 'connected') return;
		if (reason !== undefined && /role|forbidden|permission/i.test(reason)) this.#events.roleChanged();
		this.#socket.webSocket?.close();
	}

	#refused(reason: string): void {
		if (reason === 'genesis' || reason === 'forbidden' || reason === 'signed-out') this.#end(reason);
		else this.#end('forbidden');
	}

	#end(why: Ended): void {
		if (this.ended) return;
		this.ended = why;
		this.live = false;
		this.#socket.disconnect();
		this.#events.changed();
	}
}
