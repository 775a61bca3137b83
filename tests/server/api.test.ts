/** The HTTP interface over the wire: a real server, a real database, a real kernel on this machine. */
import { eq, sql } from 'drizzle-orm';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiTokens, notebooks } from '#db/schema.ts';
import { schemaFault } from '#lib/model/ipynb/validate.ts';
import type { Json } from '#lib/model/json.ts';
import { insertToken } from '#lib/server/account-rows.ts';
import { canonical, fixture, notebookText, realNotebooks, REAL, throughUs } from '../model/ipynb-support.ts';
import { caller, expectProblem, type Answer, type Call } from '../support/api.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
let seed: Seed;
let ada: SeededPerson;
let bob: SeededPerson;
let eve: SeededPerson;
let asAda: Call;
let asBob: Call;
let asEve: Call;

const real = realNotebooks();
console.log(
	real.length > 0
		? `api: ${real.length} real notebooks of ${REAL} go in and out over HTTP`
		: 'api: no ../shared/data/notebooks, only the fixtures go in and out over HTTP'
);

beforeAll(async () => {
	server = await startServer();
	seed = await openSeed(server);
	ada = await seed.person('ada', { admin: true });
	bob = await seed.person('bob');
	eve = await seed.person('eve');
	[asAda, asBob, asEve] = [ada, bob, eve].map((person) => caller(server, person.token)) as [Call, Call, Call];
});
afterAll(async () => {
	await seed?.close();
	await server?.end();
});

async function make(as: Call, file?: string): Promise<string> {
	const answer = await as('POST', '/api/notebooks', file ?? {});
	expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
	return answer.body.id as string;
}

/** The content of a file, without what a database cannot tell: where base64 was broken into lines. */
function content(file: string, ids = false): string {
	const notebook = JSON.parse(file, function (key, value: unknown) {
		// Yjs has no such key, by intent.
		if (Object.hasOwn(this as object, '__proto__')) delete (this as Record<string, unknown>)['__proto__'];
		const joined = Array.isArray(value) && key.startsWith('image/') ? value.join('') : value;
		return /^image\/(png|jpeg)$/.test(key) && typeof joined === 'string'
			? joined.replaceAll('\n', '')
			: joined;
	}) as object;
	return canonical(JSON.stringify(notebook), { ids });
}

async function countOf(as: Call): Promise<number> {
	return (await as('GET', '/api/notebooks')).body.notebooks.length as number;
}

const code = (id: string, source: string): object => ({
	cell_type: 'code',
	id,
	metadata: {},
	source,
	outputs: [],
	execution_count: null
});

describe('notebooks', () => {
	test('an empty one is made with {}, and the answer says where it is', async () => {
		const { status, body, headers } = await asAda('POST', '/api/notebooks', {});
		expect(status).toBe(201);
		expect(body).toEqual({
			id: expect.any(String),
			url: `${server.origin}/notebooks/${body.id}`,
			warnings: []
		});
		expect(headers.get('location')).toBe(body.url);
		const row = (await asAda('GET', `/api/notebooks/${body.id}`)).body;
		expect(row).toMatchObject({
			id: body.id,
			title: 'Untitled',
			role: 'owner',
			owner: 'ada',
			cells: 1,
			url: body.url
		});
	});

	test('a title in the body or in the address is its title', async () => {
		const a = (await asAda('POST', '/api/notebooks', { title: 'Pendulum' })).body.id;
		const b = (await asAda('POST', '/api/notebooks?title=Spring', notebookText([code('a', '1')]))).body.id;
		expect((await asAda('GET', `/api/notebooks/${a}`)).body.title).toBe('Pendulum');
		expect((await asAda('GET', `/api/notebooks/${b}`)).body.title).toBe('Spring');
	});

	test('the list goes on where the page before ended, also among notebooks changed in the same instant', async () => {
		const person = await seed.person('lister');
		const as = caller(server, person.token);
		const made = new Set<string>();
		for (let i = 0; i < 7; i++) made.add(await seed.notebook(person));
		// Microseconds apart or equal: what JavaScript's clock cannot tell.
		await seed.db
			.update(notebooks)
			.set({ updatedAt: sql`timestamptz '2026-01-02 03:04:05.678901+00'` })
			.where(eq(notebooks.createdBy, person.id));
		await seed.db
			.update(notebooks)
			.set({ updatedAt: sql`timestamptz '2026-01-02 03:04:05.678999+00'` })
			.where(eq(notebooks.id, [...made][3]!));
		const seen: string[] = [];
		let next: string | null = '';
		while (next !== null) {
			const page: Answer = await as(
				'GET',
				`/api/notebooks?limit=2${next && `&after=${encodeURIComponent(next)}`}`
			);
			expect(page.status).toBe(200);
			expect(page.body.notebooks.length).toBeLessThanOrEqual(2);
			seen.push(...page.body.notebooks.map(({ id }: { id: string }) => id));
			next = page.body.next;
		}
		expect(seen).toHaveLength(7);
		expect(new Set(seen)).toEqual(made);
		expect(seen[0]).toBe([...made][3]);
	});

	test('a page of the list that never was is refused, not taken for the first', async () => {
		expectProblem(await asAda('GET', '/api/notebooks?after=nowhere'), 400, 'place-unknown');
		expectProblem(await asAda('GET', '/api/notebooks?limit=0'), 400, 'invalid');
		expectProblem(await asAda('GET', '/api/notebooks?limit=many'), 400, 'invalid');
	});

	test.each(['v2', 'v3', 'v4.0', 'v4.2', 'v4.5'])(
		'a file of %s goes in and comes out with the same content',
		async (name) => {
			const file = fixture(`${name}.ipynb`);
			const id = await make(asAda, file);
			const out = await asAda('GET', `/api/notebooks/${id}?format=ipynb`);
			expect(out.headers.get('content-type')).toBe('application/x-ipynb+json');
			expect(schemaFault(JSON.parse(out.body) as Json, '4.5')).toBeUndefined();
			expect(content(out.body, name === 'v4.5')).toBe(content(throughUs(file), name === 'v4.5'));
		}
	);

	test.skipIf(real.length === 0)(
		'all real notebooks beside the checkout go in and come out with the same content',
		async () => {
			for (const { name, text } of real) {
				const answer = await asAda('POST', '/api/notebooks', text);
				const out = await asAda('GET', `/api/notebooks/${answer.body.id}?format=ipynb`);
				expect([name, schemaFault(JSON.parse(out.body) as Json, '4.5')]).toEqual([name, undefined]);
				expect([name, content(out.body) === content(throughUs(text))]).toEqual([name, true]);
			}
		}
	);

	test('as py, md and html it comes as a download that no browser takes for a page of ours', async () => {
		const id = await make(
			asAda,
			notebookText([
				{ cell_type: 'markdown', id: 'm', metadata: {}, source: '# Käse <script>alert(1)</script>' },
				{ ...code('c', 'print(6*7)'), outputs: [{ output_type: 'stream', name: 'stdout', text: '42\n' }] }
			])
		);
		const py = await asAda('GET', `/api/notebooks/${id}?format=py`);
		expect(py.headers.get('content-type')).toBe('text/x-python; charset=utf-8');
		expect(py.body).toContain('print(6*7)');
		const md = await asAda('GET', `/api/notebooks/${id}?format=md`);
		expect(md.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
		expect(md.body).toContain('# Käse');
		expect(md.body).toContain('42');
		const html = await asAda('GET', `/api/notebooks/${id}?format=html`);
		expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8');
		expect(html.body).toMatch(/^<!doctype html>/i);
		expect(html.body).not.toContain('<script>alert');
		for (const { headers } of [py, md, html]) {
			expect(headers.get('content-disposition')).toMatch(/^attachment; filename="/);
			expect(headers.get('content-security-policy')).toMatch(/^sandbox;/);
			expect(headers.get('x-content-type-options')).toBe('nosniff');
		}
		expectProblem(await asAda('GET', `/api/notebooks/${id}?format=pdf`), 400, 'invalid');
	});

	test('a file that is none is refused with the place of the fault, and nothing is made', async () => {
		const before = await countOf(asAda);
		const refused = async (file: string): Promise<string> => {
			const answer = await asAda('POST', '/api/notebooks', file);
			expectProblem(answer, 400, 'notebook-invalid');
			return answer.body.detail as string;
		};
		expect(await refused('{\n "cells": [\n  oops\n ]\n}')).toContain('line 3, column 3');
		expect(await refused(notebookText([{ ...code('a', '1'), source: 7 }]))).toMatch(
			/cells\[0\]\.source \(line \d+, column \d+\)/
		);
		expect(await refused(notebookText([]).slice(0, -3))).toMatch(/line \d+, column \d+/);
		expect(await refused('[]')).toMatch(/not an object/);
		expect(await refused(notebookText([], { nbformat: 9 }))).toMatch(/9/);
		expect(
			await refused(
				`{"nbformat":4,"nbformat_minor":5,"metadata":{"a":${'['.repeat(9000)}${']'.repeat(9000)}},"cells":[]}`
			)
		).toMatch(/nested/);
		expect(await countOf(asAda)).toBe(before);
	});

	test('a body that is not UTF-8 or not JSON by its type is refused', async () => {
		const latin = await fetch(`${server.origin}/api/notebooks`, {
			method: 'POST',
			headers: { Authorization: `Bearer ${ada.token}`, 'Content-Type': 'application/json' },
			body: Buffer.from('{"title":"K\xe4se"}', 'latin1')
		});
		expect(latin.status).toBe(400);
		expect(await latin.json()).toMatchObject({ code: 'encoding' });
		expectProblem(
			await asAda('POST', '/api/notebooks', '{}', { 'Content-Type': 'text/csv' }),
			415,
			'content-type'
		);
	});

	test('a notebook of 49 MB is taken and given back, one over 50 MB is refused', async () => {
		const text = (length: number): string =>
			notebookText([
				{
					...code('big', '1'),
					execution_count: 1,
					outputs: [{ output_type: 'stream', name: 'stdout', text: 'x'.repeat(length) }]
				}
			]);
		const before = await countOf(asBob);
		const fits = text(49_000_000);
		const { body } = await asBob('POST', '/api/notebooks', fits);
		const out = await asBob('GET', `/api/notebooks/${body.id}?format=ipynb`);
		expect(
			createHash('sha256')
				.update(canonical(out.body, { ids: true }))
				.digest('hex')
		).toBe(
			createHash('sha256')
				.update(canonical(fits, { ids: true }))
				.digest('hex')
		);
		expectProblem(await asBob('POST', '/api/notebooks', text(53_000_000)), 413, 'too-large');
		expect(await countOf(asBob)).toBe(before + 1);
		expect((await asBob('DELETE', `/api/notebooks/${body.id}`)).status).toBe(204);
	});

	test('a deleted one is gone for everybody, and only an owner deletes', async () => {
		const id = await make(asAda);
		await seed.member(id, bob, 'editor');
		expectProblem(await asBob('DELETE', `/api/notebooks/${id}`), 403, 'role');
		expect((await asAda('DELETE', `/api/notebooks/${id}`)).status).toBe(204);
		expectProblem(await asAda('GET', `/api/notebooks/${id}`), 404, 'notebook-unknown');
		expectProblem(await asBob('GET', `/api/notebooks/${id}?format=ipynb`), 404, 'notebook-unknown');
	});

	test('what PostgreSQL cannot store is the caller’s fault, never ours', async () => {
		const id = await make(asAda);
		const answers = [
			await asAda('POST', '/api/notebooks', { title: 'a\0b' }),
			await asAda('POST', '/api/notebooks?title=a%00b', notebookText([])),
			await asAda('POST', '/api/notebooks', notebookText([], { metadata: { title: 'a\0b' } })),
			await asAda('POST', '/api/notebooks', { title: '\ud800' }),
			await asAda('GET', '/api/notebooks/%00'),
			await asAda('GET', '/api/notebooks?after=%00'),
			await asAda('GET', `/api/notebooks/${id}/runs/%00`),
			await asAda('PUT', `/api/notebooks/${id}/members`, { name: 'a\0b', role: 'viewer' }),
			await asAda('DELETE', `/api/notebooks/${id}/members/%00`),
			await asAda('DELETE', `/api/notebooks/${id}/links/%00`),
			await asAda('POST', '/api/workspaces', { name: 'a\0b', host: 'h', user: 'u' }),
			await asAda('POST', `/api/notebooks/${id}/kernel`, { action: 'start', workspace: 'a\0b' }),
			await asAda('POST', '/api/workspaces/%00/connect', {})
		];
		expect(answers.map(({ status }, i) => `${i}: ${status}`).filter((text) => text.includes(': 5'))).toEqual(
			[]
		);
	});
});

describe('runs and kernels', () => {
	const file = notebookText([
		code('sum', 'x = 40\nprint("adding")\nx + 2'),
		{ cell_type: 'markdown', id: 'words', metadata: {}, source: 'words' },
		code('plot', '%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2, 3]);'),
		code('wrong', '1/0')
	]);

	async function runCells(as: Call, id: string, cells: string[] | 'all'): Promise<Record<string, string>> {
		const answer = await as('POST', `/api/notebooks/${id}/runs`, { cells });
		expect([answer.status, answer.body]).toEqual([202, { runs: expect.any(Array) }]);
		return Object.fromEntries(
			answer.body.runs.map((run: { id: string; cell: string }) => [run.cell, run.id])
		);
	}

	async function ended(as: Call, id: string, run: string): Promise<Answer['body']> {
		let answer = await as('GET', `/api/notebooks/${id}/runs/${run}?wait=30`);
		while (answer.status === 200 && answer.body.finishedAt === null) {
			answer = await as('GET', `/api/notebooks/${id}/runs/${run}?wait=30`);
		}
		expect(answer.status).toBe(200);
		return answer.body;
	}

	test('all cells run in order, their outputs come with the run, and the exported file has them', async () => {
		const id = await make(asAda, file);
		const runs = await runCells(asAda, id, 'all');
		expect(Object.keys(runs)).toEqual(['sum', 'plot', 'wrong']);
		const sum = await ended(asAda, id, runs.sum!);
		expect(sum).toMatchObject({
			cell: 'sum',
			state: 'done',
			executionCount: 1,
			by: { id: ada.id, name: 'ada' }
		});
		expect(sum.outputs).toMatchObject([
			{ type: 'stream', name: 'stdout', text: 'adding\n' },
			{ type: 'execute_result', data: { 'text/plain': '42' } }
		]);
		const wrong = await ended(asAda, id, runs.wrong!);
		expect(wrong).toMatchObject({ state: 'error', outputs: [{ type: 'error', ename: 'ZeroDivisionError' }] });

		const out = JSON.parse((await asAda('GET', `/api/notebooks/${id}?format=ipynb`)).body);
		expect(schemaFault(out, '4.5')).toBeUndefined();
		expect(out.cells[0].outputs[1].data['text/plain']).toEqual(['42']);
		expect(out.cells[0].execution_count).toBe(1);
		expect(out.cells[2].outputs[0].data['image/png']).toMatch(/^iVBOR/);
		expect(out.cells[3].outputs[0].ename).toBe('ZeroDivisionError');
		expect(out.metadata.kernelspec.language).toBe('python');

		// The picture is a blob that whoever reads this notebook may fetch, and nobody else.
		const plot = await ended(asAda, id, runs.plot!);
		const { blob, size } = plot.outputs[0].data['image/png'] as { blob: string; size: number };
		const picture = await asAda('GET', `/api/notebooks/${id}/blobs/${blob}`);
		expect(picture.status).toBe(200);
		expect(picture.bytes.byteLength).toBe(size);
		expect(createHash('sha256').update(picture.bytes).digest('hex')).toBe(blob);
		expect(picture.bytes.subarray(1, 4).toString()).toBe('PNG');
		expect(Object.fromEntries(picture.headers)).toMatchObject({
			'content-type': 'image/png',
			'x-content-type-options': 'nosniff',
			'content-security-policy': expect.stringMatching(/^sandbox;/),
			'cache-control': expect.stringContaining('private')
		});
		const other = await make(asBob);
		expectProblem(await asBob('GET', `/api/notebooks/${other}/blobs/${blob}`), 404, 'blob-unknown');
		expectProblem(await asBob('GET', `/api/notebooks/${id}/blobs/${blob}`), 404, 'notebook-unknown');
		expectProblem(await asAda('GET', `/api/notebooks/${id}/blobs/..%2f..%2fetc`), 404, 'blob-unknown');
		await asAda('POST', `/api/notebooks/${id}/kernel`, { action: 'shutdown' });
	});

	test('the kernel starts, is interrupted, restarts empty and is shut down', async () => {
		const id = await make(
			asAda,
			notebookText([
				code('set', 'import time\nx = 1'),
				code('loop', 'print("in", flush=True)\nwhile True: time.sleep(0.05)'),
				code('ask', 'x')
			])
		);
		const kernel = (): Promise<Answer> => asAda('GET', `/api/notebooks/${id}/kernel`);
		expect((await kernel()).body.state).toBe('none');
		expect((await asAda('POST', `/api/notebooks/${id}/kernel`, { action: 'start' })).status).toBe(200);
		const { set, loop } = (await runCells(asAda, id, ['set', 'loop'])) as { set: string; loop: string };
		expect((await ended(asAda, id, set)).state).toBe('done');
		// Asking is the only event HTTP has: until the loop has said that it is in.
		while ((await asAda('GET', `/api/notebooks/${id}/runs/${loop}`)).body.outputs.length === 0);
		expect((await asAda('POST', `/api/notebooks/${id}/kernel`, { action: 'interrupt' })).status).toBe(200);
		expect((await ended(asAda, id, loop)).state).toBe('interrupted');

		expect((await asAda('POST', `/api/notebooks/${id}/kernel`, { action: 'restart' })).status).toBe(200);
		const { ask } = (await runCells(asAda, id, ['ask'])) as { ask: string };
		expect(await ended(asAda, id, ask)).toMatchObject({ state: 'error', outputs: [{ ename: 'NameError' }] });

		const stopped = await asAda('POST', `/api/notebooks/${id}/kernel`, { action: 'shutdown' });
		expect(stopped.status).toBe(200);
		while ((await kernel()).body.state !== 'none');
	});

	test('a viewer and a stranger do not run, and a user who may not use this machine starts no kernel on it', async () => {
		const id = await make(asAda, file);
		await seed.member(id, bob, 'viewer');
		expectProblem(await asBob('POST', `/api/notebooks/${id}/runs`, { cells: 'all' }), 403, 'role');
		expectProblem(
			await asBob('POST', `/api/notebooks/${id}/kernel`, { action: 'start' }),
			409,
			'workspace-missing'
		);
		expectProblem(
			await asEve('POST', `/api/notebooks/${id}/runs`, { cells: 'all' }),
			404,
			'notebook-unknown'
		);
		expectProblem(
			await asEve('POST', `/api/notebooks/${id}/kernel`, { action: 'shutdown' }),
			404,
			'notebook-unknown'
		);
		const own = await make(asBob);
		const refused = await asBob('POST', `/api/notebooks/${own}/kernel`, {
			action: 'start',
			workspace: 'local'
		});
		expect(refused.status).toBeGreaterThanOrEqual(400);
		expect(refused.status).toBeLessThan(500);
		expect((await asBob('GET', `/api/notebooks/${own}/kernel`)).body.state).toBe('none');
	});

	test('nonsense is refused in words', async () => {
		const id = await make(asAda);
		expectProblem(await asAda('POST', `/api/notebooks/${id}/runs`, { cells: [] }), 400, 'invalid');
		expectProblem(await asAda('POST', `/api/notebooks/${id}/runs`, '{"cells": '), 400, 'json');
		expectProblem(await asAda('POST', `/api/notebooks/${id}/kernel`, { action: 'explode' }), 400, 'invalid');
		expectProblem(await asAda('GET', `/api/notebooks/${id}/runs/nosuchrun`), 404, 'run-unknown');
		expectProblem(await asAda('GET', `/api/notebooks/${id}/runs/nosuchrun?wait=-1`), 400, 'invalid');
		expectProblem(await asAda('GET', '/api/nosuchcall'), 404, 'call-unknown');
		const patched = await asAda('PATCH', '/api/notebooks', {});
		expectProblem(patched, 405, 'method');
		expect(patched.headers.get('allow')).toContain('POST');
	});
});

describe('tokens', () => {
	const tokenWith = (scopes: string[], days: number | null = null): Promise<string> =>
		insertToken(seed.db, ada, { label: 'test', scopes, days });

	test('a token that may only read changes nothing and runs nothing', async () => {
		const id = await make(asAda);
		const as = caller(server, await tokenWith(['read']));
		expect((await as('GET', `/api/notebooks/${id}`)).status).toBe(200);
		for (const [method, path, body] of [
			['POST', '/api/notebooks', {}],
			['DELETE', `/api/notebooks/${id}`],
			['PUT', `/api/notebooks/${id}/members`, { name: 'bob', role: 'viewer' }],
			['POST', `/api/notebooks/${id}/links`, { role: 'viewer' }],
			['POST', '/api/workspaces', { name: 'n', host: 'h', user: 'u' }],
			['POST', `/api/notebooks/${id}/runs`, { cells: 'all' }],
			['POST', `/api/notebooks/${id}/kernel`, { action: 'start' }]
		] as [string, string, object?][]) {
			expectProblem(await as(method, path, body), 403, 'scope');
		}
		expect((await asAda('GET', `/api/notebooks/${id}/members`)).body).toMatchObject({
			members: [{ name: 'ada' }],
			links: []
		});
	});

	test('a token without “run” writes but does not run, one without “read” does not read', async () => {
		const as = caller(server, await tokenWith(['write']));
		const id = await make(as);
		expectProblem(await as('POST', `/api/notebooks/${id}/runs`, { cells: 'all' }), 403, 'scope');
		expectProblem(await as('POST', `/api/notebooks/${id}/kernel`, { action: 'start' }), 403, 'scope');
		expectProblem(await as('GET', `/api/notebooks/${id}`), 403, 'scope');
		expectProblem(await caller(server, await tokenWith([]))('GET', '/api/notebooks'), 403, 'scope');
	});

	test('a token opens no page and no form, so that it cannot make itself a stronger one', async () => {
		const token = await tokenWith(['read']);
		const form = async (path: string, fields: Record<string, string>): Promise<Response> =>
			fetch(server.origin + path, {
				method: 'POST',
				redirect: 'manual',
				headers: { Authorization: `Bearer ${token}`, Origin: server.origin },
				body: new URLSearchParams(fields)
			});
		const before = (await seed.db.select().from(apiTokens)).length;
		expect((await form('/account?/token', { label: 'more', 'scopes[]': 'run', days: '' })).status).toBe(401);
		expect((await form('/people?/invite', { kind: 'admin' })).status).toBe(401);
		expect((await form('/?/create', {})).status).toBe(401);
		expect((await seed.db.select().from(apiTokens)).length).toBe(before);
		expect((await caller(server, token)('GET', '/account')).status).toBe(303);
	});

	test('a revoked, an expired and an invented token are nobody', async () => {
		const token = await tokenWith(['read', 'write', 'run']);
		const as = caller(server, token);
		expect((await as('GET', '/api/notebooks')).status).toBe(200);
		const cookie = `${ada.cookie.name}=${ada.cookie.value}`;
		const digest = createHash('sha256').update(token).digest('hex');
		const [row] = await seed.db.select().from(apiTokens).where(eq(apiTokens.digest, digest));
		expect(row!.lastUsedAt).not.toBeNull();
		const revoke = (by: string): Promise<Response> =>
			fetch(`${server.origin}/account?/revoke`, {
				method: 'POST',
				redirect: 'manual',
				headers: { Cookie: by, Origin: server.origin },
				body: new URLSearchParams({ id: row!.id })
			});
		await revoke(`${bob.cookie.name}=${bob.cookie.value}`);
		expect((await as('GET', '/api/notebooks')).status).toBe(200);
		await revoke(cookie);
		expectProblem(await as('GET', '/api/notebooks'), 401, 'sign-in');

		const short = await tokenWith(['read'], 1);
		const asShort = caller(server, short);
		expect((await asShort('GET', '/api/notebooks')).status).toBe(200);
		await seed.db
			.update(apiTokens)
			.set({ expiresAt: new Date(Date.now() - 1000) })
			.where(eq(apiTokens.digest, createHash('sha256').update(short).digest('hex')));
		expectProblem(await asShort('GET', '/api/notebooks'), 401, 'sign-in');
		expectProblem(await caller(server, 'ans_invented')('GET', '/api/notebooks'), 401, 'sign-in');
		// The digest of a token, as a thief of the database has it, is no token.
		expectProblem(await caller(server, digest)('GET', '/api/notebooks'), 401, 'sign-in');
	});
});

describe('members and links', () => {
	test('a role is given by name, changed and taken away, and each allows what it says', async () => {
		const id = await make(asAda);
		expectProblem(await asBob('GET', `/api/notebooks/${id}`), 404, 'notebook-unknown');
		expect((await asAda('PUT', `/api/notebooks/${id}/members`, { name: 'BOB', role: 'viewer' })).status).toBe(
			204
		);
		expect((await asBob('GET', `/api/notebooks/${id}`)).body.role).toBe('viewer');
		expectProblem(
			await asBob('PUT', `/api/notebooks/${id}/members`, { name: 'bob', role: 'owner' }),
			403,
			'role'
		);
		expectProblem(await asBob('POST', `/api/notebooks/${id}/links`, { role: 'owner' }), 403, 'role');
		expectProblem(
			await asAda('PUT', `/api/notebooks/${id}/members`, { name: 'nobody', role: 'viewer' }),
			404,
			'user-unknown'
		);
		expectProblem(
			await asAda('PUT', `/api/notebooks/${id}/members`, { name: 'bob', role: 'king' }),
			400,
			'invalid'
		);
		await asAda('PUT', `/api/notebooks/${id}/members`, { name: 'bob', role: 'editor' });
		const { members } = (await asBob('GET', `/api/notebooks/${id}/members`)).body;
		expect(members.map(({ name, role }: { name: string; role: string }) => [name, role])).toEqual([
			['ada', 'owner'],
			['bob', 'editor']
		]);
		expectProblem(await asBob('DELETE', `/api/notebooks/${id}/members/${ada.id}`), 403, 'role');
		expect((await asBob('DELETE', `/api/notebooks/${id}/members/${bob.id}`)).status).toBe(204);
		expectProblem(await asBob('GET', `/api/notebooks/${id}`), 404, 'notebook-unknown');
	});

	test('the last owner stays, also when two owners step down at the same moment', async () => {
		const id = await make(asAda);
		expectProblem(
			await asAda('PUT', `/api/notebooks/${id}/members`, { name: 'ada', role: 'editor' }),
			409,
			'last-owner'
		);
		expectProblem(await asAda('DELETE', `/api/notebooks/${id}/members/${ada.id}`), 409, 'last-owner');
		for (let round = 0; round < 10; round++) {
			await asAda('PUT', `/api/notebooks/${id}/members`, { name: 'bob', role: 'owner' });
			const [a, b] = await Promise.all([
				asAda('PUT', `/api/notebooks/${id}/members`, { name: 'ada', role: 'viewer' }),
				asBob('PUT', `/api/notebooks/${id}/members`, { name: 'bob', role: 'viewer' })
			]);
			expect([a.status, b.status].sort()).toEqual([204, 409]);
			if (a.status === 204)
				await asBob('PUT', `/api/notebooks/${id}/members`, { name: 'ada', role: 'owner' });
		}
	});

	test('a link gives its role to who opens it, takes none away, and stops when it is taken back', async () => {
		const id = await make(asAda);
		const made = await asAda('POST', `/api/notebooks/${id}/links`, { role: 'runner' });
		expect(made.status).toBe(201);
		expect(made.body).toMatchObject({ role: 'runner', url: expect.stringMatching(`^${server.origin}/s/`) });
		const listed = (await asAda('GET', `/api/notebooks/${id}/members`)).body.links;
		expect(listed).toEqual([{ id: made.body.id, role: 'runner', createdAt: expect.any(String) }]);
		const open = (person: SeededPerson): Promise<Response> =>
			fetch(made.body.url as string, {
				redirect: 'manual',
				headers: { Cookie: `${person.cookie.name}=${person.cookie.value}` }
			});
		expect((await open(bob)).headers.get('location')).toBe(`/notebooks/${id}`);
		expect((await asBob('GET', `/api/notebooks/${id}`)).body.role).toBe('runner');
		await open(ada);
		expect((await asAda('GET', `/api/notebooks/${id}`)).body.role).toBe('owner');
		expectProblem(await asBob('DELETE', `/api/notebooks/${id}/links/${made.body.id}`), 403, 'role');
		expect((await asAda('DELETE', `/api/notebooks/${id}/links/${made.body.id}`)).status).toBe(204);
		expect((await open(eve)).status).toBe(404);
		expectProblem(await asEve('GET', `/api/notebooks/${id}`), 404, 'notebook-unknown');
	});
});

describe('workspaces', () => {
	const fields = { name: 'Node', host: 'node.example.org', port: 2222, user: 'ada', environments: ['~/env'] };

	test('one is added, changed and removed by its owner; for others it does not exist', async () => {
		const grace = await seed.person('grace', { admin: true });
		const asGrace = caller(server, grace.token);
		const made = await asGrace('POST', '/api/workspaces', fields);
		expect(made.status).toBe(201);
		expect(made.body).toMatchObject({
			...{ ...fields, kind: 'ssh', jumps: [], way: 'ssh', hostKeys: [[]], signIns: [null] },
			...{ state: 'disconnected', wanted: false }
		});
		const path = `/api/workspaces/${made.body.id}`;
		const listed = (await asGrace('GET', '/api/workspaces')).body.workspaces;
		expect(listed.map(({ name }: { name: string }) => name)).toEqual(['This machine', 'Node']);
		const changed = await asGrace('PUT', path, { name: 'Other', host: 'h2', user: 'hopper' });
		expect(changed.body).toMatchObject({
			name: 'Other',
			host: 'h2',
			port: 22,
			user: 'hopper',
			environments: []
		});

		expect((await asBob('GET', '/api/workspaces')).body.workspaces).toEqual([]);
		for (const [method, at, body] of [
			['PUT', path, fields],
			['DELETE', path],
			['POST', `${path}/connect`, {}],
			['POST', `${path}/disconnect`, {}],
			['GET', `${path}/kernelspecs`],
			['POST', '/api/workspaces/local/connect', {}],
			['GET', '/api/workspaces/local/kernelspecs'],
			['DELETE', '/api/workspaces/local']
		] as [string, string, object?][]) {
			expectProblem(await asBob(method, at, body), 404, 'workspace-unknown');
		}
		const own = await make(asBob);
		const started = await asBob('POST', `/api/notebooks/${own}/kernel`, {
			action: 'start',
			workspace: made.body.id
		});
		expect([403, 404]).toContain(started.status);
		expect((await asGrace('GET', '/api/workspaces')).body.workspaces[1].name).toBe('Other');

		expectProblem(await asGrace('GET', `${path}/kernelspecs`), 409, 'workspace-disconnected');
		expect((await asGrace('DELETE', path)).status).toBe(204);
		expectProblem(await asGrace('PUT', path, fields), 404, 'workspace-unknown');
	});

	test('what could be read as an option of ssh or as another address is refused', async () => {
		for (const wrong of [
			{ host: '-oProxyCommand=x' },
			{ host: 'a b' },
			{ host: '' },
			{ user: '-l' },
			{ user: 'a b' },
			{ port: 0 },
			{ port: 70_000 },
			{ name: '' },
			{ environments: ['relative'] }
		]) {
			expectProblem(await asAda('POST', '/api/workspaces', { ...fields, ...wrong }), 400, 'invalid');
		}
	});

	test('the kernels of this machine are listed for an administrator', async () => {
		const answer = await asAda('GET', '/api/workspaces/local/kernelspecs');
		expect(answer.status).toBe(200);
		expect(answer.body.specs.map(({ language }: { language: string }) => language)).toContain('python');
	});
});

test('nothing of all this was a fault of the server', () => {
	expect(server.output()).not.toContain('a request failed');
});
