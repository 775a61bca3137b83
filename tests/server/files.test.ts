/** The files of a workspace over HTTP: a real server, a real sshd, whatever the names and however it breaks. */
import { execFile, execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { CheckLine } from '#lib/model/check-list.ts';
import { encodePath } from '#lib/model/file-path.ts';
import type { FolderListing } from '#lib/model/files.ts';
import { caller, expectProblem, type Call } from '../support/api.ts';
import { openPage } from '../support/person-line.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { startSshd, type Sshd } from '../support/sshd.ts';

let server: ServerProcess;
let seed: Seed;
let sshd: Sshd;
let ada: SeededPerson;
let call: Call;
let id: string;

beforeAll(async () => {
	[server, sshd] = await Promise.all([startServer(), startSshd()]);
	seed = await openSeed(server);
	ada = await seed.person('ada');
	call = caller(server, ada.token);
	id = await seed.workspace(ada, sshd, []);
	expectProblem(await call('GET', files()), 409, 'workspace-disconnected');
	const signIn = { hop: 0, credential: { kind: 'key', privateKey: sshd.privateKey } };
	const connected = await call('POST', `/api/workspaces/${id}/connect`, { signIn });
	expect(connected.body).toMatchObject({ state: 'connected' });
	// what the agent found there ends the check list
	const lines = connected.body.checks as CheckLine[];
	expect(lines.slice(-4).map(({ check }) => check)).toEqual(['kernels', 'gpu', 'batch', 'disk']);
	expect(lines.find(({ check }) => check === 'disk')).toMatchObject({
		text: expect.stringMatching(/ free in /)
	});
	expect(lines.every(({ state }) => state !== 'doing')).toBe(true);
}, 60_000);
afterAll(async () => {
	await seed?.close();
	await server?.end();
	await sshd?.stop();
}, 60_000);

const files = (call = '', path?: string, more = ''): string =>
	`/api/workspaces/${id}/files${call}${path === undefined ? '' : `?path=${encodePath(path)}`}${more}`;

/** A body of bytes, which is no JSON. */
async function send(
	method: string,
	path: string,
	bytes: Buffer | string,
	headers: Record<string, string> = {}
) {
	const type = { 'Content-Type': BYTES, ...headers };
	return call(method, path, typeof bytes === 'string' ? bytes : bytes.toString('latin1'), type);
}

/** Not in the way of the connections that are open. */
const inShell = (script: string, more = '') =>
	promisify(execFile)('sh', ['-c', script, 'sh', sshd.home, more]);

const BYTES = 'application/octet-stream';
const PATIENT = { timeout: 30_000 };

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('nobody else reaches them, and a token needs the scope', async () => {
	const other = caller(server, (await seed.person('bob')).token);
	for (const path of [
		files(),
		files('/content', '~/x'),
		files('/zip', '~'),
		files('/search', '~', '&name=x')
	])
		expectProblem(await other('GET', path), 404, 'workspace-unknown');
	expectProblem(await other('POST', files(), { do: 'folder', path: '~/x' }), 404, 'workspace-unknown');
	expectProblem(await other('GET', '/api/workspaces/local/files'), 404, 'workspace-unknown');
	expectProblem(await call('POST', files(), { do: 'format', path: '/' }), 400, 'invalid');
	expectProblem(await call('GET', files('/content')), 400, 'invalid');
	expectProblem(await call('GET', files('', '~/nothing')), 404, 'file-missing');
});

test('the machine of the server is for administrators, who need not connect', async () => {
	const root = caller(server, (await seed.person('root', { admin: true })).token);
	const answer = await root('GET', `/api/workspaces/local/files?path=${server.dataDir}`);
	expect(answer.body).toMatchObject({ path: server.dataDir, names: expect.arrayContaining(['postgres']) });
});

test('a folder is listed, changed, and the change taken back', async () => {
	const made = await call('POST', files(), { do: 'folder', path: '~/made' });
	expect(made.body).toMatchObject({ done: [`${sshd.home}/made`], problems: [], undo: { do: 'trash' } });
	expect((await call('GET', files())).body.names).toContain('made');
	await call('POST', files(), made.body.undo);
	const listing = (await call('GET', files())).body;
	expect(listing.names).not.toContain('made');
	expect(listing).toMatchObject({ path: sshd.home, home: sshd.home, writable: true, users: ['ada'] });
	const again = await call('POST', files(), { do: 'folder', path: '/etc/ansatz' });
	expect(again.body).toMatchObject({ done: [], undo: null, problems: [{ code: 'denied' }] });
});

test('100 000 entries come in one answer', async () => {
	// in memory: making them is most of the work
	const many = mkdtempSync('/dev/shm/many-');
	onTestFinished(() => rmSync(many, { recursive: true }));
	chmodSync(many, 0o755);
	await inShell('cd "$2" && seq -f "event-%06g.dat" 0 99999 | xargs touch', many);
	const { body } = await call('GET', files('', many));
	const { names, sizes, types, modes, owners } = body as FolderListing;
	expect([
		new Set(names).size,
		names.length,
		sizes.length,
		types.length,
		modes.length,
		owners.length
	]).toEqual(Array(6).fill(100_000));
	expect([types.replaceAll('f', ''), body.writable, body.users]).toEqual(['', false, ['root']]);
}, 60_000);

describe('the bytes of a file', () => {
	const data = randomBytes(3_000_000);

	test('come whole, in ranges, and not again when they are known', async () => {
		writeFileSync(join(sshd.home, 'data.bin'), data);
		const whole = await call('GET', files('/content', '~/data.bin'));
		expect([whole.status, sha(whole.bytes)]).toEqual([200, sha(data)]);
		expect(Object.fromEntries(whole.headers)).toMatchObject({
			'content-length': '3000000',
			'content-type': 'application/octet-stream',
			'content-disposition': `attachment; filename="data.bin"; filename*=UTF-8''data.bin`,
			'x-content-type-options': 'nosniff',
			'accept-ranges': 'bytes',
			etag: expect.stringMatching(/^"[0-9a-f-]+"$/)
		});
		expect(whole.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
		const etag = whole.headers.get('etag')!;
		const ranges: [string, number, number][] = [
			['bytes=0-99', 0, 100],
			['bytes=2999990-', 2_999_990, 3_000_000],
			['bytes=-5', 2_999_995, 3_000_000],
			['bytes=1000000-9999999', 1_000_000, 3_000_000]
		];
		for (const [range, from, to] of ranges) {
			const part = await call('GET', files('/content', '~/data.bin'), undefined, {
				Range: range,
				'If-Range': etag
			});
			expect([part.status, part.headers.get('content-range')]).toEqual([
				206,
				`bytes ${from}-${to - 1}/3000000`
			]);
			expect(part.bytes.equals(data.subarray(from, to))).toBe(true);
		}
		const get = (headers: Record<string, string>) =>
			call('GET', files('/content', '~/data.bin'), undefined, headers);
		expect((await get({ Range: 'bytes=3000000-' })).status).toBe(416);
		expect((await get({ Range: 'bytes=0-9', 'If-Range': '"other"' })).status).toBe(200);
		expect((await get({ 'If-None-Match': etag })).status).toBe(304);
		const head = await call('HEAD', files('/content', '~/data.bin'));
		expect([head.status, head.headers.get('content-length'), head.bytes.length]).toEqual([200, '3000000', 0]);
	});

	test.each([
		['page.html', 'text/plain; charset=utf-8', 'inline'],
		['picture.svg', 'image/svg+xml', 'inline'],
		['photo.PNG', 'image/png', 'inline'],
		['paper.pdf', 'application/pdf', 'inline'],
		['README', 'text/plain; charset=utf-8', 'inline'],
		['events.root', 'application/octet-stream', 'attachment']
	])('%s is shown as %s', async (name, type, kind) => {
		writeFileSync(join(sshd.home, name), '<script>alert(1)</script>');
		const { headers } = await call('GET', files('/content', `~/${name}`, '&inline=1'));
		expect(headers.get('content-type')).toBe(type);
		expect(headers.get('content-disposition')).toMatch(new RegExp(`^${kind};`));
		expect(headers.get('content-security-policy')).toMatch(/^sandbox; /);
	});

	test('are written whole, unless the file is another one by now', async () => {
		const path = files('/content', '~/note.txt');
		const first = await send('PUT', path, 'one', { 'If-None-Match': '*' });
		expect([first.status, first.headers.get('etag')]).toEqual([200, `"${first.body.version}"`]);
		const second = await send('PUT', path, 'two', { 'If-Match': `"${first.body.version}"` });
		expect(second.status).toBe(200);
		const conditions: Record<string, string>[] = [
			{ 'If-Match': `"${first.body.version}"` },
			{ 'If-None-Match': '*' }
		];
		for (const headers of conditions) {
			const refused = await send('PUT', path, 'three', headers);
			expectProblem(refused, 412, 'file-changed');
			expect(refused.body.version).toBe(second.body.version);
		}
		expect(readFileSync(join(sshd.home, 'note.txt'), 'utf8')).toBe('two');
		expectProblem(await send('PUT', path, 'x', { 'If-Match': 'nonsense' }), 400, 'invalid');
		// bytes without a type are not taken for an empty file
		const untyped = await fetch(server.origin + path, {
			method: 'PUT',
			headers: { Authorization: `Bearer ${ada.token}` },
			body: new Uint8Array([1, 2, 3])
		});
		expect([untyped.status, await untyped.json()]).toMatchObject([415, { code: 'content-type' }]);
		expectProblem(await send('PUT', path, 'x'.repeat(50 * 1024 * 1024 + 1)), 413, 'too-large');
		expect(readFileSync(join(sshd.home, 'note.txt'), 'utf8')).toBe('two');
		expectProblem(await send('PUT', files('/content', '~/no/folder'), 'x'), 404, 'file-missing');
	});

	test('have names of any bytes, end to end', async () => {
		const odd = 'odd \udcff\udc80 ä+&#?.txt';
		expect((await send('PUT', files('/content', `~/${odd}`), 'odd')).status).toBe(200);
		expect((await call('GET', files())).body.names).toContain(odd);
		const got = await call('GET', files('/content', `~/${odd}`));
		expect(got.body).toBe('odd');
		expect(got.headers.get('content-disposition')).toBe(
			`attachment; filename="odd __ _+&#?.txt"; filename*=UTF-8''odd%20__%20%C3%A4%2B%26%23%3F.txt`
		);
		const renamed = await call('POST', files(), { do: 'rename', from: `~/${odd}`, to: `~/${odd}\udcfe` });
		expect(renamed.body).toMatchObject({ done: [`${sshd.home}/${odd}\udcfe`], problems: [] });
	});
});

test('an upload that is cut in the middle goes on where it was', async () => {
	const data = randomBytes(6_000_000);
	const begin = () =>
		call('POST', files('/uploads', '~/up.bin'), { size: data.length, modified: 1_000_000_000 });
	const { upload } = (await begin()).body as { upload: string };
	// half of a piece, then the line is gone
	const cut = request(server.origin + files(`/uploads/${upload}`, '~/up.bin', '&offset=0'), {
		method: 'PATCH',
		headers: { Authorization: `Bearer ${ada.token}`, 'Content-Type': BYTES, 'Content-Length': 4_000_000 }
	});
	const gone = new Promise<void>((resolve) => cut.on('error', () => undefined).on('close', () => resolve()));
	cut.write(data.subarray(0, 2_000_000));
	await expect
		.poll(
			async () => (await call('GET', files(`/uploads/${upload}`, '~/up.bin'))).body.offset as number,
			PATIENT
		)
		.toBeGreaterThan(1_000_000);
	cut.destroy();
	await gone;
	let { offset } = (await begin()).body as { offset: number };
	expect(offset).toBeGreaterThanOrEqual(1_000_000);
	expect(statSync(join(sshd.home, 'up.bin'), { throwIfNoEntry: false })).toBeUndefined();
	const piece = (at: number, bytes: Buffer) =>
		fetch(server.origin + files(`/uploads/${upload}`, '~/up.bin', `&offset=${at}`), {
			method: 'PATCH',
			headers: { Authorization: `Bearer ${ada.token}`, 'Content-Type': BYTES },
			body: new Uint8Array(bytes)
		});
	await expect
		.poll(async () => (await (await piece(0, data.subarray(0, 10))).json()) as object, PATIENT)
		.toMatchObject({ code: 'file-offset', offset: expect.any(Number) });
	({ offset } = (await call('GET', files(`/uploads/${upload}`, '~/up.bin'))).body as { offset: number });
	const last = await piece(offset, data.subarray(offset));
	expect(await last.json()).toEqual({ offset: data.length, done: true });
	const there = join(sshd.home, 'up.bin');
	expect([sha(readFileSync(there)), Math.round(statSync(there).mtimeMs)]).toEqual([
		sha(data),
		1_000_000_000_000
	]);
	expectProblem(await call('POST', files('/uploads', '~/up.bin'), { size: 1 }), 409, 'file-exists');
	const given = await call('POST', files('/uploads', '~/none'), { size: 5 });
	expect((await call('DELETE', files(`/uploads/${given.body.upload}`, '~/none'))).status).toBe(204);
	expectProblem(await call('GET', files(`/uploads/${given.body.upload}`, '~/none')), 404, 'file-missing');
});

test('folders come as an archive that others can open', async () => {
	await inShell('cd "$1" && mkdir -p z/in && echo a > z/a.txt && head -c 2000000 /dev/urandom > z/in/b.bin');
	const { bytes, headers } = await call('GET', files('/zip', '~/z', `&path=${encodePath('~/note.txt')}`));
	expect(headers.get('content-type')).toBe('application/zip');
	const archive = join(tmpdir(), `archive-${process.pid}.zip`);
	writeFileSync(archive, bytes);
	const script =
		'import hashlib, sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); z.testzip(); print({n: hashlib.sha256(z.read(n)).hexdigest() for n in z.namelist()}["z/in/b.bin"], sorted(z.namelist()))';
	const told = execFileSync('python3', ['-c', `import os; ${script}; os.unlink(sys.argv[1])`, archive], {
		encoding: 'utf8'
	});
	expect(told.trim()).toBe(
		`${sha(readFileSync(join(sshd.home, 'z/in/b.bin')))} ['note.txt', 'z/', 'z/a.txt', 'z/in/', 'z/in/b.bin']`
	);
	expectProblem(await call('GET', files('/zip', '~/nothing')), 404, 'file-missing');
});

test('a search answers in lines, and a preview in columns', async () => {
	writeFileSync(join(sshd.home, 'z/needle.py'), 'x = 1\nNeedle = 2\n');
	const { body, headers } = await call('GET', files('/search', '~', '&text=needle'));
	expect(headers.get('content-type')).toMatch(/^application\/x-ndjson/);
	const lines = (body as string)
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line) as object);
	expect(lines).toMatchObject([
		{ path: `${sshd.home}/z/needle.py`, type: 'file', size: 17, lines: [{ line: 2, text: 'Needle = 2' }] },
		{ end: true, cut: false, looked: expect.any(Number) }
	]);
	expectProblem(await call('GET', files('/search', '~/nothing', '&name=x')), 404, 'file-missing');
	expectProblem(await call('GET', files('/search', '~')), 400, 'invalid');
	writeFileSync(join(sshd.home, 't.csv'), 'a,b\n1,2\n');
	expect((await call('GET', files('/preview', '~/t.csv', '&kind=table'))).body).toMatchObject({
		columns: ['a', 'b'],
		rows: [['1', '2']]
	});
	writeFileSync(join(sshd.home, 't.h5'), 'x');
	expectProblem(await call('GET', files('/preview', '~/t.h5', '&kind=hdf5')), 422, 'file-no-module');
});

test('a page hears of changes in the folders it looks at, and of no others; a stranger hears nothing', async () => {
	await inShell('mkdir "$1/watched" "$1/other"');
	const carl = await seed.person('carl');
	const line = (person: SeededPerson) =>
		openPage(server.port, { Origin: server.origin, Cookie: `${person.cookie.name}=${person.cookie.value}` });
	const [page, stranger] = await Promise.all([line(ada), line(carl)]);
	for (const each of [page, stranger]) each.say({ type: 'watch', workspace: id, path: '~/watched' });
	// said once when watching begins, and again for every change
	const folders = (): number => page.news.filter((news) => news.type === 'folder').length;
	await page.heard('folder', ({ path }) => path === '~/watched');
	const before = folders();
	await inShell('touch "$1/other/x" "$1/watched/new file"');
	await page.heard('folder', () => folders() > before);
	expect(page.news.filter((news) => news.type === 'folder').every(({ path }) => path === '~/watched')).toBe(
		true
	);
	expect(stranger.news.filter((news) => news.type === 'folder')).toEqual([]);
	await Promise.all([page.close(), stranger.close()]);
});
