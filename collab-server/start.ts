/** The rooms as one service: sockets on the given HTTP server, and the calls the site makes. */
import { Hocuspocus, type Extension } from '@hocuspocus/server';
import type { IncomingMessage, Server } from 'node:http';
import { inArray } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { runs } from '#db/schema.ts';
import type { KernelGateway } from '#lib/model/gateway.ts';
import type { Run } from '#lib/model/run.ts';
import { authentication } from './authenticate.ts';
import type { SocketContext } from './caller.ts';
import { commands } from './commands.ts';
import { attachGate, type GateOptions, type Who } from './gate.ts';
import { GuardedSocket, STORAGE_UNAVAILABLE } from './guarded-socket.ts';
import type { Logger } from './logger.ts';
import { persistence } from './persistence.ts';
import { presence } from './presence.ts';
import { roomLife } from './room-life.ts';
import { RoomSet } from './room-set.ts';
import { Sockets } from './sockets.ts';
import { UpdateLog } from './update-log.ts';
import type { WorkspaceDirectory } from './workspace-directory.ts';

export const COLLAB_PATH = '/collab';

export interface CollabOptions {
	http: Server;
	db: Database;
	gateway: KernelGateway;
	directory: WorkspaceDirectory;
	/** Origins whose pages may open sockets. */
	origins: readonly string[];
	authenticate(request: IncomingMessage): Promise<Who | null>;
	logger: Logger;
	/** A notebook's document was changed (at most once in two seconds): lists show its title and time. */
	onNotebookChanged?(notebook: string, hocuspocus: Hocuspocus): Promise<void>;
	/** Minutes after which an unused kernel of this notebook is shut down; null: never. */
	idleMinutes?(notebook: string): Promise<number | null>;
	/** A run has ended, with its outputs: who wants to be told is. */
	onRunEnded?(notebook: string, run: Run, hocuspocus: Hocuspocus): void;
	/** See GateOptions. */
	elsewhere?: GateOptions['elsewhere'];
	/** More paths behind the same gate; their sockets end with the session as all do. */
	extraRooms?: GateOptions['rooms'];
}

export interface Collab {
	rooms: RoomSet;
	sockets: Sockets;
	hocuspocus: Hocuspocus;
	log: UpdateLog;
	/** Stop taking sockets, store everything, close what is open. */
	stop(): Promise<void>;
}

/** Start the rooms. Those with unfinished runs are opened at once, so that output goes on without anybody watching. */
export async function startCollab(options: CollabOptions): Promise<Collab> {
	const { http, db, gateway, directory, origins, authenticate, logger } = options;
	const sockets = new Sockets();
	const log = new UpdateLog(db, (error) => {
		logger.error({ err: error }, 'the update log does not take edits; tabs keep theirs');
		sockets.closeAll(STORAGE_UNAVAILABLE, 'storage unavailable');
	});
	const hocuspocus = new Hocuspocus<SocketContext>({
		quiet: true,
		debounce: 2000,
		maxDebounce: 10_000,
		timeout: 60_000
	});
	const rooms = new RoomSet({
		hocuspocus: hocuspocus as Hocuspocus,
		db,
		log,
		gateway,
		directory,
		logger,
		...(options.idleMinutes ? { idleMinutes: options.idleMinutes } : {}),
		onRunEnded: (notebook, run) => options.onRunEnded?.(notebook, run, hocuspocus as Hocuspocus)
	});
	hocuspocus.configure({
		extensions: [
			authentication(db),
			persistence({ log, logger }),
			presence(),
			commands(rooms, logger),
			roomLife(rooms, logger),
			changes(options, hocuspocus as Hocuspocus)
		] as Extension[]
	});

	const gate = attachGate(http, {
		...(options.elsewhere ? { elsewhere: options.elsewhere } : {}),
		origins,
		authenticate,
		available: () => !log.behind,
		rooms: {
			...endingWithSession(options.extraRooms ?? {}, sockets),
			[COLLAB_PATH]: (socket, request, who) => {
				const context: SocketContext = { ...who, notebooks: new Map() };
				sockets.add(socket, context);
				const guarded = new GuardedSocket(socket, () =>
					logger.warn({ user: who.user.id }, 'a client that does not read was dropped')
				);
				const client = hocuspocus.handleConnection(guarded, toWebRequest(request), context);
				socket.on('message', (data: Buffer, binary) => {
					// Once we close it, what the other side still sends is not heard: its role may be another one.
					if (binary && socket.readyState === socket.OPEN) client.handleMessage(new Uint8Array(data));
				});
				socket.on('close', (code, reason) => client.handleClose({ code, reason: reason.toString() }));
				// A frame above the limit or a broken one: `ws` closes the socket with the right code by itself.
				socket.on('error', (error) => logger.warn({ user: who.user.id, err: error }, 'socket error'));
			}
		}
	});

	const unfinished = await db
		.selectDistinct({ notebook: runs.notebookId })
		.from(runs)
		.where(inArray(runs.state, ['waiting', 'queued', 'running']));
	for (const { notebook } of unfinished) {
		rooms
			.open(notebook)
			.catch((error: unknown) => logger.error({ notebook, err: error }, 'room not reopened'));
	}

	return {
		rooms,
		sockets,
		hocuspocus: hocuspocus as Hocuspocus,
		log,
		async stop() {
			gate.close(1012, 'the server is restarting');
			await rooms.close();
			await log.settled();
		}
	};
}

function endingWithSession(rooms: GateOptions['rooms'], sockets: Sockets): GateOptions['rooms'] {
	const ending = Object.entries(rooms).map(([path, room]): [string, GateOptions['rooms'][string]] => [
		path,
		(socket, request, who) => {
			sockets.add(socket, { ...who, notebooks: new Map() });
			room(socket, request, who);
		}
	]);
	return Object.fromEntries(ending);
}

/** Tells the site which notebooks changed, when Hocuspocus would store them. */
function changes(options: CollabOptions, hocuspocus: Hocuspocus): Extension {
	return {
		async onStoreDocument({ documentName }) {
			if (documentName.startsWith('notebook/')) {
				await options.onNotebookChanged?.(documentName.slice('notebook/'.length), hocuspocus);
			}
		}
	};
}

function toWebRequest(request: IncomingMessage): Request {
	const headers = new Headers();
	for (const name of ['user-agent', 'origin'] as const) {
		const value = request.headers[name];
		if (typeof value === 'string') headers.set(name, value);
	}
	return new Request(new URL(request.url ?? '/', 'http://localhost'), { headers });
}
