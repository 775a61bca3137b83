/** The HTTP interface against a running server: scopes, refusals as problems, limits, downloads that no browser runs. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertToken } from '#lib/server/account-rows.ts';
import { API_ROUTES } from '#lib/server/openapi-routes.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
let seed: Seed;
let ada: SeededPerson;
let bob: SeededPerson;
let readOnly: string;

beforeAll(async () => {
	server = await startServer();
	seed = await openSeed(server);
	ada = await seed.person('ada', { admin: true });
	bob = await seed.person('bob');
	readOnly = await insertToken(seed.db, ada, { label: 'reader', scopes: ['read'], days: 1 });
}, 60_000);

afterAll(async () => {
	await seed?.close();
	await server?.end();
});

interface Asked {
	token?: string;
	body?: unknown;
	text?: string;
	type?: string;
	headers?: Record<string, string>;
}

async function ask(
	method: string,
	path: string,
	{ token = ada.token, body, text, type, headers }: Asked = {}
) {
	const content = text ?? (body === undefined ? undefined : JSON.stringify(body));
	const response = await fetch(server.origin + path, {
		method,
		redirect: 'manual',
		headers: {
			...(token ? { authorization: `Bearer ${token}` } : {}),
			...(content === undefined ? {} : { 'content-type': type ?? 'application/json' }),
			...headers
		},
		...(content === undefined ? {} : { body: content })
	});
	const answer = await response.text();
	// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the answers are what is being tested
	const json: any = /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(answer) : null;
	return { status: response.status, headers: response.headers, text: answer, json };
}

const FILE = {
	nbformat: 4,
	nbformat_minor: 5,
	metadata: {},
	cells: [
		{ id: 'one', cell_type: 'code', metadata: {}, source: 'print(1)', outputs: [], execution_count: null }
	]
};

describe('without a caller', () => {
	test('every call that is not public is refused with a problem', async () => {
		for (const route of API_ROUTES.filter(({ scope }) => scope !== null)) {
			const path = route.path.replace(/\{\w+\}/g, 'x');
			const answer = await ask(route.method.toUpperCase(), path, { token: '' });
			// A change without a token looks like one from another site; both refusals are right.
			expect([401, 403], `${route.method} ${path}`).toContain(answer.status);
			expect(answer.headers.get('content-type')).toBe('application/problem+json');
		}
	});

	test('a cookie from another site changes nothing', async () => {
		const cookie = `${ada.cookie.name}=${ada.cookie.value}`;
		for (const origin of ['http://evil.example', 'null', `${server.origin}.evil.example`]) {
			const answer = await ask('POST', '/api/notebooks', {
				token: '',
				body: {},
				headers: { cookie, origin }
			});
			expect(answer.status).toBe(403);
		}
	});

	test('health, readiness and the description are public', async () => {
		expect((await ask('GET', '/healthz', { token: '' })).json).toEqual({ ok: true });
		expect((await ask('GET', '/readyz', { token: '' })).json).toMatchObject({ ok: true });
		expect((await ask('GET', '/api/openapi.json', { token: '' })).json.openapi).toBe('3.1.0');
	});
});

test('a token does what its scopes say and no more', async () => {
	expect((await ask('GET', '/api/notebooks', { token: readOnly })).status).toBe(200);
	for (const route of API_ROUTES.filter(({ scope }) => scope === 'write' || scope === 'run')) {
		const path = route.path.replace(/\{\w+\}/g, 'x');
		const body = route.method === 'get' ? {} : { body: {} };
		const answer = await ask(route.method.toUpperCase(), path, { token: readOnly, ...body });
		expect([answer.status, answer.json.code], `${route.method} ${path}`).toEqual([403, 'scope']);
	}
});

describe('notebooks', () => {
	test('are made empty, with a title, or from a file, and listed by page', async () => {
		const empty = await ask('POST', '/api/notebooks', { body: {} });
		expect(empty.status).toBe(201);
		expect(empty.json.url).toBe(`${server.origin}/notebooks/${empty.json.id}`);
		const titled = await ask('POST', '/api/notebooks', { body: { title: 'Sideband' } });
		const file = await ask('POST', '/api/notebooks?title=From%20a%20file', { body: FILE });
		expect((await ask('GET', `/api/notebooks/${titled.json.id}`)).json).toMatchObject({
			title: 'Sideband',
			role: 'owner',
			cells: 1
		});
		expect((await ask('GET', `/api/notebooks/${file.json.id}`)).json.title).toBe('From a file');
		const first = (await ask('GET', '/api/notebooks?limit=2')).json;
		const rest = (await ask('GET', `/api/notebooks?limit=2&after=${encodeURIComponent(first.next)}`)).json;
		const ids = [...first.notebooks, ...rest.notebooks].map((row: { id: string }) => row.id);
		expect(ids).toEqual([file.json.id, titled.json.id, empty.json.id]);
	});

	test('a file that is none is refused with the place of its fault', async () => {
		const answer = await ask('POST', '/api/notebooks', { text: '{"nbformat": 4,\n "cells": [ }' });
		expect(answer.status).toBe(400);
		expect(answer.json).toMatchObject({ code: 'notebook-invalid', status: 400 });
		expect(answer.json.detail).toMatch(/line 2, column 13/);
	});

	test('a form, a text and what is too large are refused', async () => {
		// What a form can send is stopped before any route sees it.
		for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
			expect((await ask('POST', '/api/notebooks', { text: '{}', type })).status).toBe(403);
		}
		expect((await ask('POST', '/api/notebooks', { text: '{}', type: 'application/xml' })).status).toBe(415);
		const huge = await ask('POST', '/api/notebooks', { text: `"${'x'.repeat(51 * 1024 * 1024)}"` });
		expect([huge.status, huge.json?.code]).toEqual([413, 'too-large']);
		// Above what the server takes at all it does not read to the end: the answer or the cut line, whichever is first.
		const beyond = await ask('POST', '/api/notebooks', { text: `"${'x'.repeat(60 * 1024 * 1024)}"` }).catch(
			(error: Error) => error
		);
		if (beyond instanceof Error) expect(String(beyond.cause)).toMatch(/EPIPE|ECONNRESET|closed|socket/);
		else expect([beyond.status, beyond.json?.code]).toEqual([413, 'too-large']);
		const large = await ask('PUT', '/api/notebooks/x/members', { text: `"${'x'.repeat(2 * 1024 * 1024)}"` });
		expect(large.status).toBe(413);
	});

	test('come back as files that no browser runs', async () => {
		const { id } = (await ask('POST', '/api/notebooks', { body: { title: 'Größe "x"\r\n../é' } })).json;
		for (const format of ['ipynb', 'py', 'md', 'html']) {
			const { status, headers } = await ask('GET', `/api/notebooks/${id}?format=${format}`);
			expect(status).toBe(200);
			expect(headers.get('content-disposition')).toMatch(
				/^attachment; filename="[^"\r\n]+"; filename\*=UTF-8''[^" ]+$/
			);
			expect(headers.get('x-content-type-options')).toBe('nosniff');
			expect(headers.get('content-security-policy')).toMatch(/^sandbox;/);
		}
		expect((await ask('GET', `/api/notebooks/${id}?format=exe`)).status).toBe(400);
	});

	test('belong to whom they belong', async () => {
		const { id } = (await ask('POST', '/api/notebooks', { body: {} })).json;
		expect((await ask('GET', `/api/notebooks/${id}`, { token: bob.token })).status).toBe(404);
		expect(
			(await ask('PUT', `/api/notebooks/${id}/members`, { body: { name: 'bob', role: 'god' } })).status
		).toBe(400);
		expect(
			(await ask('PUT', `/api/notebooks/${id}/members`, { body: { name: 'bob', role: 'viewer' } })).status
		).toBe(204);
		expect((await ask('DELETE', `/api/notebooks/${id}`, { token: bob.token })).status).toBe(403);
		const link = await ask('POST', `/api/notebooks/${id}/links`, { body: { role: 'editor' } });
		expect(link.json.url).toMatch(/\/s\/[\w-]{20,}$/);
		expect((await ask('DELETE', `/api/notebooks/${id}/links/${link.json.id}`)).status).toBe(204);
		expect((await ask('DELETE', `/api/notebooks/${id}/members/${bob.id}`)).status).toBe(204);
		expect((await ask('DELETE', `/api/notebooks/${id}`)).status).toBe(204);
		expect((await ask('GET', `/api/notebooks/${id}`)).status).toBe(404);
	});
});

test('cells run, and a run can be waited for', async () => {
	const { id } = (await ask('POST', '/api/notebooks', { body: FILE })).json;
	const started = await ask('POST', `/api/notebooks/${id}/runs`, { body: { cells: 'all' } });
	expect([started.status, started.json.runs[0].cell]).toEqual([202, 'one']);
	const run = (await ask('GET', `/api/notebooks/${id}/runs/${started.json.runs[0].id}?wait=60`)).json;
	expect(run).toMatchObject({ state: 'done', outputs: [{ type: 'stream', name: 'stdout', text: '1\n' }] });
	expect((await ask('GET', `/api/notebooks/${id}/kernel`)).json.state).toBe('idle');
	expect((await ask('GET', `/api/notebooks/${id}/runs/none`)).status).toBe(404);
	expect((await ask('POST', `/api/notebooks/${id}/kernel`, { body: { action: 'shutdown' } })).status).toBe(
		200
	);
	expect((await ask('POST', `/api/notebooks/${id}/runs`, { body: { cells: [] } })).status).toBe(400);
}, 90_000);

test('workspaces are added, changed and forgotten by their owner', async () => {
	const fields = { name: 'Node', host: 'node.example.org', user: 'ada', environments: ['~/venv'] };
	const added = await ask('POST', '/api/workspaces', { body: fields });
	expect(added.json).toMatchObject({ ...fields, port: 22, kind: 'ssh', state: 'disconnected' });
	const path = `/api/workspaces/${added.json.id}`;
	expect((await ask('PUT', path, { token: bob.token, body: fields })).status).toBe(404);
	expect((await ask('PUT', path, { body: { ...fields, port: 2222 } })).json.port).toBe(2222);
	for (const wrong of [
		{ host: '-oProxyCommand=x' },
		{ host: 'a b' },
		{ user: '-x' },
		{ port: 0 },
		{ environments: ['x'] }
	]) {
		expect((await ask('PUT', path, { body: { ...fields, ...wrong } })).status, JSON.stringify(wrong)).toBe(
			400
		);
	}
	expect((await ask('GET', `${path}/kernelspecs`)).json.code).toBe('workspace-disconnected');
	expect((await ask('DELETE', path)).status).toBe(204);
});
