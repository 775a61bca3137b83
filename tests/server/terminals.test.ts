/** Terminals over HTTP and their sockets: who may see, who may type, and that it ends when the right ends. */
import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { members } from '#db/schema.ts';
import { TERMINAL_UNKNOWN, type TerminalNews } from '#lib/model/terminal-message.ts';
import { caller, expectProblem, type Call } from '../support/api.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
let seed: Seed;
let ada: SeededPerson;
let run: SeededPerson;
let view: SeededPerson;
let stranger: SeededPerson;
let notebook: string;
const call = new Map<SeededPerson, Call>();

beforeAll(async () => {
	server = await startServer();
	seed = await openSeed(server);
	ada = await seed.person('ada', { admin: true, displayName: 'Ada' });
	run = await seed.person('run', { displayName: 'Rune' });
	view = await seed.person('view');
	stranger = await seed.person('stranger', { admin: false });
	notebook = await seed.notebook(ada);
	await seed.member(notebook, run, 'runner');
	await seed.member(notebook, view, 'commenter');
	for (const person of [ada, run, view, stranger]) call.set(person, caller(server, person.token));
});
afterAll(async () => {
	await seed?.close();
	await server?.end();
});

/** A screen in somebody's browser. */
class Screen {
	readonly news: TerminalNews[] = [];
	text = '';
	at = 0;
	closed: { code: number; reason: string } | null = null;
	status: number | null = null;
	readonly socket: WebSocket;
	#waiting = new Set<() => void>();

	constructor(person: SeededPerson, query: Record<string, string>, origin = server.origin) {
		const address = `${server.origin.replace('http', 'ws')}/terminal?${new URLSearchParams(query)}`;
		const headers = { Cookie: `${person.cookie.name}=${person.cookie.value}`, Origin: origin };
		this.socket = new WebSocket(address, { headers });
		this.socket.on('unexpected-response', (_request, response) => {
			this.status = response.statusCode ?? 0;
			this.#wake();
		});
		this.socket.on('error', () => {});
		this.socket.on('message', (data: Buffer, binary) => {
			if (!binary) this.news.push(JSON.parse(data.toString()) as TerminalNews);
			else {
				this.text += data.toString('utf8', 8);
				this.at = Number(data.readBigUInt64BE(0)) + data.length - 8;
				this.socket.send(JSON.stringify({ type: 'ack', at: this.at }));
			}
			this.#wake();
		});
		this.socket.on('close', (code, reason) => {
			this.closed = { code, reason: reason.toString() };
			this.#wake();
		});
	}

	until(condition: () => boolean): Promise<void> {
		return new Promise((resolve) => {
			const look = (): void => {
				if (!condition()) return;
				this.#waiting.delete(look);
				resolve();
			};
			this.#waiting.add(look);
			look();
		});
	}
	shows(words: string): Promise<void> {
		return this.until(() => this.text.includes(words));
	}
	last<T extends TerminalNews['type']>(type: T): Extract<TerminalNews, { type: T }> | undefined {
		return this.news.findLast((each) => each.type === type) as Extract<TerminalNews, { type: T }> | undefined;
	}
	type(text: string): void {
		this.socket.send(Buffer.from(text));
	}
	/** Closed by the server, with this code. */
	async ends(code: number): Promise<void> {
		await this.until(() => this.closed !== null);
		expect(this.closed?.code).toBe(code);
	}
	#wake(): void {
		for (const look of [...this.#waiting]) look();
	}
}

async function started(): Promise<string> {
	const made = await call.get(ada)!('POST', '/api/workspaces/local/terminals', { cols: 90, rows: 20 });
	expect(made).toMatchObject({ status: 201, body: { cols: 90, rows: 20, running: null, shares: [] } });
	return made.body.terminal as string;
}

test('the owner lists, starts, types, comes back to the same place and closes', async () => {
	const terminal = await started();
	const at = { workspace: 'local', terminal };
	const screen = new Screen(ada, at);
	await screen.until(() => screen.last('attached') !== undefined);
	expect(screen.last('hello')).toEqual({
		type: 'hello',
		write: true,
		owner: { id: ada.id, name: 'Ada' },
		workspace: 'This machine'
	});
	screen.type("echo fir''st\n");
	await screen.shows('first\r\n');
	const { at: place } = screen;
	screen.socket.close();
	const again = new Screen(ada, { ...at, after: String(place) });
	await again.until(() => again.last('attached') !== undefined);
	again.type("echo sec''ond\n");
	await again.shows('second\r\n');
	expect(again.text).not.toContain('first\r\n');
	again.type('exit 5\n');
	await again.until(() => again.last('exit') !== undefined);
	expect(again.last('exit')).toEqual({ type: 'exit', status: 5, signal: null });
	const list = await call.get(ada)!('GET', '/api/workspaces/local/terminals');
	expect(list.body.terminals).toEqual([expect.objectContaining({ terminal, status: 5 })]);
	const path = `/api/workspaces/local/terminals/${terminal}`;
	expect((await call.get(ada)!('DELETE', path)).status).toBe(204);
	expectProblem(await call.get(ada)!('DELETE', path), 404, 'terminal-unknown');
	expectProblem(
		await call.get(ada)!('POST', '/api/workspaces/local/terminals', { cwd: '/no/such/folder' }),
		422,
		'agent-start'
	);
});

test('nobody else finds it, no other site gets in, and a session that ends closes it', async () => {
	const terminal = await started();
	const at = { workspace: 'local', terminal };
	for (const person of [run, view, stranger]) {
		const screen = new Screen(person, at);
		await screen.ends(TERMINAL_UNKNOWN);
		expect(screen.news).toEqual([]);
		const list = await call.get(person)!('GET', '/api/workspaces/local/terminals');
		expectProblem(list, 404, 'workspace-unknown');
		expectProblem(
			await call.get(person)!('DELETE', `/api/workspaces/local/terminals/${terminal}`),
			404,
			'workspace-unknown'
		);
	}
	for (const origin of ['http://evil.example', 'null', `${server.origin}.evil.example`]) {
		const screen = new Screen(ada, at, origin);
		await screen.until(() => screen.status !== null);
		expect(screen.status).toBe(403);
	}
	const forged = new Screen({ ...ada, cookie: { ...ada.cookie, value: 'A'.repeat(40) } }, at);
	await forged.until(() => forged.status !== null);
	expect(forged.status).toBe(401);
	for (const odd of [{ workspace: 'local' }, { ...at, after: '-1' }, { ...at, terminal: 'a b' }, {}]) {
		await new Screen(ada, odd as Record<string, string>).ends(TERMINAL_UNKNOWN);
	}

	const other = await seed.person('leaving', { admin: true });
	const screen = new Screen(other, at);
	await screen.until(() => screen.last('attached') !== undefined);
	const headers = {
		Cookie: `${other.cookie.name}=${other.cookie.value}`,
		Origin: server.origin,
		'Content-Type': 'application/x-www-form-urlencoded'
	};
	await fetch(`${server.origin}/sign-out`, { method: 'POST', headers, redirect: 'manual', body: '' });
	await screen.ends(4401);
});

test('in a notebook those who may run watch, type only when allowed, and are out when it is taken back', async () => {
	const terminal = await started();
	const at = { workspace: 'local', terminal };
	const shared = { ...at, notebook };
	const path = `/api/notebooks/${notebook}/terminals`;
	const mine = new Screen(ada, at);
	await mine.until(() => mine.last('attached') !== undefined);
	await new Screen(run, shared).ends(TERMINAL_UNKNOWN);

	// Only one's own, only where one may run.
	expectProblem(await call.get(run)!('POST', path, at), 404, 'workspace-unknown');
	expectProblem(await call.get(view)!('POST', path, at), 403, 'role');
	expectProblem(await call.get(stranger)!('POST', path, at), 404, 'notebook-unknown');
	expect((await call.get(ada)!('POST', path, at)).status).toBe(204);
	await mine.until(() => mine.last('shares')?.shares.length === 1);
	expect(mine.last('shares')!.shares).toEqual([expect.objectContaining({ notebook, write: false })]);

	expect((await call.get(run)!('GET', path)).body.terminals).toEqual([
		expect.objectContaining({ ...at, write: false, owner: { id: ada.id, name: 'Ada' } })
	]);
	expectProblem(await call.get(view)!('GET', path), 403, 'role');
	for (const person of [view, stranger]) await new Screen(person, shared).ends(TERMINAL_UNKNOWN);

	const theirs = new Screen(run, shared);
	await theirs.until(() => theirs.last('attached') !== undefined);
	expect(theirs.last('hello')).toMatchObject({ write: false, owner: { name: 'Ada' } });
	await mine.until(() => mine.last('people')?.people.length === 2);
	expect(mine.last('people')!.people).toContainEqual({ id: run.id, name: 'Rune', write: false });
	theirs.type('echo intru""der\n');
	theirs.socket.send(JSON.stringify({ type: 'resize', cols: 20, rows: 5 }));
	mine.type("echo ow''ner\n");
	await theirs.shows('owner\r\n');
	expect(theirs.text).not.toContain('intruder');
	expect(mine.last('size')).toBeUndefined();

	expect((await call.get(ada)!('POST', path, { ...at, write: true })).status).toBe(204);
	await theirs.ends(4403);
	const typing = new Screen(run, shared);
	await typing.until(() => typing.last('attached') !== undefined);
	expect(typing.last('hello')).toMatchObject({ write: true });
	typing.type("echo gue''st\n");
	await mine.shows('guest\r\n');

	// A weaker role closes it, the stronger one opens it again.
	const role = and(eq(members.notebookId, notebook), eq(members.userId, run.id));
	await call.get(ada)!('PUT', `/api/notebooks/${notebook}/members`, { name: 'run', role: 'viewer' });
	await typing.ends(4403);
	await new Screen(run, shared).ends(TERMINAL_UNKNOWN);
	await seed.db.update(members).set({ role: 'runner' }).where(role);
	const last = new Screen(run, shared);
	await last.until(() => last.last('attached') !== undefined);
	expectProblem(await call.get(run)!('DELETE', `${path}/${terminal}`), 404, 'terminal-unknown');
	expect((await call.get(ada)!('DELETE', `${path}/${terminal}`)).status).toBe(204);
	await last.ends(4403);
	await new Screen(run, shared).ends(TERMINAL_UNKNOWN);
	expect(mine.closed).toBeNull();
	await mine.until(() => mine.last('shares')?.shares.length === 0);
	mine.socket.close();
});
