/** Paper cards out of git repositories: a real forge (git http-backend behind https on loopback), a real server and database. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { caller, expectProblem, type Answer, type Call } from '../support/api.ts';
import { startGitServer, type GitServer } from '../support/git-server.ts';
import { createAuthority, type Authority } from '../support/https-server.ts';
import { notebookWithPlots, PAPER, PNG } from '../support/paper.ts';
import {
	commit,
	createExample,
	exampleNotebook,
	MASSES,
	readingLoopback
} from '../support/paper-repository.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { testPython } from '../support/python.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

let authority: Authority;
let forge: GitServer;
let server: ServerProcess;
let seed: Seed;
let ada: SeededPerson;
let asAda: Call;
let asBob: Call;
let asNobody: Call;

beforeAll(async () => {
	authority = createAuthority(['localhost']);
	forge = await startGitServer(authority);
	server = await startServer({ env: readingLoopback(authority.caFile) });
	seed = await openSeed(server);
	asBob = caller(server, (await seed.person('bob')).token);
	asNobody = caller(server, null);
});
let authors = 0;
/** An author for each test: a person has a number of readings. */
beforeEach(async () => {
	ada = await seed.person(`ada${++authors}`, { displayName: 'Ada Lovelace' });
	asAda = caller(server, ada.token);
});
afterAll(async () => {
	// nothing of any repository stays
	if (server) expect(readdirSync(join(server.dataDir, 'repositories'))).toEqual([]);
	await seed?.close();
	await server?.end();
	await forge?.close();
	authority?.remove();
});

const ENTRY = 'examples/peak/peak.ipynb';
const at = (name: string): string => `https://localhost:${forge.port}/${name}.git`;
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

function look(name: string, more: Record<string, string> = {}, as = asAda): Promise<Answer> {
	const query = new URLSearchParams({ url: at(name), ...more });
	return as('GET', `/api/papers/repositories?${query.toString()}`);
}

let titles = 0;
/** Publishes the example of a repository at a commit. */
function publish(
	name: string,
	revision: string,
	change: { repository?: object; paper?: object; plot?: object; card?: string; visibility?: string } = {},
	as = asAda
): Promise<Answer> {
	return as('POST', '/api/papers', {
		...change,
		paper: { ...PAPER, title: `Out of git number ${++titles}`, ...change.paper },
		repository: {
			url: at(name),
			commit: revision,
			entry: ENTRY,
			files: ['data/masses.csv', 'spectrum.py'],
			...change.repository
		}
	});
}

async function published(...args: Parameters<typeof publish>): Promise<string> {
	const answer = await publish(...args);
	expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
	return answer.body.slug as string;
}

describe('looking at a repository', () => {
	let first: string;
	beforeAll(async () => {
		first = await createExample(forge, 'looked-at', {
			'examples/peak/large.bin': Buffer.alloc(20_000_001),
			'examples/peak/pointer.root': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n',
			'other/deep/down/other.ipynb': exampleNotebook('Another'),
			'other/deep/down/.ipynb_checkpoints/other-checkpoint.ipynb': '{}',
			'broken.ipynb.txt': '{}',
			'other/myst.yml': 'version: 1\nproject:\n  title: By MyST\n  license: CC0-1.0\n'
		});
		forge.git('looked-at', ['tag', 'v1.0']);
	});

	test('says what there is: commit, notebooks, pictures, files with their sums, and what the paper is', async () => {
		const { status, body } = await look('looked-at', { ref: 'v1.0' });
		expect([status, body.commit, body.ref, body.folder]).toEqual([200, first, 'v1.0', '']);
		expect(body.notebooks.map(({ path }: { path: string }) => path)).toEqual([
			ENTRY,
			'other/deep/down/other.ipynb'
		]);
		expect(body.entry.path).toBe(ENTRY);
		expect(body.entry.plots).toEqual([
			{ cell: 'cell-2', output: 0, mime: 'image/png', data: PNG.toString('base64'), words: '' }
		]);
		expect(body.entry.files).toEqual([
			{ path: 'data/masses.csv', size: MASSES.length, hash: sha256(MASSES), why: null, named: true },
			expect.objectContaining({ path: 'data/unused.csv', why: null, named: false }),
			expect.objectContaining({ path: 'large.bin', size: 20_000_001, why: 'size' }),
			expect.objectContaining({ path: 'pointer.root', why: 'lfs' }),
			expect.objectContaining({ path: 'spectrum.py', why: null, named: true })
		]);
		expect(body.draft).toMatchObject({
			title: 'Observation of a peak in two-photon events',
			authors: [{ family: 'Noether', orcid: '0000-0002-1825-0097' }, { name: 'CMS Collaboration' }],
			doi: '10.1016/j.physletb.2012.08.020',
			venue: 'Physics Letters B',
			codeUrl: 'https://example.org/code/peakfit',
			tags: ['Higgs', 'photons']
		});
		expect(body.from).toEqual(['CITATION.cff', ENTRY]);
		expect([body.faults, body.cards]).toEqual([[], []]);
	});

	test('finds what lies above the folder that was asked for, the nearest first', async () => {
		const { body } = await look('looked-at', { folder: 'other/deep' });
		expect([body.folder, body.entry.path]).toEqual(['other/deep', 'other/deep/down/other.ipynb']);
		// CITATION.cff of the root goes before; what it does not say is from myst.yml
		expect(body.from).toEqual(['CITATION.cff', 'other/myst.yml', 'other/deep/down/other.ipynb']);
		expect(body.draft).toMatchObject({ doi: '10.1016/j.physletb.2012.08.020', licence: 'CC0-1.0' });
	});

	test('takes the address of a page that a forge shows, for another notebook too', async () => {
		const page = `https://localhost:${forge.port}/looked-at.git/-/blob/v1.0/other/deep/down/other.ipynb`;
		const { status, body } = await asAda('GET', `/api/papers/repositories?url=${encodeURIComponent(page)}`);
		expect([status, body.url, body.ref, body.folder, body.entry?.path]).toEqual([
			200,
			at('looked-at'),
			'v1.0',
			'other/deep/down',
			'other/deep/down/other.ipynb'
		]);
		const other = await look('looked-at', { entry: 'other/deep/down/other.ipynb' });
		expect(other.body.entry.files).toEqual([]);
		expectProblem(await look('looked-at', { entry: 'nowhere.ipynb' }), 422, 'entry-unknown');
	});

	test('tells a notebook or a citation file that cannot be read, and shows the rest', async () => {
		forge.create('broken', { 'a.ipynb': '{"cells": [', 'CITATION.cff': 'title: [', 'b/c/d.csv': '1\n' });
		const { status, body } = await look('broken');
		expect([status, body.entry, body.notebooks.length]).toEqual([200, null, 1]);
		expect(body.faults.map(({ path }: { path: string }) => path)).toEqual(['a.ipynb', 'CITATION.cff']);
		forge.create('empty', { 'README.md': 'x' });
		expect((await look('empty')).body).toMatchObject({ notebooks: [], entry: null });
	});

	test('is for people who are signed in, of addresses that are one, and not without end', async () => {
		expectProblem(await look('looked-at', {}, asNobody), 401, 'sign-in');
		for (const url of ['file:///etc', 'ext::sh', 'https://me:secret@localhost/x.git', '--upload-pack=x'])
			expect((await asBob('GET', `/api/papers/repositories?url=${encodeURIComponent(url)}`)).status).toBe(
				400
			);
		const private_ = await asBob('GET', `/api/papers/repositories?url=https://10.0.0.1/x.git`);
		expectProblem(private_, 403, 'outbound-closed');
		const eve = caller(server, (await seed.person('eve')).token);
		let answer = await eve('GET', '/api/papers/repositories?url=https://10.0.0.1/x.git');
		for (let n = 1; n <= 40; n += 1)
			answer = await eve('GET', '/api/papers/repositories?url=https://10.0.0.1/x.git');
		expectProblem(answer, 429, 'git-limit');
	});
});

describe('publishing from a repository', () => {
	test('freezes notebook and data at the commit, and anybody reads them without an account', async () => {
		const first = await createExample(forge, 'peak');
		const answer = await publish('peak', first, {
			repository: { ref: 'main' },
			plot: { cell: 'cell-2', output: 0, alternative: 'A peak.' }
		});
		expect([answer.status, answer.body]).toEqual([201, expect.objectContaining({ number: 1 })]);
		const { slug } = answer.body;
		const card = await asNobody('GET', `/api/papers/${slug}`);
		expect(card.body).toMatchObject({
			plot: { mime: 'image/png', alternative: 'A peak.', hash: sha256(PNG) },
			source: { url: at('peak'), commit: first, ref: 'main', folder: '', path: ENTRY },
			environment: { kernelspec: { name: 'python3' }, languageVersion: '3.11.2' },
			files: [
				{ path: 'data/masses.csv', size: MASSES.length, hash: sha256(MASSES) },
				{ path: 'spectrum.py', size: 20, hash: sha256('def read(path): ...\n') }
			],
			by: 'Ada Lovelace'
		});
		const page = (await asNobody('GET', `/papers/${slug}`)).body as string;
		for (const words of ['masses.csv', sha256(MASSES), first.slice(0, 12), `/papers/${slug}/v/1/example.zip`])
			expect(page).toContain(words);
		const file = await asNobody('GET', `/papers/${slug}/v/1/files/data/masses.csv`);
		expect([file.status, file.bytes.toString()]).toEqual([200, MASSES]);
		expect(file.headers.get('content-type')).toBe('application/octet-stream');
		expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
		const again = await asNobody('GET', `/papers/${slug}/v/1/files/data/masses.csv`, undefined, {
			'If-None-Match': file.headers.get('etag')!
		});
		expect(again.status).toBe(304);
		expect((await asNobody('GET', `/papers/${slug}/v/1/outputs/cell-2/0/picture`)).bytes).toEqual(PNG);
	});

	test('a newer commit makes v2, and v1 stays byte for byte', async () => {
		const first = await createExample(forge, 'moving');
		const slug = await published('moving', first);
		const all = ['notebook.ipynb', 'files/data/masses.csv', 'files/spectrum.py', 'example.zip'];
		const read = () =>
			Promise.all(all.map(async (file) => (await asNobody('GET', `/papers/${slug}/v/1/${file}`)).bytes));
		const before = await read();
		expect((await look('moving')).body.cards).toEqual([
			{
				...{ slug, paper: { ...PAPER, title: `Out of git number ${titles}` }, visibility: 'public' },
				...{ latest: 1, alternative: '', path: ENTRY, commit: first }
			}
		]);

		const second = await commit(forge, 'moving', {
			'examples/peak/data/masses.csv': 'mass\n90\n',
			[ENTRY]: exampleNotebook('The corrected spectrum')
		});
		expect(await published('moving', second, { card: slug })).toBe(slug);
		const { body } = await asNobody('GET', `/api/papers/${slug}`);
		expect([body.number, body.latest, body.source.commit]).toEqual([2, 2, second]);
		expect((await asNobody('GET', `/papers/${slug}/v/2/files/data/masses.csv`)).body).toBe('mass\n90\n');
		expect((await asNobody('GET', `/papers/${slug}/v/2/notebook.ipynb`)).body).toContain('corrected');
		const after = await read();
		expect(after.map((bytes, n) => bytes.equals(before[n]!))).toEqual([true, true, true, true]);
		expect((await asNobody('GET', `/papers/${slug}/v/1`)).body).toContain('There is a newer version');
	});

	test('a tag that is moved afterwards changes nothing', async () => {
		const first = await createExample(forge, 'tagged');
		forge.git('tagged', ['tag', 'v1']);
		expect((await look('tagged', { ref: 'v1' })).body.commit).toBe(first);
		await commit(forge, 'tagged', { 'examples/peak/data/masses.csv': 'mass\n1\n' });
		forge.git('tagged', ['tag', '--force', 'v1']);
		// between looking and publishing, too
		const slug = await published('tagged', first, { repository: { ref: 'v1' } });
		expect((await asNobody('GET', `/papers/${slug}/v/1/files/data/masses.csv`)).body).toBe(MASSES);
		expect((await asNobody('GET', `/api/papers/${slug}`)).body.source).toMatchObject({
			ref: 'v1',
			commit: first
		});
	});

	test('the same notebook at the same commit is no news, also twice at the same moment', async () => {
		const first = await createExample(forge, 'twice');
		const answers = await Promise.all([publish('twice', first), publish('twice', first)]);
		expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
		const { slug } = answers.find(({ status }) => status === 201)!.body;
		const again = await publish('twice', first, {
			card: slug,
			repository: { url: `${at('twice')}/` }
		});
		expectProblem(again, 409, 'published-before');
		expect(again.body.detail).toContain(`/papers/${slug}/v/1`);
		// another person's card of it is theirs
		expect((await publish('twice', first, {}, asBob)).status).toBe(201);
	});

	test('the next version is for owners of the card', async () => {
		const first = await createExample(forge, 'owned');
		const slug = await published('owned', first);
		const second = await commit(forge, 'owned', { 'examples/peak/data/masses.csv': 'x' });
		expectProblem(await publish('owned', second, { card: slug }, asBob), 403, 'role');
		expectProblem(await publish('owned', second, { card: 'no-such-card' }), 404, 'paper-unknown');
		const draft = await published('owned', second, { visibility: 'draft' });
		expectProblem(await publish('owned', second, { card: draft }, asBob), 404, 'paper-unknown');
		for (const file of ['files/data/masses.csv', 'example.zip'])
			expect((await asNobody('GET', `/papers/${draft}/v/1/${file}`)).status).toBe(404);
		expectProblem(await asNobody('POST', '/api/papers', {}, { Origin: server.origin }), 401, 'sign-in');
	});

	test('a card of a notebook has no data, and its zip the notebook', async () => {
		const notebook = await seed.notebook(ada, notebookWithPlots());
		const { body } = await asAda('POST', `/api/notebooks/${notebook}/paper`, { paper: PAPER });
		expect(body.files).toEqual([]);
		expect((await asNobody('GET', `/papers/${body.slug}`)).body).not.toContain('id="data"');
		expect(zipOf((await asNobody('GET', `/papers/${body.slug}/v/1/example.zip`)).bytes).names).toEqual([
			`${body.slug}-v1/README.txt`,
			`${body.slug}-v1/notebook.ipynb`
		]);
	});
});

describe('the zip', () => {
	test('holds notebook, data and a README, as Python reads it', async () => {
		const first = await createExample(forge, 'zipped', {
			'examples/peak/data/größe 1.txt': 'ä'.repeat(100_000)
		});
		const slug = await published('zipped', first, {
			repository: { files: ['data/masses.csv', 'data/größe 1.txt'] }
		});
		const answer = await asNobody('GET', `/papers/${slug}/v/1/example.zip`);
		expect(answer.headers.get('content-type')).toBe('application/zip');
		expect(answer.headers.get('content-disposition')).toContain(`attachment; filename="${slug}-v1.zip"`);
		const { names, read } = zipOf(answer.bytes);
		expect(names).toEqual(
			['README.txt', 'peak.ipynb', 'data/größe 1.txt', 'data/masses.csv'].map((name) => `${slug}-v1/${name}`)
		);
		expect(read('data/masses.csv')).toBe(MASSES);
		expect(read('data/größe 1.txt')).toBe('ä'.repeat(100_000));
		expect(sha256(read('peak.ipynb'))).toBe((await asNobody('GET', `/api/papers/${slug}`)).body.digest);
		const readme = read('README.txt');
		for (const words of ['Noether', 'CC-BY-4.0', 'Python 3 3.11.2', sha256(MASSES), first, '/v/1'])
			expect(readme).toContain(words);
		// packed: the long file is one letter
		expect(answer.bytes.length).toBeLessThan(20_000);
	});
});

describe('limits', () => {
	test('a file, all files together, their number, and what is only a pointer', async () => {
		const large = Buffer.alloc(18_000_000, 'mass 125.3\n');
		const many = Array.from({ length: 201 }, (_, n) => [`examples/peak/n/${n}.txt`, String(n)] as const);
		const first = await createExample(forge, 'limits', {
			...Object.fromEntries(many),
			...Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`examples/peak/${n}.bin`, large])),
			'examples/peak/large.bin': Buffer.alloc(20_000_001),
			'examples/peak/pointer.root': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n'
		});
		const refused = async (files: string[]): Promise<[number, string]> => {
			const { status, body } = await publish('limits', first, { repository: { files } });
			return [status, body.code];
		};
		expect(await refused(['large.bin'])).toEqual([413, 'data-too-large']);
		expect(await refused([1, 2, 3, 4, 5, 6].map((n) => `${n}.bin`))).toEqual([413, 'data-too-large']);
		expect(await refused(many.map(([, n]) => `n/${n}.txt`))).toEqual([422, 'data-too-many']);
		expect(await refused(['pointer.root'])).toEqual([422, 'data-file']);
		const slug = await published('limits', first, { repository: { files: ['1.bin', '2.bin'] } });
		expect((await asNobody('GET', `/papers/${slug}/v/1/files/1.bin`)).bytes.equals(large)).toBe(true);
	});
});

describe('what is hostile', () => {
	const EVIL = '<script>alert(1)</script>';

	test('in data files stays a download, whatever it is', async () => {
		const files = {
			'page.html': `<!doctype html>${EVIL}`,
			'picture.svg': `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">${EVIL}</svg>`,
			'run.js': 'alert(1)',
			'a"b\'; filename=x.html': EVIL
		};
		const first = await createExample(
			forge,
			'evil-data',
			Object.fromEntries(Object.entries(files).map(([name, text]) => [`examples/peak/${name}`, text]))
		);
		const slug = await published('evil-data', first, { repository: { files: Object.keys(files) } });
		for (const [name, text] of Object.entries(files)) {
			const answer = await asNobody('GET', `/papers/${slug}/v/1/files/${encodeURIComponent(name)}`);
			expect([answer.status, answer.bytes.toString()]).toEqual([200, text]);
			expect(answer.headers.get('content-type')).toBe('application/octet-stream');
			expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="[^"]*"; filename\*=/);
			expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
			expect(answer.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
		}
	});

	test('paths lead nowhere else, and links are not followed', async () => {
		await createExample(forge, 'evil-paths', { 'secret.txt': 'secret', 'examples/other/x.txt': 'x' });
		symlinkSync('/etc/passwd', join(forge.folder('evil-paths'), 'examples/peak/passwd'));
		const head = await commit(forge, 'evil-paths', { 'README.md': 'x' });
		for (const path of [
			...[
				'../other/x.txt',
				'../../secret.txt',
				'/etc/passwd',
				'passwd',
				'./spectrum.py',
				'data/../spectrum.py'
			],
			...['examples/peak/spectrum.py', 'peak.ipynb', '', 'data', '.git/config', 'spectrum.py\0']
		]) {
			const answer = await publish('evil-paths', head, { repository: { files: [path] } });
			expect([path, answer.status, answer.body.code]).toEqual([path, 422, 'data-file']);
		}
		for (const entry of ['../x.ipynb', 'examples/peak/spectrum.py', '/etc/passwd', ''])
			expectProblem(await publish('evil-paths', head, { repository: { entry } }), 422, 'entry-unknown');
		const outside = { entry: ENTRY, folder: 'examples/other' };
		expectProblem(await publish('evil-paths', head, { repository: outside }), 422, 'entry-unknown');
		for (const folder of ['../..', '.git', 'a\\b'])
			expectProblem(await publish('evil-paths', head, { repository: { folder } }), 400, 'git-folder');
		for (const revision of ['main', head.slice(0, 12), '--all', `${head}^`])
			expectProblem(await publish('evil-paths', revision), 400, 'invalid');
		expectProblem(await publish('evil-paths', 'f'.repeat(40)), 404, 'git-ref-unknown');

		const slug = await published('evil-paths', head);
		for (const path of [
			'..%2f..%2fsecret.txt',
			'%2e%2e/x',
			'data%2fmasses.csv%00',
			'data',
			'peak.ipynb',
			'%ff'
		])
			expect([400, 404]).toContain((await asNobody('GET', `/papers/${slug}/v/1/files/${path}`)).status);
		for (const number of ['0', '2', '99999999999'])
			expect((await asNobody('GET', `/papers/${slug}/v/${number}/files/spectrum.py`)).status).toBe(404);
	});

	test('in CITATION.cff is text, or left out', async () => {
		const first = forge.create('evil-words', {
			'CITATION.cff': JSON.stringify({
				'cff-version': '1.2.0',
				title: `T ${EVIL}`,
				abstract: `A ${EVIL} [x](javascript:alert(2))`,
				authors: [{ 'family-names': `N"><img src=x onerror=alert(3)>`, orcid: 'javascript:alert(4)' }],
				'repository-code': 'javascript:alert(5)',
				url: 'data:text/html,x',
				keywords: [EVIL]
			}),
			[ENTRY]: exampleNotebook(EVIL)
		});
		const { body } = await look('evil-words');
		expect(body.draft.codeUrl).toBe(at('evil-words').slice(0, -4));
		expect(body.draft.paperUrl).toBeUndefined();
		const slug = await published('evil-words', first, { repository: { files: [] }, paper: body.draft });
		const html = (await asNobody('GET', `/papers/${slug}`)).body as string;
		expect(html).not.toContain(EVIL);
		expect(html).not.toMatch(/<[^>]*\sonerror=/);
		expect(html).not.toMatch(/(href|src)="\s*(javascript|data:text)/);
	});
});

describe('a plot that is sent', () => {
	const SVG =
		'<?xml version="1.0"?>\n<!-- made -->\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
	const publishWith = async (data: Buffer | string, more: object = {}): Promise<Answer> => {
		const notebook = await seed.notebook(ada, notebookWithPlots());
		const plot = { data: Buffer.from(data).toString('base64'), alternative: 'Drawn by hand.', ...more };
		const paper = { ...PAPER, title: `With a plot ${++titles}` };
		return asAda('POST', `/api/notebooks/${notebook}/paper`, { paper, plot });
	};

	test.each([
		['PNG', PNG, 'image/png'],
		['SVG', SVG, 'image/svg+xml'],
		['JPEG', picture('JPEG'), 'image/jpeg'],
		['WebP', picture('WEBP'), 'image/webp']
	])('%s leads the card, by its bytes', async (_, data, mime) => {
		const { status, body } = await publishWith(data);
		expect([status, body.plot]).toEqual([201, { mime, hash: sha256(data), alternative: 'Drawn by hand.' }]);
		const plot = await asNobody('GET', `/papers/${body.slug}/v/1/plot`);
		expect([plot.headers.get('content-type'), plot.bytes.equals(Buffer.from(data))]).toEqual([mime, true]);
		expect(plot.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
	});

	test('in the words of a data file with the same bytes, too', async () => {
		const first = await createExample(forge, 'plotted', { 'examples/peak/plot.svg': SVG.replace('9', '8') });
		const slug = await published('plotted', first, {
			repository: { files: ['plot.svg'] },
			plot: { data: Buffer.from(SVG.replace('9', '8')).toString('base64'), alternative: 'Drawn.' }
		});
		const plot = await asNobody('GET', `/papers/${slug}/v/1/plot`);
		expect(plot.headers.get('content-type')).toBe('image/svg+xml');
		const file = await asNobody('GET', `/papers/${slug}/v/1/files/plot.svg`);
		expect(file.headers.get('content-type')).toBe('application/octet-stream');
	});

	test('must be a picture of some size, with words', async () => {
		const wide = Buffer.from(PNG);
		wide.writeUInt32BE(19_000, 16);
		wide.writeUInt32BE(19_000, 20);
		const endless = Buffer.from(PNG);
		endless.writeUInt32BE(2_000_000_000, 16);
		for (const [data, status] of [
			['<!doctype html><svg></svg>', 422],
			['GIF89a', 422],
			['%PDF-1.7', 422],
			['<svg><!ENTITY a "b"></svg>', 422],
			[wide, 422],
			[endless, 422],
			[Buffer.concat([PNG, Buffer.alloc(5_000_000)]), 413]
		] as const)
			expectProblem(await publishWith(data), status, 'plot-unusable');
		expectProblem(await publishWith(PNG, { alternative: ' ' }), 400, 'invalid');
		expectProblem(await publishWith(PNG, { cell: 'plot', output: 0 }), 400, 'invalid');
		expectProblem(await publishWith(PNG, { data: 'not base64!' }), 400, 'invalid');
	});
});

/** A picture of 2 × 2 points as Pillow writes it. */
function picture(format: string): Buffer {
	const program = `import sys; from PIL import Image; Image.new('RGB', (2, 2)).save(sys.stdout.buffer, '${format}')`;
	return execFileSync(testPython(), ['-c', program]);
}

/** An archive as Python's zipfile sees it, all sums checked. */
function zipOf(bytes: Buffer): { names: string[]; read: (name: string) => string } {
	const folder = mkdtempSync(join(tmpdir(), 'paper-zip-'));
	try {
		writeFileSync(join(folder, 'a.zip'), bytes);
		const program =
			'import json, sys, zipfile\n' +
			'with zipfile.ZipFile(sys.argv[1]) as archive:\n' +
			'    assert archive.testzip() is None\n' +
			'    json.dump([[n, archive.read(n).decode()] for n in archive.namelist()], open(sys.argv[2], "w"))\n';
		execFileSync(testPython(), ['-c', program, join(folder, 'a.zip'), join(folder, 'a.json')]);
		const parts = JSON.parse(readFileSync(join(folder, 'a.json'), 'utf8')) as [string, string][];
		const names = parts.map(([name]) => name);
		const top = names[0]!.split('/')[0]!;
		return { names, read: (name) => parts.find(([each]) => each === `${top}/${name}`)![1] };
	} finally {
		rmSync(folder, { recursive: true });
	}
}
