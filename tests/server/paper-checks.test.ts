/** Examples run again: a real server, a real kernel behind a real sshd. */
import { existsSync, readdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paperChecks, paperCounts, paperFiles, papers } from '#db/schema-papers.ts';
import { blobs, users } from '#db/schema.ts';
import { badgeWords } from '#lib/model/paper/badge.ts';
import type { PaperCheck } from '#lib/model/paper/check.ts';
import { caller, expectProblem, type Call } from '../support/api.ts';
import { PAPER, png } from '../support/paper.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { openPage } from '../support/person-line.ts';
import { pythonFolders, TEST_ENVIRONMENT } from '../support/python.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { startSmtp, type SmtpServer } from '../support/smtp.ts';
import { startSshd, type Sshd } from '../support/sshd.ts';

let server: ServerProcess;
let sshd: Sshd;
let smtp: SmtpServer;
let seed: Seed;
let ada: SeededPerson;
let bob: SeededPerson;
let asAda: Call;
let asBob: Call;
let asNobody: Call;
let workspace: string;

interface TestCell {
	source: string;
	outputs?: object[];
}
const printed = (text: string): object => ({ output_type: 'stream', name: 'stdout', text });
const drawn = (data: Buffer): object => ({
	output_type: 'display_data',
	metadata: {},
	data: { 'image/png': data.toString('base64'), 'text/plain': '<Figure>' }
});

beforeAll(async () => {
	[sshd, smtp] = await Promise.all([
		startSshd({ readable: pythonFolders(), shell: '/bin/bash' }),
		startSmtp()
	]);
	server = await startServer({ env: { SMTP_URL: smtp.url, MAIL_FROM: 'ansatz@example.org' } });
	seed = await openSeed(server);
	ada = await seed.person('ada', { displayName: 'Ada Lovelace' });
	bob = await seed.person('bob');
	workspace = await seed.workspace(ada, sshd, [TEST_ENVIRONMENT]);
	await seed.db
		.update(users)
		.set({ email: 'ada@example.org', notifyByMail: true })
		.where(eq(users.id, ada.id));
	tokens();
	await connect();
});
afterAll(async () => {
	await seed?.close();
	await server?.end();
	await sshd?.stop();
	await smtp?.close();
});

function tokens(): void {
	[asAda, asBob, asNobody] = [ada.token, bob.token, null].map((token) => caller(server, token)) as [
		Call,
		Call,
		Call
	];
}

async function connect(): Promise<void> {
	const credential = { kind: 'password', password: sshd.password };
	const answer = await asAda('POST', `/api/workspaces/${workspace}/connect`, {
		signIn: { hop: 0, credential }
	});
	expect(answer.body).toMatchObject({ state: 'connected' });
}

const PYTHON = { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } };

function ipynb(cells: TestCell[], metadata: object): string {
	return JSON.stringify({
		nbformat: 4,
		nbformat_minor: 5,
		metadata,
		cells: cells.map(({ source, outputs = [] }, at) => ({
			...{ cell_type: 'code', id: `c${at}`, metadata: {}, execution_count: 1 },
			...{ source, outputs }
		}))
	});
}

let titles = 0;
async function published(
	cells: TestCell[],
	metadata: object = PYTHON
): Promise<{ slug: string; notebook: string; title: string }> {
	const notebook = await seed.notebook(ada, ipynb(cells, metadata));
	const title = `Checked number ${++titles}`;
	const answer = await asAda('POST', `/api/notebooks/${notebook}/paper`, { paper: { ...PAPER, title } });
	expect(answer.status, JSON.stringify(answer.body)).toBe(201);
	return { slug: answer.body.slug as string, notebook, title };
}

const list = async (slug: string): Promise<PaperCheck[]> =>
	(await asNobody('GET', `/api/papers/${slug}/checks`)).body.checks;

/** Waits until so many checks of a card have ended; the newest first. */
async function ended(slug: string, count = 1): Promise<PaperCheck[]> {
	for (;;) {
		const checks = await list(slug);
		if (checks.filter(({ state }) => state !== 'running').length >= count) return checks;
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
}

/** Has a card checked on the workspace from now on: its first check begins at once. */
async function assigned(slug: string): Promise<void> {
	const answer = await asAda('PUT', `/api/papers/${slug}/checking`, { workspace, days: 7 });
	expect([answer.status, answer.body.workspace]).toEqual([
		200,
		{ id: workspace, name: 'Group node', own: true, connected: true }
	]);
}

const left = (): string[] => {
	const folder = join(sshd.home, '.cache', 'ansatz-checks');
	return existsSync(folder) ? readdirSync(folder) : [];
};
const page = async (path: string): Promise<string> => (await asNobody('GET', path)).body as string;

describe('an example that is run again', () => {
	test('with its data, on a clean kernel, is verified where it gives what it gave, and nothing of it stays there', async () => {
		const { slug } = await published([
			{ source: 'import os, warnings\nrows = open("data/events.csv").read().split()' },
			{
				source: 'print(sum(map(float, rows)), id(rows) and object())',
				outputs: [printed('0.6000000000000001 <object object at 0x1>\n')]
			},
			{ source: 'warnings.warn("soon"); print(sorted(os.listdir()))', outputs: [printed("['data']\n")] }
		]);
		await data(slug, 'data/events.csv', '0.1 0.2 0.3\n');
		expect(await page(`/papers/${slug}`)).not.toMatch(/Verified|Failed/);
		await assigned(slug);
		const [check] = await ended(slug);
		expect(check).toMatchObject({
			number: 1,
			state: 'verified',
			report: {
				words: '',
				cells: [
					{ index: 0, outcome: 'unknown', words: '' },
					{ index: 1, outcome: 'same', words: '' },
					{ index: 2, outcome: 'same', words: '' }
				]
			}
		});
		expect(check!.report!.seconds).toBeGreaterThan(0.1);
		expect(check!.report!.cpus).toBeGreaterThan(0);
		await expect.poll(left).toEqual([]);
		const words = /Verified just now, [\d.]+ s on (one CPU|\d+ CPUs)/;
		expect(await page(`/papers/${slug}`)).toMatch(words);
		expect(await page(`/papers?q=${encodeURIComponent('checked number 1')}`)).toMatch(words);
		expect(await page(`/papers/${slug}/checks`)).toMatch(words);
		const plan = (await asAda('GET', `/api/papers/${slug}/checking`)).body;
		expect([plan.waits, plan.running, plan.days]).toEqual(['', false, 7]);
		const days = (Date.parse(plan.next) - Date.parse(check!.startedAt)) / 86_400_000;
		expect(days).toBeGreaterThan(6.2);
		expect(days).toBeLessThanOrEqual(7);
	});

	test('fails where it gives something else, the cell is named, and its owners are told once', async () => {
		const { slug, title } = await published([
			{ source: 'print("mean", 0.42)', outputs: [printed('mean 0.51\n')] },
			{ source: FIGURE, outputs: [drawn(png(40, 30, (x, y) => (x === y ? [0, 0, 0] : [255, 255, 255])))] },
			{ source: '1/0' },
			{ source: 'print("on")', outputs: [printed('on\n')] }
		]);
		const line = await openPage(server.port, {
			Cookie: `${ada.cookie.name}=${ada.cookie.value}`,
			Origin: server.origin
		});
		const mails = smtp.mails.length;
		await assigned(slug);
		const [check] = await ended(slug);
		expect(check).toMatchObject({
			state: 'failed',
			report: {
				cells: [
					{
						index: 0,
						outcome: 'different',
						words: 'gives other numbers: “mean 0.42”, and it was “mean 0.51”'
					},
					{
						index: 1,
						outcome: 'different',
						words: 'shows another picture',
						pictures: [{ output: 0, was: { cell: 'c1', output: 0 } }]
					},
					{ index: 2, outcome: 'error', words: 'ends with an error: ZeroDivisionError: division by zero' },
					{ index: 3, outcome: 'same' }
				]
			}
		});
		const picture = await asNobody('GET', `/papers/${slug}/checks/${check!.id}/1/0`);
		expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png']);
		expect(picture.bytes.subarray(1, 4).toString()).toBe('PNG');
		expect((await asNobody('GET', `/papers/${slug}/checks/${check!.id}/0/0`)).status).toBe(404);
		expect(await page(`/papers/${slug}`)).toContain(
			'Failed just now: cell 1 gives other numbers, 2 more differ'
		);

		const notice = await line.heard('notice');
		expect(notice).toMatchObject({
			notice: { title: `The example of “${title}” fails.`, href: `/papers-check/${slug}` }
		});
		const mail = await smtp.next(mails);
		expect(mail.headers.subject).toBe(`✗ The example of “${title}” fails`);
		expect(mail.text).toContain('v1, was run again: cell 1 gives other numbers, 2 more differ.');

		// again the same: no news
		expect((await asAda('POST', `/api/papers/${slug}/checks`)).status).toBe(202);
		expect((await ended(slug, 2))[0]!.state).toBe('failed');
		expect(smtp.mails.length).toBe(mails + 1);
		await line.close();
	});

	test('is checked anew where a new version is published, and recovering is told', async () => {
		const { slug, notebook, title } = await published([{ source: 'print(2)', outputs: [printed('1\n')] }]);
		const mails = smtp.mails.length;
		await assigned(slug);
		expect((await ended(slug))[0]!.state).toBe('failed');
		expect((await smtp.next(mails)).headers.subject).toBe(`✗ The example of “${title}” fails`);
		const opened = await asAda('POST', `/api/notebooks/${notebook}/runs`, { cells: 'all' });
		expect(opened.status).toBe(202);
		const run = await asAda('GET', `/api/notebooks/${notebook}/runs/${opened.body.runs[0].id}?wait=60`);
		expect(run.body.state).toBe('done');
		await asAda('POST', `/api/notebooks/${notebook}/paper`, { paper: { ...PAPER, title } });
		expect((await asAda('POST', `/api/papers/${slug}/checks`)).status).toBe(202);
		expect((await ended(slug, 2))[0]).toMatchObject({ number: 2, state: 'verified' });
		expect((await smtp.next(mails + 1)).headers.subject).toBe(`✓ The example of “${title}” works again`);
		// each version says what was seen of it
		expect(await page(`/papers/${slug}/v/1`)).toContain('Failed just now: cell 1 gives other numbers');
		expect(await page(`/papers/${slug}`)).toContain('Verified just now');
	});

	test('goes on while the server is away', async () => {
		const { slug } = await published([
			{ source: 'import time; time.sleep(6); print("slept")', outputs: [printed('slept\n')] }
		]);
		await assigned(slug);
		await expect.poll(() => left().length, { timeout: 20_000 }).toBe(1);
		await expect
			.poll(() => existsSync(join(sshd.home, '.cache/ansatz-checks', left()[0]!, 'job')), { timeout: 20_000 })
			.toBe(true);
		await server.kill();
		server = await server.restart();
		tokens();
		expect((await list(slug))[0]!.state).toBe('running');
		expect(await page(`/papers/${slug}`)).not.toMatch(/Verified|Failed/);
		await connect();
		expect((await ended(slug))[0]).toMatchObject({
			state: 'verified',
			report: { cells: [{ outcome: 'same' }] }
		});
		await expect.poll(left).toEqual([]);
	});

	test('waits while its workspace is away, says so, and is run once there is a line', async () => {
		const { slug } = await published([{ source: 'print(1)', outputs: [printed('1\n')] }]);
		await asAda('POST', `/api/workspaces/${workspace}/disconnect`);
		const answer = await asAda('PUT', `/api/papers/${slug}/checking`, { workspace, days: 30 });
		expect(answer.body).toMatchObject({
			workspace: { connected: false },
			waits: 'Group node is not connected. The next check waits until its owner connects to it.'
		});
		expectProblem(await asAda('POST', `/api/papers/${slug}/checks`), 409, 'workspace-disconnected');
		expect(await list(slug)).toEqual([]);
		await connect();
		expect((await ended(slug))[0]!.state).toBe('verified');
	});

	test('one at a time on each workspace', async () => {
		const slow = [{ source: 'import time; time.sleep(3)' }];
		const [first, second] = [await published(slow), await published(slow)];
		await assigned(first.slug);
		await assigned(second.slug);
		expectProblem(await asAda('POST', `/api/papers/${second.slug}/checks`), 409, 'check-running');
		const [[a], [b]] = [await ended(first.slug), await ended(second.slug)];
		expect(Date.parse(b!.startedAt)).toBeGreaterThanOrEqual(Date.parse(a!.finishedAt!));
		expect(await page(`/papers/${first.slug}`)).toContain(
			'Ran to its end just now, without an output to compare'
		);
	});

	test('without a kernel for it there says nothing of the example, and neither does one whose workspace is gone', async () => {
		const { slug } = await published([{ source: 'print *, 1', outputs: [printed('1')] }], {
			kernelspec: { name: 'fortran', display_name: 'Fortran', language: 'Fortran' }
		});
		// two hours ago: what was cut so long ago is tried again
		const cut = { id: 'cut', workspaceId: null, startedAt: new Date(Date.now() - 7_200_000) };
		const { id } = await rowOf(slug);
		await seed.db.insert(paperChecks).values({ ...cut, paperId: id, number: 1, state: 'running' });
		await assigned(slug);
		const checks = await ended(slug, 2);
		expect(checks.map(({ state, report }) => [state, report?.words])).toEqual([
			['aborted', expect.stringContaining('There is no kernel for Fortran on Group node.')],
			['aborted', expect.stringContaining('The machine it ran on was away')]
		]);
		expect(await page(`/papers/${slug}`)).not.toMatch(/Verified|Failed/);
		expect(await page(`/papers/${slug}/checks`)).toContain('There is no kernel for Fortran on Group node.');
	});
});

test('only owners set checks up, on workspaces of their own, and only of the card they own', async () => {
	const { slug, notebook } = await published([{ source: 'print(1)', outputs: [printed('1\n')] }]);
	const path = `/api/papers/${slug}/checking`;
	for (const call of [
		() => asBob('GET', path),
		() => asBob('PUT', path, { workspace, days: 7 }),
		() => asBob('POST', `/api/papers/${slug}/checks`),
		() => asBob('GET', `/api/papers/${slug}/counts`)
	])
		expectProblem(await call(), 403, 'role');
	await seed.member(notebook, bob, 'owner');
	expectProblem(await asBob('PUT', path, { workspace, days: 7 }), 404, 'workspace-unknown');
	expectProblem(await asAda('PUT', path, { workspace: 'local', days: 7 }), 409, 'check-local');
	expectProblem(await asAda('PUT', path, { workspace, days: 2 }), 400, 'invalid');
	expectProblem(await asAda('POST', `/api/papers/${slug}/checks`), 409, 'check-unassigned');
	await assigned(slug);
	await ended(slug);
	// another owner sees it, and does not run code under Ada's account
	expect((await asBob('GET', path)).body.workspace).toMatchObject({ name: 'Group node', own: false });
	expectProblem(await asBob('POST', `/api/papers/${slug}/checks`), 404, 'workspace-unknown');
	expect((await asBob('PUT', path, { workspace: null })).body.workspace).toBeNull();
});

test('the badge says how it is, to eyes and readers, and is asked for again each time', async () => {
	const { slug } = await published([{ source: 'print(1)', outputs: [printed('1\n')] }]);
	const badge = async (path = `/papers/${slug}/badge.svg`, tag = '') =>
		asNobody('GET', path, undefined, tag ? { 'If-None-Match': tag } : {});
	const none = await badge();
	expect([none.status, none.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
	expect(none.headers.get('cache-control')).toBe('public, no-cache');
	expect(none.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
	expect(none.body).toContain('aria-label="example: not checked"');
	const tag = none.headers.get('etag')!;
	expect((await badge(undefined, tag)).status).toBe(304);

	const { id } = await rowOf(slug);
	for (const [day, state] of [
		['2026-11-01', 'failed'],
		['2026-11-24', 'verified']
	] as const) {
		const at = new Date(`${day}T12:00:00Z`);
		const report = { seconds: 1, cpus: 1, words: '', cells: [] };
		await seed.db.insert(paperChecks).values({
			...{ id: `badge-${state}`, paperId: id, number: 1, state, startedAt: at, finishedAt: at, report }
		});
		const now = await badge(undefined, tag);
		const words = badgeWords({ state, at: at.toISOString(), words: '' });
		expect([now.status, now.body]).toEqual([
			200,
			expect.stringContaining(`<title>example: ${words}</title>`)
		]);
	}
	// what goes on, and what was cut, change nothing
	const later = { paperId: id, number: 1, startedAt: new Date() };
	await seed.db
		.insert(paperChecks)
		.values({ ...later, id: 'badge-aborted', state: 'aborted', finishedAt: new Date() });
	expect((await badge(`/papers/${slug}/v/1/badge.svg`)).body).toContain('verified 24 Nov 2026');
	expect((await badge(`/papers/${slug}/v/2/badge.svg`)).status).toBe(404);
	expect((await badge('/papers/no-such-card/badge.svg')).status).toBe(404);
	await asAda('PATCH', `/api/papers/${slug}`, { visibility: 'draft' });
	expect((await badge()).status).toBe(404);
});

describe('counts', () => {
	const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
	const read = (path: string, agent: string, cookie = ''): Promise<Response> =>
		fetch(server.origin + path, { headers: { 'User-Agent': agent, ...(cookie ? { Cookie: cookie } : {}) } });

	test('readers, runs and copies by version and day; no robots, no owners, and nothing about who', async () => {
		const { slug } = await published([{ source: 'print(1)', outputs: [printed('1\n')] }]);
		const cookieOf = ({ cookie }: SeededPerson): string => `${cookie.name}=${cookie.value}`;
		await read(`/papers/${slug}`, BROWSER);
		await read(`/papers/${slug}/v/1`, BROWSER);
		await read(`/papers/${slug}`, BROWSER, cookieOf(bob));
		await read(`/papers/${slug}`, BROWSER, cookieOf(ada));
		await read(`/papers/${slug}`, 'Mozilla/5.0 (compatible; Googlebot/2.1)');
		await read(`/papers/${slug}`, '');
		await fetch(`${server.origin}/papers/${slug}`, { method: 'HEAD', headers: { 'User-Agent': BROWSER } });
		await read(`/papers/${slug}/v/7`, BROWSER);
		expect((await asBob('POST', `/api/papers/${slug}/versions/1/copies`)).status).toBe(201);
		const day = new Date().toISOString().slice(0, 10);
		const { days } = (await asAda('GET', `/api/papers/${slug}/counts`)).body;
		expect(days).toEqual(
			expect.arrayContaining([
				{ number: 1, day, kind: 'view', n: 3 },
				{ number: 1, day, kind: 'fork', n: 1 }
			])
		);
		expect(days).toHaveLength(2);
		// the table holds what it says, and no more
		const { id } = await rowOf(slug);
		const [row] = await seed.db.select().from(paperCounts).where(eq(paperCounts.paperId, id));
		expect(Object.keys(row!).sort()).toEqual(['day', 'kind', 'n', 'number', 'paperId']);
	});

	test('what was counted a moment before the server stops is kept', async () => {
		const { slug } = await published([{ source: 'print(1)', outputs: [printed('1\n')] }]);
		for (let n = 0; n < 5; n++) await read(`/papers/${slug}`, BROWSER);
		expect(await server.stop()).toBe(0);
		server = await server.restart();
		tokens();
		const { id } = await rowOf(slug);
		const rows = await seed.db.select().from(paperCounts).where(eq(paperCounts.paperId, id));
		expect(rows).toMatchObject([{ kind: 'view', n: 5 }]);
	});
});

const FIGURE = `
import matplotlib.pyplot as plt
from IPython.display import display
f, a = plt.subplots(); a.plot([0, 1], [1, 0]); display(f); plt.close(f)`;

async function rowOf(slug: string): Promise<typeof papers.$inferSelect> {
	const [row] = await seed.db.select().from(papers).where(eq(papers.slug, slug));
	return row!;
}

/** A data file beside the notebook of v1. */
async function data(slug: string, path: string, text: string): Promise<void> {
	const bytes = Buffer.from(text);
	const hash = createHash('sha256').update(bytes).digest('hex');
	await seed.db.insert(blobs).values({ hash, mime: 'text/csv', size: bytes.length, data: bytes });
	const { id } = await rowOf(slug);
	await seed.db.insert(paperFiles).values({ paperId: id, number: 1, path, size: bytes.length, hash });
}
