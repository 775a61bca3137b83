/** The server without its pages: real PostgreSQL, rooms, gateway and sockets on a free loopback port. */
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { createServer, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import * as Y from 'yjs';
import type { CommandReply, CommandResult, RoomCommand } from '#lib/model/room-command.ts';
import { addUser } from '#lib/server/account-rows.ts';
import { readConfig, type Config } from '#lib/server/config.ts';
import type { Caller } from '#lib/server/services.ts';
import { runtimeFolder, startServices, type RunningServices } from '../../src/services.ts';
import { stopAgent } from './agent-process.ts';
import { testPython } from './python.ts';

export const PASSWORD = 'a long enough password';

export interface Person {
	caller: Caller;
	cookie: string;
}

export interface TestRooms extends RunningServices {
	http: Server;
	origin: string;
	dataDir: string;
	person(name: string, options?: { admin?: boolean }): Promise<Person>;
	/** Open a notebook as a browser would. */
	open(person: Person, notebook: string, options?: { token?: string }): Promise<OpenNotebook>;
	/** Stop and start again on the same data. */
	restart(): Promise<TestRooms>;
	end(): Promise<void>;
}

export interface OpenNotebook {
	notebook: HocuspocusProvider;
	runtime: HocuspocusProvider;
	doc: Y.Doc;
	runtimeDoc: Y.Doc;
	command(command: RoomCommand): Promise<CommandResult>;
	/** Resolves when everything typed here is in the database. */
	saved(): Promise<void>;
	close(): void;
}

/** Start on a fresh data folder (or `dataDir`); `more` goes over the configuration. */
export async function startRooms(
	given: { dataDir?: string; port?: number; more?: Partial<Config> } = {}
): Promise<TestRooms> {
	const dataDir = given.dataDir ?? (await mkdtemp(join(tmpdir(), 'ansatz-test-')));
	const http = createServer();
	await new Promise<void>((resolve) => http.listen(given.port ?? 0, '127.0.0.1', resolve));
	const { port } = http.address() as AddressInfo;
	const config = {
		...readConfig({ PORT: String(port), DATA_DIR: dataDir, PYTHON: testPython(), LOG_LEVEL: 'error' }),
		// The tests' own environment stands in for the one the first start makes: it has the same packages.
		localEnvironment: join(testPython(), '..', '..'),
		...given.more
	};
	const running = await startServices(config, http);
	const origin = config.origin;
	const stop = async (): Promise<void> => {
		const closed = new Promise((resolve) => http.close(resolve));
		await running.stop();
		http.closeAllConnections();
		await closed;
	};

	return {
		...running,
		http,
		origin,
		dataDir,
		async person(name, { admin = false } = {}) {
			await addUser(running.db, { name, displayName: name, password: PASSWORD, admin });
			const cookie = await running.services.accounts.signIn(name, PASSWORD, {
				address: '127.0.0.1',
				userAgent: ''
			});
			const { caller } = await running.services.accounts.validate(cookie.value);
			return { caller: caller!, cookie: `${cookie.name}=${cookie.value}` };
		},
		open: (person, notebook, options) => openNotebook(running, origin, port, person, notebook, options),
		async restart() {
			await stop();
			return startRooms({ ...given, dataDir, port });
		},
		async end() {
			await stop();
			stopAgent(runtimeFolder(dataDir));
			await rm(dataDir, { recursive: true, force: true });
		}
	};
}

/** A `WebSocket` class that carries a cookie and an origin, as a browser's page of `origin` would. */
export function socketClass(cookie: string, origin: string): typeof WebSocket {
	return class extends WebSocket {
		constructor(url: string | URL) {
			super(url, { headers: { cookie, origin } });
		}
	} as typeof WebSocket;
}

async function openNotebook(
	running: RunningServices,
	origin: string,
	port: number,
	person: Person,
	id: string,
	options: { token?: string } = {}
): Promise<OpenNotebook> {
	const token = options.token ?? (await running.services.notebooks.get(person.caller, id)).genesis;
	const websocketProvider = new HocuspocusProviderWebsocket({
		url: `ws://127.0.0.1:${port}/collab`,
		WebSocketPolyfill: socketClass(person.cookie, origin),
		delay: 100,
		minDelay: 50,
		maxDelay: 500
	});
	const notebook = new HocuspocusProvider({
		websocketProvider,
		name: `notebook/${id}`,
		document: new Y.Doc(),
		token
	});
	const runtime = new HocuspocusProvider({
		websocketProvider,
		name: `runtime/${id}`,
		document: new Y.Doc(),
		token
	});
	notebook.attach();
	runtime.attach();
	await Promise.all([synced(notebook), synced(runtime)]);
	let n = 0;
	return {
		notebook,
		runtime,
		doc: notebook.document,
		runtimeDoc: runtime.document,
		command(command) {
			const number = ++n;
			return new Promise((resolve, reject) => {
				const onReply = ({ payload }: { payload: string }): void => {
					const reply = JSON.parse(payload) as CommandReply;
					if (reply.n !== number) return;
					notebook.off('stateless', onReply);
					if (reply.ok) resolve(reply.result);
					else reject(Object.assign(new Error(reply.problem.title), { problem: reply.problem }));
				};
				notebook.on('stateless', onReply);
				notebook.sendStateless(JSON.stringify({ n: number, command }));
			});
		},
		saved: () => saved(notebook),
		close() {
			notebook.destroy();
			runtime.destroy();
			websocketProvider.destroy();
		}
	};
}

/** Resolves when the provider has the server's state; rejects with the server's reason when it is refused. */
export function synced(provider: HocuspocusProvider): Promise<void> {
	if (provider.isSynced) return Promise.resolve();
	return new Promise((resolve, reject) => {
		provider.on('synced', () => resolve());
		provider.on('authenticationFailed', ({ reason }: { reason: string }) => reject(new Error(reason)));
	});
}

function saved(provider: HocuspocusProvider): Promise<void> {
	if (provider.unsyncedChanges === 0) return Promise.resolve();
	return new Promise((resolve) => {
		const check = ({ number }: { number: number }): void => {
			if (number > 0) return;
			provider.off('unsyncedChanges', check);
			resolve();
		};
		provider.on('unsyncedChanges', check);
	});
}

/** Resolves with what `read` gives as soon as it gives anything; looked at at every change of `doc`. */
export function until<T>(doc: Y.Doc, read: () => T | null | undefined | false): Promise<T> {
	return new Promise((resolve) => {
		const check = (): void => {
			const value = read();
			if (value === null || value === undefined || value === false) return;
			doc.off('update', check);
			resolve(value);
		};
		doc.on('update', check);
		check();
	});
}
