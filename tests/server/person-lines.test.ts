/** Questions to a person over real sockets: who hears them, which answer counts, how they end. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { Ask, AskAnswer } from '#lib/model/ask.ts';
import { PersonLines } from '#lib/server/person-lines.ts';
import { openPage, type PageLine } from '../support/person-line.ts';

const ABOUT = { workspace: 'w1', name: 'Node', hop: 0, host: 'h', port: 22, user: 'ada' };
const CODE: Ask = {
	kind: 'prompts',
	about: ABOUT,
	title: '',
	instructions: '',
	prompts: [{ text: 'Code: ', echo: false }]
};
const SIGN: Ask = {
	kind: 'signature',
	about: ABOUT,
	key: 'SHA256:x',
	algorithm: 'ssh-ed25519',
	data: 'AAAA'
};
const right: AskAnswer = { kind: 'prompts', answers: ['123456'] };

let http: Server;
let lines: PersonLines;
let logged: string[];
const never = new AbortController().signal;

/** Enters as the person named by the `x-user` header; who may is the gate's, which has its own test. */
async function page(user: string): Promise<PageLine> {
	return openPage((http.address() as AddressInfo).port, { 'x-user': user });
}

async function start(times: ConstructorParameters<typeof PersonLines>[0]['times']): Promise<void> {
	logged = [];
	const log = (fields: object, message: string): void => void logged.push(`${message} ${inspect(fields)}`);
	lines = new PersonLines({
		ownerOf: async (workspace) => (workspace === 'w1' ? 'ada' : null),
		logger: { info: log, warn: log, error: log },
		...(times ? { times } : {})
	});
	http = createServer();
	const sockets = new WebSocketServer({ server: http });
	sockets.on('connection', (socket, request) => {
		const id = String(request.headers['x-user']);
		lines.join(socket, { user: { id, name: id, admin: false }, session: null });
	});
	await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
}

beforeEach(() => start({}));
afterEach(() => {
	lines.close();
	http.closeAllConnections();
	http.close();
});

test('every page of the owner is asked, also one that comes later; the first answer counts and the others are told', async () => {
	const [one, two, eve] = [await page('ada'), await page('ada'), await page('eve')];
	const answer = lines.ask(CODE, never);
	const { id, ask } = await one.nextAsk();
	expect(ask).toEqual(CODE);
	expect((await two.nextAsk()).id).toBe(id);
	const three = await page('ada');
	expect((await three.nextAsk()).id).toBe(id);
	// Another person cannot answer, and what does not fit is no answer.
	eve.answer(id, right as never);
	await eve.heard('ask-settled');
	one.answer(id, { kind: 'prompts', answers: ['1', '2'] });
	one.answer(id, { kind: 'signature', signature: Buffer.alloc(64).toString('base64') });
	two.answer(id, right as never);
	expect(await answer).toEqual(right);
	for (const each of [one, two, three]) {
		await each.heard('ask-settled');
	}
	// A late one hears that it is late.
	const before = three.news.length;
	three.answer(id, right as never);
	await three.heard('ask-settled', (news) => three.news.indexOf(news) >= before);
	expect(eve.news.filter(({ type }) => type !== 'ask-settled')).toEqual([]);
	expect(logged.join('\n')).not.toContain('123456');
});

test('a signature has 64 bytes, a refusal fits everything, and taking a question back settles it', async () => {
	const ada = await page('ada');
	const signed = lines.ask(SIGN, never);
	const { id } = await ada.nextAsk();
	ada.answer(id, { kind: 'signature', signature: 'AAAA' });
	const signature = Buffer.alloc(64, 7).toString('base64');
	ada.answer(id, { kind: 'signature', signature });
	expect(await signed).toEqual({ kind: 'signature', signature });
	const refused = lines.ask(CODE, never);
	ada.answer((await ada.nextAsk()).id, { kind: 'refused' });
	expect(await refused).toEqual({ kind: 'refused' });
	const abort = new AbortController();
	const takenBack = lines.ask(CODE, abort.signal);
	const open = await ada.nextAsk();
	abort.abort();
	expect(await takenBack).toEqual({ kind: 'nobody' });
	await ada.heard('ask-settled', (news) => news.id === open.id);
	expect(await lines.ask(CODE, abort.signal)).toEqual({ kind: 'nobody' });
	expect(await lines.ask({ ...CODE, about: { ...ABOUT, workspace: 'gone' } }, never)).toEqual({
		kind: 'nobody'
	});
});

test('nobody there and nobody coming is told soon; a page in time, or a script that looks, is waited for', async () => {
	lines.close();
	http.close();
	await start({ arrival: 300, poll: 5000 });
	expect(await lines.ask(CODE, never)).toEqual({ kind: 'nobody' });
	const inTime = lines.ask(CODE, never);
	const ada = await page('ada');
	ada.answer((await ada.nextAsk()).id, right as never);
	expect(await inTime).toEqual(right);
	// The page goes while it is asked, and nobody comes back.
	const left = lines.ask(CODE, never);
	await ada.nextAsk();
	await ada.close();
	expect(await left).toEqual({ kind: 'nobody' });
	const polled = lines.ask(CODE, never);
	// The owner is looked up before the question is open.
	await new Promise(setImmediate);
	const [open] = lines.openFor('ada');
	expect(open!.ask).toEqual(CODE);
	expect(lines.openFor('eve')).toEqual([]);
	expect(lines.answer('eve', open!.id, right)).toBe('settled');
	expect(lines.answer('ada', open!.id, { kind: 'prompts', answers: [] })).toBe('unfit');
	expect(lines.answer('ada', open!.id, right)).toBe('taken');
	expect(await polled).toEqual(right);
	expect(lines.answer('ada', open!.id, right)).toBe('settled');
});

test('what is no message, too long or too much ends the line, and a listener that fails harms nobody', async () => {
	for (const [text, code] of [
		['no json', 1007],
		['{"type":"other"}', 1007],
		['{"type":"watch","workspace":"w","path":""}', 1007],
		[JSON.stringify({ type: 'watch', workspace: 'w', path: 'x'.repeat(200_000) }), 1009]
	] as const) {
		const bad = await page('ada');
		bad.sayRaw(text);
		expect([text.slice(0, 20), await bad.closed]).toEqual([text.slice(0, 20), code]);
	}
	const flood = await page('ada');
	for (let n = 0; n < 400; n++) flood.say({ type: 'watch', workspace: 'w', path: String(n) });
	expect(await flood.closed).toBe(1008);

	const heard: string[] = [];
	lines.on('watch', () => {
		throw new Error('broken');
	});
	lines.on('watch', (from, folder) => void heard.push(`watch ${from.user.id} ${folder.path}`));
	lines.on('unwatch', (from, folder) => void heard.push(`unwatch ${from.user.id} ${folder.path}`));
	lines.onArrive((user) => void heard.push(`arrive ${user}`));
	const left = new Promise<void>((resolve) => lines.on('leave', () => resolve()));
	const ada = await page('ada');
	expect(lines.isHere('ada')).toBe(true);
	ada.say({ type: 'watch', workspace: 'w', path: '/a' });
	ada.say({ type: 'unwatch', workspace: 'w', path: '/a' });
	await ada.close();
	await left;
	expect(lines.isHere('ada')).toBe(false);
	expect(heard).toEqual(['arrive ada', 'watch ada /a', 'unwatch ada /a']);
	expect(logged.join('\n')).toContain('broken');
});
