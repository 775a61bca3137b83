/**
 * The sockets of people (model/person-line.ts): one for each open page, over which the server tells what concerns a person
 * and asks what only they can answer. Nothing said on them is logged: answers carry secrets.
 */
import * as v from 'valibot';
import type { WebSocket } from 'ws';
import type { RoomUser } from '#collab/caller.ts';
import type { Who } from '#collab/gate.ts';
import type { Logger } from '#collab/logger.ts';
import type { AskAnswer, Asker } from '#lib/model/ask.ts';
import { newId } from '#lib/model/ids.ts';
import { personMessage, type PersonMessage, type PersonNews } from '#lib/model/person-line.ts';
import { NOBODY, OpenAsks, type AskTimes, type OpenAsk } from './open-asks.ts';

/** One open page of a person; the same object from its arrival to its leaving. */
export interface PersonPage {
	readonly id: string;
	readonly user: RoomUser;
	/** Digest of its session. */
	readonly session: string | null;
	send(news: PersonNews): void;
}

export interface WatchedFolder {
	workspace: string;
	path: string;
}

/** What others may listen to. A handler that throws is logged and harms nobody else. */
export interface PersonEvents {
	arrive(page: PersonPage): void;
	/** The page is gone; all it watched is over. */
	leave(page: PersonPage): void;
	/** The page wants to hear of changes in a folder. Whether it may is for the listener to check. */
	watch(page: PersonPage, folder: WatchedFolder): void;
	unwatch(page: PersonPage, folder: WatchedFolder): void;
}

export interface PersonLinesOptions {
	/** Whom to ask when a workspace has a question; null when it has no owner (any more). */
	ownerOf(workspace: string): Promise<string | null>;
	logger: Logger;
	times?: Partial<AskTimes & { ping: number; poll: number }>;
}

/** In milliseconds. `poll`: how long somebody counts as there after asking for the open questions without a page. */
const TIMES = { answer: 120_000, arrival: 5000, ping: 30_000, poll: 15_000 };

/** The longest message: twenty answers of 2 000 characters of three bytes, and what wraps them. */
const MAX_MESSAGE_BYTES = 128 * 1024;
/** Messages a page may send at once, and how many a second after that. */
const BURST = 200;
const PER_SECOND = 20;
const MAX_PAGES = 100;
/** A page that reads nothing is dropped; it hears what is open when it comes back. */
const MAX_WAITING_BYTES = 1024 * 1024;

const GOING_AWAY = 1001;
const UNREADABLE = 1007;
const POLICY = 1008;
const TOO_BIG = 1009;

export class PersonLines {
	readonly #options: PersonLinesOptions;
	readonly #times: typeof TIMES;
	readonly #pages = new Map<string, Map<WebSocket, PersonPage>>();
	/** When a person without a page asked last for what is open (by the HTTP interface). */
	readonly #polled = new Map<string, NodeJS.Timeout>();
	readonly #handlers: { [K in keyof PersonEvents]: Set<PersonEvents[K]> } = {
		arrive: new Set(),
		leave: new Set(),
		watch: new Set(),
		unwatch: new Set()
	};
	readonly #asks: OpenAsks;

	constructor(options: PersonLinesOptions) {
		this.#options = options;
		this.#times = { ...TIMES, ...options.times };
		this.#asks = new OpenAsks(
			this.#times,
			(user) => this.isHere(user) || this.#polled.has(user),
			({ id, user }) => this.send(user, { type: 'ask-settled', id })
		);
	}

	/** The room behind PERSON_PATH: takes over an accepted socket. */
	join(socket: WebSocket, { user, session }: Who): void {
		const pages = this.#pages.get(user.id) ?? new Map<WebSocket, PersonPage>();
		if (pages.size >= MAX_PAGES) return socket.close(POLICY, 'too many pages');
		const page: PersonPage = { id: newId(), user, session, send: (news) => post(socket, news) };
		const allowance = new Allowance();
		pages.set(socket, page);
		this.#pages.set(user.id, pages);
		const stopPinging = keepAlive(socket, this.#times.ping);
		socket.on('message', (data: Buffer, binary) => {
			if (socket.readyState !== socket.OPEN) return;
			if (binary) return socket.close(UNREADABLE, 'text only');
			if (data.byteLength > MAX_MESSAGE_BYTES) return socket.close(TOO_BIG, 'message too big');
			if (!allowance.take()) return socket.close(POLICY, 'too many messages');
			const message = read(data);
			if (message) this.#hear(page, message);
			else socket.close(UNREADABLE, 'unknown message');
		});
		socket.on('error', (error) =>
			this.#options.logger.warn(
				{ user: user.id, code: (error as NodeJS.ErrnoException).code },
				'socket error'
			)
		);
		socket.once('close', () => {
			stopPinging();
			pages.delete(socket);
			if (pages.size === 0) this.#pages.delete(user.id);
			this.#asks.presenceChanged(user.id);
			this.#tell('leave', page);
		});
		for (const { id, ask } of this.#asks.of(user.id)) page.send({ type: 'ask', id, ask });
		this.#asks.presenceChanged(user.id);
		this.#tell('arrive', page);
	}

	/** Tell every open page of a person. False when there is none. */
	send(user: string, news: PersonNews): boolean {
		for (const page of this.#pages.get(user)?.values() ?? []) page.send(news);
		return this.isHere(user);
	}

	/** Whether a page of the person is open now. */
	isHere(user: string): boolean {
		return this.#pages.has(user);
	}

	/** Listen; answers the function that ends it. */
	on<K extends keyof PersonEvents>(event: K, handler: PersonEvents[K]): () => void {
		this.#handlers[event].add(handler);
		return () => void this.#handlers[event].delete(handler);
	}

	/** A page of the person was opened: the line of a person who was not here before is up from now on. */
	onArrive(handler: (user: string) => void): () => void {
		return this.on('arrive', (page) => handler(page.user.id));
	}

	/**
	 * Ask the owner of the workspace it is about, in all their pages; the first answer that fits counts. `nobody` after two
	 * minutes, or after a few seconds in which no page was open and none came.
	 */
	readonly ask: Asker = async (ask, signal) => {
		const { ownerOf, logger } = this.#options;
		const user = await ownerOf(ask.about.workspace).catch((error: unknown) => {
			logger.error({ workspace: ask.about.workspace, err: error }, 'the owner of a workspace is not known');
			return null;
		});
		if (user === null) return NOBODY;
		return this.#asks.add(user, ask, signal, (open) =>
			this.send(user, { type: 'ask', id: open.id, ask: open.ask })
		);
	};

	/** What is open for a person; who asks counts as there for a while. For those who have no page. */
	openFor(user: string): Pick<OpenAsk, 'id' | 'ask'>[] {
		clearTimeout(this.#polled.get(user));
		const over = setTimeout(() => {
			this.#polled.delete(user);
			this.#asks.presenceChanged(user);
		}, this.#times.poll);
		this.#polled.set(user, over.unref());
		this.#asks.presenceChanged(user);
		return this.#asks.of(user).map(({ id, ask }) => ({ id, ask }));
	}

	/** See OpenAsks.answer. */
	answer(user: string, id: string, answer: AskAnswer): 'taken' | 'settled' | 'unfit' {
		return this.#asks.answer(user, id, answer);
	}

	/** Take all questions back and close all lines. */
	close(): void {
		this.#asks.close();
		for (const timer of this.#polled.values()) clearTimeout(timer);
		this.#polled.clear();
		for (const pages of this.#pages.values()) {
			for (const socket of pages.keys()) socket.close(GOING_AWAY, 'the server is stopping');
		}
	}

	#hear(page: PersonPage, message: PersonMessage): void {
		if (message.type === 'answer') {
			const { id, answer } = message;
			if (this.#asks.answer(page.user.id, id, answer) === 'settled') page.send({ type: 'ask-settled', id });
			return;
		}
		this.#tell(message.type, page, { workspace: message.workspace, path: message.path });
	}

	#tell<K extends keyof PersonEvents>(event: K, ...what: Parameters<PersonEvents[K]>): void {
		for (const handler of this.#handlers[event]) {
			try {
				(handler as (...what: Parameters<PersonEvents[K]>) => void)(...what);
			} catch (error) {
				this.#options.logger.error({ err: error, event }, 'a listener of a person’s line failed');
			}
		}
	}
}

/** The message, or null when it is none of ours. */
function read(data: Buffer): PersonMessage | null {
	let value: unknown;
	try {
		value = JSON.parse(data.toString('utf8'));
	} catch {
		return null;
	}
	const parsed = v.safeParse(personMessage, value);
	return parsed.success ? parsed.output : null;
}

function post(socket: WebSocket, news: PersonNews): void {
	if (socket.readyState !== socket.OPEN) return;
	if (socket.bufferedAmount > MAX_WAITING_BYTES) socket.terminate();
	else socket.send(JSON.stringify(news));
}

/** A page whose machine sleeps is not there: without an answer to a ping until the next one, the socket ends. */
function keepAlive(socket: WebSocket, everyMs: number): () => void {
	let answered = true;
	socket.on('pong', () => (answered = true));
	const timer = setInterval(() => {
		if (!answered) return socket.terminate();
		answered = false;
		if (socket.readyState === socket.OPEN) socket.ping();
	}, everyMs).unref();
	return () => clearInterval(timer);
}

/** A bucket of messages that fills again. */
class Allowance {
	#left = BURST;
	#at = Date.now();

	take(): boolean {
		const now = Date.now();
		this.#left = Math.min(BURST, this.#left + ((now - this.#at) / 1000) * PER_SECOND);
		this.#at = now;
		if (this.#left < 1) return false;
		this.#left -= 1;
		return true;
	}
}
