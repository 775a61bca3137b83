/** What the sockets refuse, tried with hand-made clients: no browser stands between them and the server. */
import { HocuspocusProvider } from '@hocuspocus/provider';
import * as encoding from 'lib0/encoding';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { cellIds, cellsOf, insertCell, readCells, sourceOf } from '#lib/model/notebook-doc.ts';
import { kernelMapOf } from '#lib/model/runtime-doc.ts';
import { startRooms, until, type Person, type TestRooms } from '../support/rooms.ts';

let rooms: TestRooms;
let ada: Person;
let bob: Person;
let eve: Person;

beforeAll(async () => {
	rooms = await startRooms();
	ada = await rooms.person('ada', { admin: true });
	bob = await rooms.person('bob');
	eve = await rooms.person('eve');
});
afterAll(() => rooms.end());

async function shared(role: 'viewer' | 'runner' | 'editor'): Promise<string> {
	const { id } = await rooms.services.notebooks.create(ada.caller);
	await rooms.services.notebooks.setMember(ada.caller, id, 'bob', role);
	return id;
}

async function stored(id: string): Promise<Y.Doc> {
	const doc = new Y.Doc();
	for (const update of (await rooms.services.notebooks.get(ada.caller, id)) && [await load(id)])
		Y.applyUpdate(doc, update);
	return doc;
}

async function load(id: string): Promise<Uint8Array> {
	const open = await rooms.open(ada, id);
	const state = Y.encodeStateAsUpdate(open.doc);
	open.close();
	return state;
}

test('a viewer’s edits reach nobody, and the client is told that they are not stored', async () => {
	const id = await shared('viewer');
	const before = readCells(await stored(id));
	const open = await rooms.open(bob, id);
	insertCell(open.doc, 0, { type: 'code', source: 'import os' });
	sourceOf(cellsOf(open.doc).get(before[0]!.id))!.insert(0, 'forged');
	// Answered in order: when this comes back the server has seen the edits.
	await expect(open.command({ do: 'run', cells: 'all' })).rejects.toMatchObject({
		problem: { code: 'role' }
	});
	expect(open.notebook.unsyncedChanges).toBeGreaterThan(0);
	expect(readCells(await stored(id))).toEqual(before);
	open.close();
});

test('nobody writes a runtime document but the room, not even its owner', async () => {
	const { id } = await rooms.services.notebooks.create(ada.caller);
	const open = await rooms.open(ada, id);
	kernelMapOf(open.runtimeDoc).set('state', 'forged');
	await open.command({ do: 'cancel', runs: 'all' });
	const again = await rooms.open(ada, id);
	expect(kernelMapOf(again.runtimeDoc).get('state')).not.toBe('forged');
	open.close();
	again.close();
});

test('a runner runs but does not edit', async () => {
	const id = await shared('runner');
	const owner = await rooms.open(ada, id);
	const cell = cellIds(owner.doc)[0]!;
	sourceOf(cellsOf(owner.doc).get(cell))!.insert(0, '40+2');
	await owner.command({ do: 'run', cells: [cell] });
	const runner = await rooms.open(bob, id);
	const { runs } = await runner.command({ do: 'run', cells: [cell] });
	expect(runs).toHaveLength(1);
	await expect(runner.command({ do: 'clear', cells: 'all' })).rejects.toMatchObject({
		problem: { code: 'role' }
	});
	sourceOf(cellsOf(runner.doc).get(cell))!.insert(0, 'forged ');
	await runner.command({ do: 'cancel', runs: 'all' });
	expect(sourceOf(cellsOf(owner.doc).get(cell))!.toString()).toBe('40+2');
	owner.close();
	runner.close();
});

test('who has no role cannot open the documents, and is not told that they exist', async () => {
	const { id } = await rooms.services.notebooks.create(ada.caller);
	const { genesis } = await rooms.services.notebooks.get(ada.caller, id);
	await expect(rooms.open(eve, id, { token: genesis })).rejects.toThrow('forbidden');
	await expect(rooms.open(eve, 'nosuchnotebook', { token: genesis })).rejects.toThrow('forbidden');
	await expect(rooms.services.notebooks.get(eve.caller, id)).rejects.toMatchObject({ status: 404 });
});

test('a copy with another history is sent away instead of merged', async () => {
	const { id } = await rooms.services.notebooks.create(ada.caller);
	await expect(rooms.open(ada, id, { token: 'another-genesis' })).rejects.toThrow('genesis');
});

test('a role taken away closes the sockets, and the next opening has the new role', async () => {
	const id = await shared('editor');
	const open = await rooms.open(bob, id);
	const closed = new Promise<number>((resolve) =>
		open.notebook.configuration.websocketProvider.on('close', ({ event }: { event: { code: number } }) =>
			resolve(event.code)
		)
	);
	await rooms.services.notebooks.removeMember(ada.caller, id, bob.caller.user.id);
	expect(await closed).toBe(4403);
	open.close();
	await expect(rooms.services.notebooks.get(bob.caller, id)).rejects.toMatchObject({ status: 404 });
});

test('the end of a session closes its sockets', async () => {
	const { id } = await rooms.services.notebooks.create(ada.caller);
	const carol = await rooms.person('carol');
	await rooms.services.notebooks.setMember(ada.caller, id, 'carol', 'viewer');
	const open = await rooms.open(carol, id);
	const closed = new Promise<number>((resolve) =>
		open.notebook.configuration.websocketProvider.on('close', ({ event }: { event: { code: number } }) =>
			resolve(event.code)
		)
	);
	await rooms.services.accounts.signOut(carol.caller);
	expect(await closed).toBe(4401);
	open.close();
});

test('presence carries the name of the session, whatever the client says, and nobody speaks for another', async () => {
	const id = await shared('viewer');
	const owner = await rooms.open(ada, id);
	owner.notebook.setAwarenessField('cursor', { at: 'home' });
	const viewer = await rooms.open(bob, id);
	viewer.notebook.setAwarenessField('user', { name: 'Ada Lovelace', id: ada.caller.user.id });
	const states = owner.notebook.awareness!.getStates();
	await new Promise<void>((resolve) => {
		const check = (): void => {
			if ((states.get(viewer.doc.clientID)?.user as { name?: string } | undefined)?.name) resolve();
		};
		owner.notebook.awareness!.on('change', check);
		check();
	});
	expect(states.get(viewer.doc.clientID)?.user).toMatchObject({ name: 'bob', id: bob.caller.user.id });

	const forged = new Awareness(new Y.Doc());
	forged.clientID = owner.doc.clientID;
	forged.setLocalState({ cursor: { at: 'moved by bob' } });
	const frame = encoding.createEncoder();
	encoding.writeVarString(frame, `notebook/${id}`);
	encoding.writeVarUint(frame, 1);
	encoding.writeVarUint8Array(frame, encodeAwarenessUpdate(forged, [forged.clientID]));
	(viewer.notebook.configuration.websocketProvider.webSocket as unknown as WebSocket).send(
		encoding.toUint8Array(frame)
	);
	await expect(viewer.command({ do: 'interrupt' })).rejects.toThrow();
	const third = await rooms.open(ada, id);
	await new Promise<void>((resolve) => {
		const check = (): void => {
			if (third.notebook.awareness!.getStates().has(owner.doc.clientID)) resolve();
		};
		third.notebook.awareness!.on('change', check);
		check();
	});
	expect(third.notebook.awareness!.getStates().get(owner.doc.clientID)?.cursor).toEqual({ at: 'home' });
	forged.destroy();
	owner.close();
	viewer.close();
	third.close();
});

const port = (): string => new URL(rooms.origin).port;

test.each([
	['another site', () => 'https://evil.example'],
	['our name as a prefix', () => `${rooms.origin}.evil.example`],
	['our name as a suffix', () => `http://evil-localhost:${port()}`],
	['another port', () => 'http://localhost:1'],
	['the frame’s opaque origin', () => 'null'],
	['the host of untrusted content', () => `http://127.0.0.1:${port()}`],
	['none', () => undefined]
])('a socket from %s is refused before it exists', async (_, origin) => {
	expect(await upgrade('/collab', { cookie: ada.cookie, origin: origin() })).toBe(403);
});

test('a socket without a session, and one at another path, are refused', async () => {
	for (const path of ['/collab', '/person', '/terminal']) {
		expect(await upgrade(path, { origin: rooms.origin })).toBe(401);
		expect(await upgrade(path, { origin: rooms.origin, cookie: 'ansatz=forged' })).toBe(401);
	}
	expect(await upgrade('/nowhere', { origin: rooms.origin, cookie: ada.cookie })).toBe(404);
	expect(await upgrade('/constructor', { origin: rooms.origin, cookie: ada.cookie })).toBe(404);
});

function upgrade(path: string, headers: Record<string, string | undefined>): Promise<number> {
	return new Promise((resolve, reject) => {
		const present = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
		const socket = new WebSocket(`ws://127.0.0.1:${port()}${path}`, {
			headers: present as Record<string, string>
		});
		socket.on('unexpected-response', (request, response) => {
			resolve(response.statusCode ?? 0);
			request.destroy();
		});
		socket.on('open', () => {
			socket.close();
			resolve(101);
		});
		socket.on('error', (error) => (/Unexpected|hang up/.test(error.message) ? null : reject(error)));
	});
}

test('a frame above the limit closes the socket with 1009 and changes nothing', async () => {
	const { id } = await rooms.services.notebooks.create(ada.caller);
	const before = readCells(await stored(id));
	const open = await rooms.open(ada, id);
	const provider: HocuspocusProvider = open.notebook;
	const closed = new Promise<number>((resolve) =>
		provider.configuration.websocketProvider.on('close', ({ event }: { event: { code: number } }) =>
			resolve(event.code)
		)
	);
	sourceOf(cellsOf(open.doc).get(before[0]!.id))!.insert(0, 'x'.repeat(5_000_000));
	expect(await closed).toBe(1009);
	open.close();
	expect(readCells(await stored(id))).toEqual(before);
});

test('garbage on the socket and unknown commands do no harm', async () => {
	const { id } = await rooms.services.notebooks.create(ada.caller);
	const open = await rooms.open(ada, id);
	open.notebook.sendStateless('not json');
	open.notebook.sendStateless('{"n": 99, "command": {"do": "launch missiles"}}');
	await expect(open.command({ do: 'nonsense' } as never)).rejects.toMatchObject({
		problem: { code: 'command-unreadable' }
	});
	const frame = encoding.createEncoder();
	encoding.writeVarString(frame, `notebook/${id}`);
	for (const byte of [0, 2, 255, 255, 255, 3, 1, 2]) encoding.writeUint8(frame, byte);
	(open.notebook.configuration.websocketProvider.webSocket as unknown as WebSocket).send(
		encoding.toUint8Array(frame)
	);
	open.close();
	const again = await rooms.open(ada, id);
	insertCell(again.doc, 0, { type: 'markdown', source: 'still here' });
	await again.saved();
	const other = await rooms.open(ada, id);
	await until(other.doc, () => readCells(other.doc).some((cell) => cell.source === 'still here'));
	again.close();
	other.close();
});
