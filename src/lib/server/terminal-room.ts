/** The sockets of terminals: each is one look at one terminal, behind the same gate as the notebooks. */
import { and, eq } from 'drizzle-orm';
import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import type { WebSocket } from 'ws';
import type { RoomUser, SocketContext } from '#collab/caller.ts';
import type { Who } from '#collab/gate.ts';
import type { Logger } from '#collab/logger.ts';
import { ROLE_CHANGED, type Sockets } from '#collab/sockets.ts';
import type { WorkspaceDirectory } from '#collab/workspace-directory.ts';
import type { Database } from '#db/database.ts';
import { notebooks, terminalShares } from '#db/schema.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import { ProblemError } from '#lib/model/problem.ts';
import {
	PLACE_BYTES,
	terminalMessage,
	TERMINAL_UNKNOWN,
	type TerminalNews,
	type TerminalShare
} from '#lib/model/terminal-message.ts';
import type { TerminalWatch } from '#lib/model/terminal-port.ts';
import { terminalAccess, type TerminalAccess, type TerminalPlace } from './terminal-access.ts';

/** Typed and not taken by the program: then the socket is not read. */
const TYPED_BYTES = 64 * 1024;
/** More than this waits for a browser only when it says it has drawn what it never read. */
const UNREAD_BYTES = 4 * 1024 * 1024;
const BEAT_MS = 20_000;

const query = v.object({
	workspace: v.string(),
	terminal: v.string(),
	notebook: v.optional(v.string()),
	after: v.pipe(v.optional(v.string(), '0'), v.digits(), v.transform(Number), v.safeInteger())
});

export interface TerminalRoomOptions {
	db: Database;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	/** All sockets of the server; those here end with session and role like all others. */
	sockets(): Sockets;
	logger: Logger;
}

interface Look extends TerminalPlace {
	user: RoomUser;
	access: TerminalAccess;
	send(news: TerminalNews): void;
	socket: WebSocket;
}

export class TerminalRoom {
	readonly #options: TerminalRoomOptions;
	/** By workspace and terminal: who looks. */
	readonly #looks = new Map<string, Set<Look>>();

	constructor(options: TerminalRoomOptions) {
		this.#options = options;
	}

	/** Take a socket that the gate let in. */
	join(socket: WebSocket, request: IncomingMessage, who: Who): void {
		const context: SocketContext = { ...who, notebooks: new Map() };
		this.#options.sockets().add(socket, context);
		socket.on('error', (error) =>
			this.#options.logger.warn({ user: who.user.id, err: error }, 'socket error')
		);
		socket.pause();
		this.#admit(socket, request, context).catch((error: unknown) => {
			this.#options.logger.error({ user: who.user.id, err: error }, 'a terminal could not be shown');
			socket.resume();
			socket.close(1011, 'the terminal could not be shown');
		});
	}

	/** A notebook shows a terminal otherwise than before: who looks at it there asks again, its owner is told. */
	shareChanged(workspace: string, terminal: string, notebook: string): void {
		for (const look of this.#looks.get(key({ workspace, terminal })) ?? []) {
			if (look.notebook === notebook) look.socket.close(ROLE_CHANGED, 'the share has changed');
			else if (look.notebook === null) void this.#tellShares(look);
		}
	}

	async #admit(socket: WebSocket, request: IncomingMessage, context: SocketContext): Promise<void> {
		const { db, gateway, directory } = this.#options;
		const asked = v.safeParse(
			query,
			Object.fromEntries(new URL(request.url ?? '/', 'http://gate').searchParams)
		);
		const refuse = (): void => {
			socket.resume();
			socket.close(TERMINAL_UNKNOWN, 'there is no such terminal');
		};
		if (!asked.success) return refuse();
		const { after, notebook = null, ...names } = asked.output;
		const place = { ...names, notebook };
		// Known to the role's changes before the role is read: one that comes between closes this socket, too.
		if (notebook !== null) context.notebooks.set(notebook, 'runner');
		const access = await terminalAccess(db, directory, context.user, place);
		const address = access && (await directory.address(place.workspace));
		if (!address) return refuse();
		if (address.kind === 'local') await gateway.connect(address);
		const look: Look = {
			...place,
			user: context.user,
			access,
			socket,
			send: (news) => socket.readyState === socket.OPEN && socket.send(JSON.stringify(news))
		};
		look.send({ type: 'hello', write: access.write, owner: access.owner, workspace: address.name });
		this.#follow(look, after);
		if (notebook === null) await this.#tellShares(look);
		socket.resume();
	}

	#follow(look: Look, after: number): void {
		const { socket } = look;
		const watch = this.#watch(look, after);
		this.#enter(look);
		let typed = 0;
		const type = (bytes: Buffer): void => {
			typed += bytes.length;
			if (typed > TYPED_BYTES) socket.pause();
			watch
				.input(bytes)
				.catch((error: unknown) => {
					if (error instanceof ProblemError) look.send({ type: 'refused', problem: error.problem });
					else this.#options.logger.error({ err: error }, 'keys were not passed on');
				})
				.finally(() => {
					typed -= bytes.length;
					if (typed <= TYPED_BYTES) socket.resume();
				});
		};
		socket.on('message', (data: Buffer, binary) => {
			// Once we close it, what the other side still sends is not heard: its right may be gone.
			if (socket.readyState !== socket.OPEN) return;
			if (binary) {
				if (look.access.write) type(data);
				return;
			}
			const message = read(data.toString());
			if (message?.type === 'ack') watch.acknowledge(message.at);
			else if (message && look.access.write) watch.resize(message.cols, message.rows, message.redraw);
		});
		const stopBeat = beat(socket);
		socket.once('close', () => {
			stopBeat();
			watch.close();
			this.#leave(look);
		});
	}

	#watch(look: Look, after: number): TerminalWatch {
		const { socket } = look;
		return this.#options.gateway.terminals(look.workspace).attach(look.terminal, after, {
			attached: (from, to, cols, rows) => look.send({ type: 'attached', from, to, cols, rows }),
			output(at, bytes, modes) {
				if (socket.readyState !== socket.OPEN) return;
				if (socket.bufferedAmount > UNREAD_BYTES) return socket.terminate();
				if (modes !== undefined) look.send({ type: 'gap', at, modes });
				const message = Buffer.allocUnsafe(PLACE_BYTES + bytes.length);
				message.writeBigUInt64BE(BigInt(at));
				message.set(bytes, PLACE_BYTES);
				socket.send(message);
			},
			size: (cols, rows) => look.send({ type: 'size', cols, rows }),
			exit: (status, signal) => look.send({ type: 'exit', status, signal }),
			link: (state, problem) => look.send({ type: 'link', state, ...(problem ? { problem } : {}) })
		});
	}

	#enter(look: Look): void {
		const looks = this.#looks.get(key(look)) ?? new Set();
		this.#looks.set(key(look), looks.add(look));
		this.#tellPeople(looks);
	}

	#leave(look: Look): void {
		const looks = this.#looks.get(key(look));
		looks?.delete(look);
		if (looks?.size === 0) this.#looks.delete(key(look));
		else if (looks) this.#tellPeople(looks);
	}

	/** Each person once, although they may look twice. */
	#tellPeople(looks: Set<Look>): void {
		const people = new Map<string, { id: string; name: string; write: boolean }>();
		for (const { user, access } of looks) {
			const write = access.write || people.get(user.id)?.write === true;
			people.set(user.id, { id: user.id, name: user.name, write });
		}
		for (const look of looks) look.send({ type: 'people', people: [...people.values()] });
	}

	async #tellShares(look: Look): Promise<void> {
		try {
			const shares: TerminalShare[] = await this.#options.db
				.select({ notebook: notebooks.id, title: notebooks.title, write: terminalShares.write })
				.from(terminalShares)
				.innerJoin(notebooks, eq(notebooks.id, terminalShares.notebookId))
				.where(
					and(eq(terminalShares.workspaceId, look.workspace), eq(terminalShares.terminal, look.terminal))
				);
			look.send({ type: 'shares', shares });
		} catch (error) {
			this.#options.logger.error({ err: error }, 'an owner was not told who sees a terminal');
		}
	}
}

function key({ workspace, terminal }: { workspace: string; terminal: string }): string {
	return `${workspace} ${terminal}`;
}

function read(text: string): v.InferOutput<typeof terminalMessage> | null {
	try {
		const parsed = v.safeParse(terminalMessage, JSON.parse(text));
		return parsed.success ? parsed.output : null;
	} catch {
		return null;
	}
}

/** A browser that answers no ping is gone: its closed lid must not look like somebody watching. */
function beat(socket: WebSocket): () => void {
	let alive = true;
	socket.on('pong', () => (alive = true));
	const timer = setInterval(() => {
		if (!alive) return socket.terminate();
		alive = false;
		if (socket.readyState === socket.OPEN) socket.ping();
	}, BEAT_MS);
	timer.unref();
	return () => clearInterval(timer);
}
