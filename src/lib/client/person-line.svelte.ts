/**
 * The line of the person who is signed in: one WebSocket a page, opened by the root layout, with what concerns the person
 * and no single notebook (model/person-line.ts). Other parts listen by kind of news (`on`), watch folders (`watch`) and
 * hear when the line is there again after a gap (`onRestored`), in which something may have been missed.
 */
import type { Ask, AskAnswer } from '#lib/model/ask.ts';
import { PERSON_PATH, type PersonMessage, type PersonNews } from '#lib/model/person-line.ts';
import { api } from './api.ts';

export interface OpenAsk {
	id: string;
	ask: Ask;
}

type NewsOf<T extends PersonNews['type']> = Extract<PersonNews, { type: T }>;
type Listener = (news: PersonNews) => void;

/** The session has ended: trying again would only be refused again. */
const CLOSE_SIGNED_OUT = 4401;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;
/** A connection that lasted so long begins with short delays again when it ends. */
const STEADY_MS = 5000;

export class PersonLine {
	/** The socket is open. */
	live = $state(false);
	/** What waits for an answer of this person, oldest first. */
	asks = $state.raw<OpenAsk[]>([]);

	#url: string | null = null;
	#socket: WebSocket | null = null;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#delay = FIRST_DELAY_MS;
	#opened = 0;
	#wasLive = false;
	readonly #listeners = new Map<PersonNews['type'], Set<Listener>>();
	readonly #restored = new Set<() => void>();
	/** Watched folders with how many watch each. */
	readonly #watched = new Map<string, { workspace: string; path: string; count: number }>();
	readonly #pendingAsks: () => Promise<OpenAsk[]>;

	constructor(pendingAsks: () => Promise<OpenAsk[]> = fetchAsks) {
		this.#pendingAsks = pendingAsks;
	}

	/** Keep a line open until `close`. A second call changes nothing. */
	open(url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${PERSON_PATH}`): void {
		if (this.#url !== null) return;
		this.#url = url;
		if (typeof window !== 'undefined') {
			window.addEventListener('online', this.#now);
			window.addEventListener('offline', this.#lost);
			document.addEventListener('visibilitychange', this.#now);
		}
		this.#connect();
	}

	/** Leave: signed out, or the page goes. */
	close(): void {
		if (this.#url === null) return;
		this.#url = null;
		clearTimeout(this.#timer);
		if (typeof window !== 'undefined') {
			window.removeEventListener('online', this.#now);
			window.removeEventListener('offline', this.#lost);
			document.removeEventListener('visibilitychange', this.#now);
		}
		const socket = this.#socket;
		this.#socket = null;
		socket?.close();
		this.live = this.#wasLive = false;
		this.asks = [];
		this.#delay = FIRST_DELAY_MS;
	}

	/** Hear all news of a kind from now on; answers how to stop. */
	on<T extends PersonNews['type']>(type: T, listener: (news: NewsOf<T>) => void): () => void {
		const all = this.#listeners.get(type) ?? new Set<Listener>();
		this.#listeners.set(type, all);
		const own: Listener = (news) => listener(news as NewsOf<T>);
		all.add(own);
		return () => void all.delete(own);
	}

	/** Hear that the line is open again after it was lost; not called for the first opening. */
	onRestored(listener: () => void): () => void {
		const own = (): void => listener();
		this.#restored.add(own);
		return () => void this.#restored.delete(own);
	}

	/**
	 * Hear that something in a folder is another than before (`path` as the files calls take it), also after the line was
	 * lost meanwhile. Answers how to stop.
	 */
	watch(workspace: string, path: string, changed: () => void): () => void {
		const key = `${workspace}\n${path}`;
		const entry = this.#watched.get(key) ?? { workspace, path, count: 0 };
		this.#watched.set(key, entry);
		if (entry.count++ === 0) this.#send({ type: 'watch', workspace, path });
		const stops = [
			this.on('folder', (news) => {
				if (news.workspace === workspace && news.path === path) changed();
			}),
			this.onRestored(changed)
		];
		let stopped = false;
		return () => {
			if (stopped) return;
			stopped = true;
			for (const stop of stops) stop();
			if (--entry.count > 0) return;
			this.#watched.delete(key);
			this.#send({ type: 'unwatch', workspace, path });
		};
	}

	/**
	 * Answer what was asked. False when the line is away: then nothing was sent, and the question comes again with the line
	 * if it still waits.
	 */
	answer(id: string, answer: Exclude<AskAnswer, { kind: 'nobody' }>): boolean {
		if (!this.#send({ type: 'answer', id, answer })) return false;
		this.#settle(id);
		return true;
	}

	#send(message: PersonMessage): boolean {
		if (this.#socket?.readyState !== WebSocket.OPEN) return false;
		this.#socket.send(JSON.stringify(message));
		return true;
	}

	#connect(): void {
		if (this.#url === null || this.#socket) return;
		clearTimeout(this.#timer);
		const socket = new WebSocket(this.#url);
		this.#socket = socket;
		socket.onopen = () => {
			if (this.#socket !== socket) return;
			this.#opened = Date.now();
			this.live = true;
			for (const { workspace, path } of this.#watched.values())
				this.#send({ type: 'watch', workspace, path });
			void this.#catchUp(socket);
			if (this.#wasLive) for (const listener of [...this.#restored]) listener();
			this.#wasLive = true;
		};
		socket.onmessage = ({ data }) => {
			if (this.#socket === socket && typeof data === 'string') this.#take(JSON.parse(data) as PersonNews);
		};
		socket.onclose = ({ code }) => {
			if (this.#socket !== socket) return;
			this.#socket = null;
			if (this.live && Date.now() - this.#opened >= STEADY_MS) this.#delay = FIRST_DELAY_MS;
			this.live = false;
			if (this.#url === null) return;
			if (code === CLOSE_SIGNED_OUT) this.close();
			else this.#later();
		};
	}

	#later(): void {
		// Spread, so that all tabs of a class do not come at once after a restart.
		const wait = this.#delay * (0.75 + Math.random() / 2);
		this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY_MS);
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#connect(), wait);
	}

	/** The network is back, or somebody looks at the page: do not wait. */
	readonly #now = (): void => {
		if (document.visibilityState === 'hidden' || this.#socket) return;
		this.#delay = FIRST_DELAY_MS;
		this.#connect();
	};

	readonly #lost = (): void => this.#socket?.close();

	/** The line brings what is asked; what was asked before it was lost may have been settled meanwhile. */
	async #catchUp(socket: WebSocket): Promise<void> {
		const before = new Set(this.asks.map(({ id }) => id));
		if (before.size === 0) return;
		let waiting: Set<string>;
		try {
			waiting = new Set((await this.#pendingAsks()).map(({ id }) => id));
		} catch {
			// An answer to one that is settled does no harm; the next opening looks again.
			return;
		}
		if (this.#socket === socket) this.asks = this.asks.filter(({ id }) => !before.has(id) || waiting.has(id));
	}

	#take(news: PersonNews): void {
		if (news.type === 'ask') {
			if (!this.asks.some(({ id }) => id === news.id))
				this.asks = [...this.asks, { id: news.id, ask: news.ask }];
		} else if (news.type === 'ask-settled') this.#settle(news.id);
		for (const listener of [...(this.#listeners.get(news.type) ?? [])]) listener(news);
	}

	#settle(id: string): void {
		this.asks = this.asks.filter((one) => one.id !== id);
	}
}

async function fetchAsks(): Promise<OpenAsk[]> {
	return (await api<{ asks: OpenAsk[] }>('GET', '/api/asks')).asks;
}

/** The line of this page. */
export const personLine = new PersonLine();
