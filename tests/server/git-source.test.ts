/** Reading git repositories: a real server (git http-backend behind https on loopback), good ones and hostile ones. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ProblemError, type Problem } from '#lib/model/problem.ts';
import { createGitJail } from '#lib/server/git-jail.ts';
import { createGitSource, type GitPlace, type GitSourceRules, type GitTree } from '#lib/server/git-source.ts';
import { startGitServer, type GitServer } from '../support/git-server.ts';
import { createAuthority, type Authority } from '../support/https-server.ts';

let authority: Authority;
let server: GitServer;
let folder: string;
const opened: GitTree[] = [];

beforeAll(async () => {
	authority = createAuthority(['forge.test', 'other.test']);
	server = await startGitServer(authority);
	folder = mkdtempSync(join(tmpdir(), 'git-source-'));
});
afterEach(async () => {
	for (const tree of opened.splice(0)) await tree.close();
	server.instead = null;
	// nothing of any repository stays
	expect(readdirSync(folder)).toEqual([]);
});
afterAll(async () => {
	await server.close();
	authority.remove();
	rmSync(folder, { recursive: true });
});

const at = (name: string): string => `https://forge.test:${server.port}/${name}.git`;
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

async function open(place: GitPlace, rules: Partial<GitSourceRules> = {}): Promise<GitTree> {
	const source = createGitSource({
		folder,
		userAgent: 'Ansatz/0.1',
		networks: ['127.0.0.0/8'],
		lookup: (host) => Promise.resolve(['forge.test', 'other.test'].includes(host) ? ['127.0.0.1'] : []),
		caFile: authority.caFile,
		timeoutMs: 30_000,
		...rules
	});
	const tree = await source.open(place);
	opened.push(tree);
	return tree;
}

async function refusal(promise: Promise<unknown>): Promise<Problem & { status: number }> {
	const error = await promise.then(
		() => undefined,
		(reason: unknown) => reason
	);
	expect(error).toBeInstanceOf(ProblemError);
	return { ...(error as ProblemError).problem, status: (error as ProblemError).status };
}

describe('a repository', () => {
	const NOTEBOOK = '{"cells": []}';
	const DATA = Buffer.from([0, 1, 2, 255, 10, 13, 10]);
	let first: string;
	let second: string;

	beforeAll(() => {
		first = server.create('good', {
			'README.md': '# Good\n',
			'examples/fit/fit.ipynb': NOTEBOOK,
			'examples/fit/data ä.bin': DATA,
			'examples/run.sh': '#!/bin/sh\n',
			'examples/empty': ''
		});
		server.git('good', ['update-index', '--chmod=+x', 'examples/run.sh']);
		server.git('good', ['commit', '--quiet', '--message=executable']);
		server.git('good', ['tag', '--annotate', '--message=x', 'v1.0']);
		second = server.git('good', ['rev-parse', 'HEAD']);
		writeFileSync(join(server.folder('good'), 'README.md'), '# Better\n');
		server.git('good', ['add', 'README.md']);
		server.git('good', ['commit', '--quiet', '--message=later']);
		server.git('good', ['branch', 'v1.0-work']);
	});

	test('by the branch that it names itself: files with sizes and checksums, and what is in them', async () => {
		const tree = await open({ url: at('good') });
		expect(tree.commit).toBe(server.git('good', ['rev-parse', 'main']));
		expect(tree.left).toEqual([]);
		expect(tree.files).toEqual([
			{ path: 'README.md', size: 9, sha256: sha256('# Better\n'), lfs: false, executable: false },
			{ path: 'examples/empty', size: 0, sha256: sha256(''), lfs: false, executable: false },
			{ path: 'examples/fit/data ä.bin', size: 7, sha256: sha256(DATA), lfs: false, executable: false },
			{ path: 'examples/fit/fit.ipynb', size: 13, sha256: sha256(NOTEBOOK), lfs: false, executable: false },
			{ path: 'examples/run.sh', size: 10, sha256: sha256('#!/bin/sh\n'), lfs: false, executable: true }
		]);
		const contents = await tree.read(['examples/fit/data ä.bin', 'README.md', 'examples/empty']);
		expect(contents.get('examples/fit/data ä.bin')).toEqual(DATA);
		expect(contents.get('README.md')!.toString()).toBe('# Better\n');
		expect(contents.get('examples/empty')).toHaveLength(0);
		expect(await refusal(tree.read(['/etc/passwd']))).toMatchObject({ status: 400, code: 'git-file' });
	});

	test('by a tag, a branch and a pinned commit that no name points at', async () => {
		expect((await open({ url: at('good'), ref: 'v1.0' })).commit).toBe(second);
		expect((await open({ url: at('good'), ref: 'v1.0-work' })).commit).not.toBe(second);
		const pinned = await open({ url: at('good'), ref: first });
		expect(pinned.commit).toBe(first);
		expect(pinned.files.find(({ path }) => path === 'examples/run.sh')?.executable).toBe(false);
	});

	test('one folder of it', async () => {
		const tree = await open({ url: at('good'), folder: '/examples/fit/' });
		expect(tree.files.map(({ path }) => path)).toEqual(['data ä.bin', 'fit.ipynb']);
		expect(await refusal(open({ url: at('good'), folder: 'nowhere' }))).toMatchObject({
			detail: 'Git says: there is no folder nowhere.'
		});
	});

	test.each([
		['a tag that is not there', { ref: 'v9' }, 404, 'git-ref-unknown'],
		['a commit that is not there', { ref: '0123456789'.repeat(4) }, 404, 'git-ref-unknown'],
		['an option in place of a tag', { ref: '--upload-pack=touch /tmp/x' }, 400, 'git-ref'],
		['a refspec in place of a tag', { ref: '+refs/heads/*:refs/heads/*' }, 400, 'git-ref'],
		['a folder above', { folder: '../..' }, 400, 'git-folder'],
		['the folder of git', { folder: 'a/.GIT' }, 400, 'git-folder']
	])('%s', async (_, place, status, code) => {
		expect(await refusal(open({ url: at('good'), ...place }))).toMatchObject({ status, code });
	});
});

describe('an address', () => {
	test.each([
		['ext::sh -c "touch /tmp/pwned"', 'git-address'],
		['file:///etc', 'git-address'],
		['/etc', 'git-address'],
		['ssh://git@forge.test/x.git', 'git-address'],
		['git@forge.test:x.git', 'git-address'],
		['git://forge.test/x.git', 'git-address'],
		['http://forge.test/x.git', 'git-address'],
		['https::https://forge.test/x', 'git-address'],
		['--upload-pack=touch', 'git-address'],
		['https://forge.test/', 'git-address'],
		['https://forge.test/x.git?a=b', 'git-address'],
		['https://name:secret@forge.test/x.git', 'git-credentials'],
		['https://token@forge.test/x.git', 'git-credentials']
	])('%s is refused', async (url, code) => {
		const before = server.asked.length;
		expect(await refusal(open({ url }))).toMatchObject({ status: 400, code });
		expect(server.asked.length).toBe(before);
	});

	test('that leads into our own network is refused, whatever git would do', async () => {
		const before = server.asked.length;
		for (const host of ['127.0.0.1', 'localhost', '10.0.0.1', '[::1]', '169.254.169.254', '2130706433'])
			expect(
				await refusal(
					open(
						{ url: `https://${host}:${server.port}/good.git` },
						{ networks: [], lookup: () => Promise.resolve(['127.0.0.1']) }
					)
				)
			).toMatchObject({ status: 403, code: 'outbound-closed' });
		expect(server.asked.length).toBe(before);
	});

	test('the connection goes to the address that was checked: git looks nothing up itself', async () => {
		// the resolver of this machine does not know the name at all
		expect((await open({ url: at('good') })).files.length).toBeGreaterThan(0);
	});

	test('a redirect is not followed', async () => {
		server.instead = (request, response) => {
			if (!request.url!.startsWith('/moved.git')) return false;
			response
				.writeHead(302, {
					location: `https://other.test:${server.port}${request.url!.replace('moved', 'good')}`
				})
				.end();
			return true;
		};
		const before = server.asked.length;
		expect(await refusal(open({ url: at('moved') }))).toMatchObject({ status: 502, code: 'git-moved' });
		expect(server.asked.slice(before).every((line) => line.includes('/moved.git'))).toBe(true);
	});

	test('the page of a repository leads to itself with .git behind, at the same server', async () => {
		server.instead = (request, response) => {
			if (!request.url!.startsWith('/good/')) return false;
			response
				.writeHead(301, { location: `https://other.test:${server.port}/elsewhere.git/info/refs` })
				.end();
			return true;
		};
		const tree = await open({ url: at('good').replace(/\.git$/, ''), ref: 'v1.0' });
		expect(tree.files.length).toBeGreaterThan(0);
		expect(server.asked.some((line) => line.includes('elsewhere'))).toBe(false);
	});

	test('no repository there, one for some only, a server that is away, an unknown certificate', async () => {
		expect(await refusal(open({ url: at('nothing') }))).toMatchObject({ status: 404, code: 'git-unknown' });
		server.instead = (_request, response) => {
			response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
			return true;
		};
		expect(await refusal(open({ url: at('good') }))).toMatchObject({ status: 404, code: 'git-private' });
		server.instead = null;
		expect(await refusal(open({ url: 'https://forge.test:9/x.git' }))).toMatchObject({
			status: 502,
			code: 'git-unreachable'
		});
		const other = createAuthority(['forge.test']);
		expect(await refusal(open({ url: at('good') }, { caFile: other.caFile }))).toMatchObject({
			status: 502,
			code: 'git-certificate'
		});
		other.remove();
	});

	test('a server that says nothing', async () => {
		server.instead = () => true;
		const started = performance.now();
		expect(await refusal(open({ url: at('good') }, { timeoutMs: 1_500 }))).toMatchObject({
			status: 504,
			code: 'git-timeout'
		});
		expect(performance.now() - started).toBeLessThan(10_000);
	});
});

describe('a hostile repository', () => {
	test('hooks, filters and configuration in it do nothing', async () => {
		const trap = join(folder, '..', `trap-${process.pid}`);
		server.create('hooks', {
			'.gitattributes': '* filter=evil diff=evil\n',
			'.gitconfig': `[core]\n\tfsmonitor = touch ${trap}\n`,
			'hooks/post-checkout': `#!/bin/sh\ntouch ${trap}\n`,
			'.lfsconfig': `[lfs]\n\turl = https://forge.test/\n`,
			'data.bin': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n'
		});
		const tree = await open({ url: at('hooks') });
		expect(tree.files.map(({ path, lfs }) => [path, lfs])).toEqual([
			['.gitattributes', false],
			['.gitconfig', false],
			['.lfsconfig', false],
			['data.bin', true],
			['hooks/post-checkout', false]
		]);
		expect(existsSync(trap)).toBe(false);
	});

	test('links out, submodules and paths that lead elsewhere are named and not read', async () => {
		server.create('links', { 'a.txt': 'a' });
		symlinkSync('/etc/passwd', join(server.folder('links'), 'passwd'));
		symlinkSync('..', join(server.folder('links'), 'up'));
		server.git('links', ['add', '--all']);
		server.git('links', ['update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},module`]);
		// git itself would never make such a tree
		const blob = server.git('links', ['hash-object', '-w', '--stdin'], 'x');
		const inner = server.git(
			'links',
			['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'],
			entry('100644', 'evil', blob)
		);
		const tree = server.git('links', ['write-tree']);
		const listed = server.git('links', ['ls-tree', tree]);
		const root = Buffer.concat(
			[
				...listed
					.split('\n')
					.map((line) => /^(\d+) \w+ (\w+)\t(.+)$/.exec(line)!.slice(1) as [string, string, string]),
				['40000', inner, '..'] as [string, string, string],
				['40000', inner, '.git'] as [string, string, string],
				['100644', blob, 'a\\b'] as [string, string, string],
				['100644', blob, 'bell\u0007'] as [string, string, string]
			].map(([mode, oid, name]) => entry(mode.replace(/^0/, ''), name, oid))
		);
		const bad = server.git('links', ['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'], root);
		const commit = server.git('links', ['commit-tree', '-m', 'x', bad]);
		server.git('links', ['update-ref', 'refs/heads/bad', commit]);
		const found = await open({ url: at('links'), ref: 'bad' });
		expect(found.files.map(({ path }) => path)).toEqual(['a.txt']);
		expect(found.left.map(({ path, why }) => `${why} ${path}`).sort()).toEqual([
			'link passwd',
			'link up',
			'path ../evil',
			'path .git/evil',
			'path a\\\\b',
			'path bell\\u0007',
			'submodule module'
		]);
		await expect(found.read(['passwd'])).rejects.toThrow('no file');
	});

	test('a file that is small when packed and large when not: kept back by the server, or not unpacked', async () => {
		const large = Buffer.alloc(40 * 1024 * 1024);
		server.create('bomb', { 'a.txt': 'a', 'zeros.bin': large });
		for (const filter of ['true', 'false']) {
			server.git('bomb', ['config', 'uploadpack.allowFilter', filter]);
			const tree = await open({ url: at('bomb') }, { maxFileBytes: 1024 * 1024 });
			expect(tree.files.map(({ path }) => path)).toEqual(['a.txt']);
			expect(tree.left).toEqual([{ path: 'zeros.bin', why: 'size' }]);
		}
		expect(await refusal(open({ url: at('bomb') }, { maxTotalBytes: 1024 * 1024 }))).toMatchObject({
			status: 413,
			code: 'git-too-large'
		});
	});

	test('more than fits on the disk is stopped while it comes', async () => {
		// does not pack
		const noise = randomBytes(12 * 1024 * 1024);
		server.create('large', { 'noise.bin': noise });
		server.git('large', ['config', 'uploadpack.allowFilter', 'false']);
		expect(await refusal(open({ url: at('large') }, { maxBytes: 5 * 1024 * 1024 }))).toMatchObject({
			status: 413,
			code: 'git-too-large'
		});
	});

	test('files that are small each and more than fits together', async () => {
		const jail = await createGitJail(folder, 3 * 1024 * 1024);
		const add = () =>
			jail.run(['hash-object', '-w', '--stdin'], performance.now() + 30_000, {
				input: randomBytes(2 * 1024 * 1024)
			});
		expect((await add()).code).toBe(0);
		expect(await add()).toMatchObject({ code: null, stopped: 'disk' });
		await jail.remove();
	});

	test('a server that sends a pack without an end', async () => {
		server.create('endless', { 'a.txt': 'a' });
		let sent = 0;
		server.instead = (request, response) => {
			if (request.method !== 'POST') return false;
			const pieces: Buffer[] = [];
			request.on('data', (piece: Buffer) => pieces.push(piece));
			request.on('end', () => {
				response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
				if (!Buffer.concat(pieces).includes('command=fetch')) {
					// the list of names, as the real one has it
					const commit = server.git('endless', ['rev-parse', 'HEAD']);
					return response.end(packet(`${commit} HEAD\n`) + '0000');
				}
				response.write(packet('packfile\n'));
				// one blob of 9 GB, by its header: type 3, size in seven bits a byte; stored blocks of deflate behind
				const header = Buffer.from([0xb0, 0x80, 0x80, 0x80, 0x80, 0x10]);
				response.write(
					band(Buffer.concat([Buffer.from('PACK\0\0\0\x02\0\0\0\x01'), header, Buffer.from([0x78, 0x01])]))
				);
				const block = Buffer.concat([Buffer.from([0, 0xff, 0x7f, 0x00, 0x80]), Buffer.alloc(0x7fff, 65)]);
				const more = (): void => {
					while (sent < 9e9 && !response.destroyed && response.write(band(block))) sent += block.length;
				};
				response.on('drain', more);
				more();
			});
			return true;
		};
		expect(await refusal(open({ url: at('endless') }, { maxBytes: 20 * 1024 * 1024 }))).toMatchObject({
			status: 413,
			code: 'git-too-large'
		});
		expect(sent).toBeGreaterThan(10e6);
		expect(sent).toBeLessThan(1e9);
	});

	test('thousands of files', async () => {
		server.create(
			'many',
			Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`f/${at}.txt`, String(at)]))
		);
		expect(await refusal(open({ url: at('many') }, { maxFiles: 200 }))).toMatchObject({
			status: 413,
			detail: 'It has more than 200 files.'
		});
		expect((await open({ url: at('many') }, { maxFiles: 300 })).files).toHaveLength(300);
	});

	test('tree in tree in tree: a million names of one small file', async () => {
		server.create('fork', { 'a.txt': 'a' });
		let tree = server.git('fork', ['write-tree']);
		for (let depth = 0; depth < 6; depth += 1) {
			const lines = Array.from({ length: 10 }, (_, at) => `040000 tree ${tree}\td${at}`).join('\n');
			tree = server.git('fork', ['mktree'], `${lines}\n`);
		}
		const commit = server.git('fork', ['commit-tree', '-m', 'x', tree]);
		server.git('fork', ['update-ref', 'refs/heads/main', commit]);
		expect(await refusal(open({ url: at('fork') }))).toMatchObject({ status: 413, code: 'git-too-large' });
	});
});

/** A line of a tree object. */
function entry(mode: string, name: string, oid: string): Buffer {
	return Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]);
}

/** A line of git's protocol, with its length in front. */
function packet(text: string): string {
	return (text.length + 4).toString(16).padStart(4, '0') + text;
}

/** A piece of a pack on the first side band. */
function band(piece: Buffer): Buffer {
	return Buffer.concat([
		Buffer.from((piece.length + 5).toString(16).padStart(4, '0')),
		Buffer.from([1]),
		piece
	]);
}
