/** The person's line against a real WebSocket server that goes away and comes back. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { PersonLine, type OpenAsk } from '#lib/client/person-line.svelte.ts';
import type { Ask } from '#lib/model/ask.ts';

const ASK: Ask = {
	kind: 'prompts',
	about: { workspace: 'w', name: 'Cluster', hop: 0, host: 'login.example', port: 22, user: 'ada' },
	title: '',
	instructions: '',
	prompts: [{ text: 'Code:', echo: false }]
};

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

async function listen(
	port = 0
): Promise<{ server: WebSocketServer; port: number; stop: () => Promise<void> }> {
	const server = new WebSocketServer({ host: '127.0.0.1', port });
	await once(server, 'listening');
	const stop = async (): Promise<void> => {
		for (const client of server.clients) client.terminate();
		await new Promise<void>((resolve) => server.close(() => resolve()));
	};
	ends.push(stop);
	return { server, port: (server.address() as AddressInfo).port, stop };
}

async function visitor(server: WebSocketServer): Promise<{ socket: WebSocket; heard: unknown[] }> {
	const [socket] = (await once(server, 'connection')) as [WebSocket];
	const heard: unknown[] = [];
	socket.on('message', (data) => heard.push(JSON.parse(String(data))));
	return { socket, heard };
}

/** What comes comes: a second, the runner's own patience, is less than a busy machine may take. */
function seen(look: () => void): Promise<void> {
	return vi.waitFor(look, 30_000);
}

function open(port: number, pending: () => OpenAsk[] = () => []): PersonLine {
	const line = new PersonLine(() => Promise.resolve(pending()));
	ends.push(() => line.close());
	line.open(`ws://127.0.0.1:${port}/person`);
	return line;
}

test('news goes to those who listen for its kind, and to nobody who has stopped', async () => {
	const { server, port } = await listen();
	const line = open(port);
	const { socket } = await visitor(server);
	const states: string[] = [];
	const notices: string[] = [];
	const stop = line.on('workspace', ({ state }) => states.push(state));
	line.on('notice', ({ notice }) => notices.push(notice.title));
	const say = (news: unknown): void => socket.send(JSON.stringify(news));
	say({ type: 'workspace', workspace: 'w', state: 'connecting' });
	say({ type: 'notice', notice: { id: '1', title: 'one' } });
	await seen(() => expect(notices).toEqual(['one']));
	stop();
	say({ type: 'workspace', workspace: 'w', state: 'connected' });
	say({ type: 'notice', notice: { id: '2', title: 'two' } });
	await seen(() => expect(notices).toEqual(['one', 'two']));
	expect(states).toEqual(['connecting']);
});

test('a question waits until it is answered here or settled elsewhere', async () => {
	const { server, port } = await listen();
	const line = open(port);
	const { socket, heard } = await visitor(server);
	for (const id of ['before', 'a', 'b', 'a']) socket.send(JSON.stringify({ type: 'ask', id, ask: ASK }));
	await seen(() => expect(line.asks.map(({ id }) => id)).toEqual(['before', 'a', 'b']));
	socket.send(JSON.stringify({ type: 'ask-settled', id: 'a' }));
	await seen(() => expect(line.asks.map(({ id }) => id)).toEqual(['before', 'b']));
	expect(line.answer('b', { kind: 'prompts', answers: ['123'] })).toBe(true);
	await seen(() =>
		expect(heard).toEqual([{ type: 'answer', id: 'b', answer: { kind: 'prompts', answers: ['123'] } }])
	);
	expect(line.asks.map(({ id }) => id)).toEqual(['before']);
});

test('after the server was away, watched folders are watched again and said to be looked at', async () => {
	const first = await listen();
	const pending: OpenAsk[] = [{ id: 'open', ask: ASK }];
	const line = open(first.port, () => pending);
	const before = await visitor(first.server);
	let looks = 0;
	const stop = line.watch('w', '/data', () => looks++);
	line.watch('w', '/data', () => {});
	await seen(() => expect(before.heard).toEqual([{ type: 'watch', workspace: 'w', path: '/data' }]));
	before.socket.send(JSON.stringify({ type: 'folder', workspace: 'w', path: '/data' }));
	await seen(() => expect(looks).toBe(1));
	for (const id of ['gone', 'open']) before.socket.send(JSON.stringify({ type: 'ask', id, ask: ASK }));
	await seen(() => expect(line.asks).toHaveLength(2));
	await first.stop();
	await seen(() => expect(line.live).toBe(false));
	expect(line.answer('gone', { kind: 'refused' })).toBe(false);

	const second = await listen(first.port);
	const after = await visitor(second.server);
	await seen(() => expect(after.heard).toEqual([{ type: 'watch', workspace: 'w', path: '/data' }]));
	await seen(() => expect(line.live).toBe(true));
	expect(looks).toBe(2);
	await seen(() => expect(line.asks).toEqual(pending));
	stop();
	after.socket.send(JSON.stringify({ type: 'folder', workspace: 'w', path: '/data' }));
	line.watch('w', '/other', () => {});
	await seen(() => expect(after.heard).toHaveLength(2));
	expect(looks).toBe(2);
});

test('a line closed because the session ended is not opened again', async () => {
	const { server, port } = await listen();
	const line = open(port);
	const { socket } = await visitor(server);
	await seen(() => expect(line.live).toBe(true));
	const again = vi.fn();
	server.on('connection', again);
	socket.close(4401);
	await seen(() => expect(line.live).toBe(false));
	// A line opened anew is another one, and the only one that came.
	line.open(`ws://127.0.0.1:${port}/person`);
	await seen(() => expect(line.live).toBe(true));
	expect(again).toHaveBeenCalledTimes(1);
});
