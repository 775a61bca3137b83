/** Nothing that was acknowledged is lost: not by a killed server, not by a database that is away. */
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as Y from 'yjs';
import { openDatabase } from '#db/database.ts';
import { cellIds, cellsOf, notebookDocName, readCells, sourceOf } from '#lib/model/notebook-doc.ts';
import { addUser } from '#lib/server/account-rows.ts';
import { startPostgres } from '#lib/server/embedded-postgres.ts';
import { createNotebook } from '#lib/server/notebook-files.ts';
import { createSessions } from '#lib/server/sessions.ts';
import { documents } from '#db/schema.ts';
import { eq } from 'drizzle-orm';
import { random } from '../support/seed.ts';
import { socketClass, synced } from '../support/rooms.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 20);

let server: ServerProcess;
let cookie: string;
let notebook: string;
let genesis: string;

beforeAll(async () => {
	server = await startServer();
	const database = await openDatabase((await startPostgres(server.dataDir)).address);
	const user = await addUser(database.db, {
		name: 'ada',
		displayName: 'Ada',
		password: 'long enough',
		admin: true
	});
	const session = await createSessions(database.db, { secure: false }).create(user, {
		address: '',
		userAgent: ''
	});
	cookie = `${session.cookie.name}=${session.cookie.value}`;
	notebook = (await createNotebook(database.db, user)).id;
	const [row] = await database.db
		.select()
		.from(documents)
		.where(eq(documents.name, notebookDocName(notebook)));
	genesis = row!.genesis;
	await database.close();
});
afterAll(() => server.end());

interface Tab {
	provider: HocuspocusProvider;
	text: Y.Text;
	close(): void;
}

async function open(): Promise<Tab> {
	const websocketProvider = new HocuspocusProviderWebsocket({
		url: `ws://127.0.0.1:${server.port}/collab`,
		WebSocketPolyfill: socketClass(cookie, server.origin),
		delay: 100,
		minDelay: 50,
		maxDelay: 500
	});
	const provider = new HocuspocusProvider({
		websocketProvider,
		name: notebookDocName(notebook),
		document: new Y.Doc(),
		token: genesis
	});
	provider.attach();
	await synced(provider);
	const doc = provider.document;
	return {
		provider,
		text: sourceOf(cellsOf(doc).get(cellIds(doc)[0]!))!,
		close() {
			provider.destroy();
			websocketProvider.destroy();
		}
	};
}

test(`kill -9 of the server under typing, ${ROUNDS} rounds: every acknowledged character is there afterwards`, async () => {
	const r = random();
	console.info(`SEED=${r.seed}`);
	let total = 0;
	for (let round = 0; round < ROUNDS; round++) {
		const tab = await open();
		// What Saved has been said of so far; the tab is thrown away, so only the server can know the rest.
		let acknowledged = tab.text.toString();
		const acks = 5 + r.below(120);
		await new Promise<void>((resolve) => {
			let seen = 0;
			let going = true;
			tab.provider.on('unsyncedChanges', ({ number }: { number: number }) => {
				if (number > 0 || !going) return;
				acknowledged = tab.text.toString();
				if (++seen < acks) return;
				going = false;
				resolve();
			});
			const type = (): void => {
				if (!going) return;
				for (let i = r.below(4); i >= 0; i--)
					tab.text.insert(tab.text.length, String.fromCharCode(97 + r.below(26)));
				setTimeout(type, 3 + r.below(12));
			};
			type();
		});
		// Not acknowledged, and on the way when the server dies: may be there or not.
		tab.text.insert(tab.text.length, '.'.repeat(r.below(5)));
		await server.kill();
		tab.close();
		server = await server.restart();
		const fresh = await open();
		expect(fresh.text.toString().startsWith(acknowledged), `seed ${r.seed}, round ${round}`).toBe(true);
		total = acknowledged.length;
		fresh.close();
	}
	expect(total).toBeGreaterThan(ROUNDS * 5);
}, 180_000);

test('a tab that stays open keeps its edits through a killed server and brings them in afterwards', async () => {
	const tab = await open();
	await server.kill();
	tab.text.insert(0, 'typed while the server was away ');
	expect(tab.provider.unsyncedChanges).toBeGreaterThan(0);
	server = await server.restart();
	await new Promise<void>((resolve) =>
		tab.provider.on('unsyncedChanges', ({ number }: { number: number }) => number === 0 && resolve())
	);
	tab.close();
	const fresh = await open();
	expect(fresh.text.toString().startsWith('typed while the server was away ')).toBe(true);
	fresh.close();
});

test('SIGTERM with an open socket ends in order within ten seconds, and nothing is lost', async () => {
	const tab = await open();
	tab.text.insert(0, 'last words ');
	expect(await server.stop()).toBe(0);
	tab.close();
	server = await server.restart();
	const fresh = await open();
	expect(fresh.text.toString().startsWith('last words ')).toBe(true);
	fresh.close();
});

test('a second server on the same data folder names the process that holds it and ends with 2', async () => {
	const second = await startServer({ dataDir: server.dataDir }).catch((error: Error) => error.message);
	expect(second).toContain('The server ended with 2');
	expect(second).toMatch(/in use by the Ansatz server with process id \d+/);
	expect(readCells((await open()).provider.document).length).toBeGreaterThan(0);
});

test('while the database is away edits are kept in the tab and not acknowledged; afterwards they arrive', async () => {
	const tab = await open();
	const postmaster = Number(
		(await readFile(join(server.dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]
	);
	const closed = new Promise<number>((resolve) =>
		tab.provider.configuration.websocketProvider.on('close', ({ event }: { event: { code: number } }) =>
			resolve(event.code)
		)
	);
	process.kill(postmaster, 'SIGQUIT');
	tab.text.insert(0, 'typed without a database ');
	expect(await closed).toBe(1013);
	expect(tab.provider.unsyncedChanges).toBeGreaterThan(0);
	const back = await startPostgres(server.dataDir);
	await new Promise<void>((resolve) =>
		tab.provider.on('unsyncedChanges', ({ number }: { number: number }) => number === 0 && resolve())
	);
	tab.close();
	expect(back.started).toBe(true);
	await server.kill();
	server = await server.restart();
	const fresh = await open();
	expect(fresh.text.toString().startsWith('typed without a database ')).toBe(true);
	fresh.close();
});
