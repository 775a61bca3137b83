/** The public pages of papers as anybody gets them, without an account or a script: over the wire, from a real server. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caller, type Call } from '../support/api.ts';
import { htmlFaults as faults } from '../support/html-faults.ts';
import { notebookWithPlots, PAPER, plotPlace } from '../support/paper.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
let seed: Seed;
let ada: SeededPerson;
let asAda: Call;
let get: (path: string, headers?: Record<string, string>) => ReturnType<Call>;

beforeAll(async () => {
	server = await startServer();
	seed = await openSeed(server);
	ada = await seed.person('ada', { displayName: 'Ada Lovelace' });
	asAda = caller(server, ada.token);
	const asNobody = caller(server, null);
	get = (path, headers) => asNobody('GET', path, undefined, headers);
});
afterAll(async () => {
	await seed?.close();
	await server?.end();
});

let titles = 0;
async function publish(
	notebook: string,
	change: { paper?: object; plot?: object | null; visibility?: string } = {}
): Promise<string> {
	const answer = await asAda('POST', `/api/notebooks/${notebook}/paper`, {
		plot: plotPlace,
		...change,
		paper: { ...PAPER, title: `Paper number ${++titles}`, ...change.paper }
	});
	expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
	return answer.body.slug as string;
}

describe('the page of a card', () => {
	test('says what the paper is, and holds no script but that of the theme', async () => {
		const notebook = await seed.notebook(ada, notebookWithPlots());
		const slug = await publish(notebook);
		const { status, body, headers } = await get(`/papers/${slug}`);
		expect(status).toBe(200);
		const html = body as string;
		for (const words of ['Emmy Noether', 'orcid.org/0000-0002-1825-0097', 'Physics Letters B', 'CC-BY-4.0'])
			expect(html).toContain(words);
		expect(html).toContain(`src="/papers/${slug}/v/1/plot" alt="${plotPlace.alternative}"`);
		// formulas of the abstract and of the example are set, not shown as they were typed
		expect(html.match(/class="katex"/g)!.length).toBeGreaterThanOrEqual(2);
		expect(html.slice(html.indexOf('<body'))).not.toContain('$\\sqrt');
		const scripts = [...html.matchAll(/<script[^>]*>/g)].map(([tag]) => tag);
		expect(scripts).toEqual(['<script src="/theme.js">', '<script type="application/ld+json">']);
		expect(html).not.toMatch(/modulepreload/);
		expect(headers.get('set-cookie')).toBeNull();
	});

	test('tells search engines and reference managers in their words', async () => {
		const slug = await publish(await seed.notebook(ada, notebookWithPlots()));
		const html = (await get(`/papers/${slug}`)).body as string;
		const permanent = `${server.origin}/papers/${slug}/v/1`;
		expect(html).toContain('<meta name="citation_doi" content="10.1016/j.physletb.2012.08.020"');
		expect(html).toContain('<meta name="citation_author" content="Noether, Emmy"');
		expect(html).toContain(`<meta property="og:image" content="${permanent}/plot"`);
		expect(html).toContain(`<link rel="canonical" href="${permanent}"`);
		const [, json] = /<script type="application\/ld\+json">(.*?)<\/script>/.exec(html)!;
		expect(JSON.parse(json!)).toMatchObject({
			'@context': 'https://schema.org',
			'@type': 'ScholarlyArticle',
			name: `Paper number ${titles}`,
			author: [{ '@type': 'Person', familyName: 'Noether' }, { '@type': 'Organization' }],
			datePublished: '2012-09-17'
		});
	});

	test('and the gallery are valid HTML', async () => {
		const notebook = await seed.notebook(ada, notebookWithPlots());
		const slug = await publish(notebook);
		await publish(notebook);
		for (const path of ['/papers', `/papers/${slug}`, `/papers/${slug}/v/1`, `/papers/${slug}/checks`])
			expect(await faults((await get(path)).body as string), path).toEqual([]);
	});

	test('leads from an old version to the new one and back', async () => {
		const notebook = await seed.notebook(ada, notebookWithPlots());
		const slug = await publish(notebook);
		const alone = (await get(`/papers/${slug}/v/1`)).body as string;
		expect(alone).not.toContain('newer version');
		await publish(notebook);
		const old = (await get(`/papers/${slug}/v/1`)).body as string;
		expect(old).toContain('There is a newer version');
		expect((await get(`/papers/${slug}`)).body).toContain(`href="/papers/${slug}/v/1"`);
	});

	test('is the same for everybody, byte for byte, and is not sent again unchanged', async () => {
		const slug = await publish(await seed.notebook(ada, notebookWithPlots()));
		const first = await get(`/papers/${slug}`);
		const cookie = `${ada.cookie.name}=${ada.cookie.value}`;
		const signedIn = await get(`/papers/${slug}`, { Cookie: cookie });
		expect(signedIn.body).toBe(first.body);
		expect(first.headers.get('cache-control')).toBe('public, no-cache');
		const etag = first.headers.get('etag')!;
		expect((await get(`/papers/${slug}`, { 'If-None-Match': etag })).status).toBe(304);
	});

	test('of a draft is for its owner and kept by nobody on the way', async () => {
		const slug = await publish(await seed.notebook(ada, notebookWithPlots()), { visibility: 'draft' });
		for (const path of [
			'',
			'/v/1',
			'/v/1/plot',
			'/v/1/notebook.ipynb',
			'/cite.bib',
			'/v/1/outputs/plot/0/picture'
		])
			expect((await get(`/papers/${slug}${path}`)).status, path).toBe(404);
		const own = await get(`/papers/${slug}`, { Cookie: `${ada.cookie.name}=${ada.cookie.value}` });
		expect(own.status).toBe(200);
		expect(own.body).toContain('A draft');
		expect(own.headers.get('cache-control')).toBe('private, no-store');
		for (const list of ['/papers', '/papers/feed.xml', '/papers/sitemap.xml'])
			expect((await get(list)).body).not.toContain(slug);
	});

	test('has files and a plot that may be kept for ever', async () => {
		const slug = await publish(await seed.notebook(ada, notebookWithPlots()));
		for (const [file, type] of [
			['plot', 'image/png'],
			['notebook.ipynb', 'application/x-ipynb+json'],
			['notebook.py', 'text/x-python; charset=utf-8'],
			['notebook.html', 'text/html; charset=utf-8']
		] as const) {
			const answer = await get(`/papers/${slug}/v/1/${file}`);
			expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
			expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
			const etag = answer.headers.get('etag')!;
			expect((await get(`/papers/${slug}/v/1/${file}`, { 'If-None-Match': etag })).status).toBe(304);
		}
		expect((await get(`/papers/${slug}/v/1/notebook.exe`)).status).toBe(404);
		expect((await get(`/papers/${slug}/cite.bib`)).body).toMatch(
			/^@article\{Noether2012|^@article\{noether2012/
		);
		expect((await get(`/papers/${slug}/cite.ris`)).body).toMatch(/^TY {2}- JOUR\r\n/);
		expect(JSON.parse((await get(`/papers/${slug}/cite.json`)).bytes.toString())).toMatchObject([
			{ DOI: PAPER.doi }
		]);
		expect((await get(`/papers/${slug}/cite.doc`)).status).toBe(404);
	});

	test('sends a visitor who wants to run it to sign in, and back', async () => {
		const slug = await publish(await seed.notebook(ada, notebookWithPlots()));
		const answer = await get(`/papers/${slug}/v/1/copy`);
		expect([answer.status, answer.headers.get('location')]).toEqual([
			303,
			`/sign-in?next=${encodeURIComponent(`/papers/${slug}/v/1/copy`)}`
		]);
	});
});

describe('what is hostile', () => {
	const EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
	const SVG = `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script><rect width="9" height="9"/></svg>`;

	test('in metadata and outputs is text, or shown where it can do nothing', async () => {
		const outputs = [
			{ output_type: 'display_data', metadata: {}, data: { 'image/svg+xml': SVG } },
			{ output_type: 'display_data', metadata: {}, data: { 'text/html': `<b>table</b>${EVIL}` } },
			{ output_type: 'stream', name: 'stdout', text: EVIL }
		];
		const cell = { cell_type: 'code', id: 'evil', metadata: {}, execution_count: 2, source: EVIL, outputs };
		const text = {
			cell_type: 'markdown',
			id: 'text',
			metadata: {},
			source: `${EVIL}\n\n[x](javascript:alert(3))`
		};
		const slug = await publish(await seed.notebook(ada, notebookWithPlots([cell, text])), {
			paper: {
				title: `Evil ${EVIL} $\\href{javascript:alert(4)}{x}$`,
				abstract: `${EVIL} [x](javascript:alert(5)) ![x](https://evil.test/pixel.png) $\\url{javascript:alert(6)}$`,
				authors: [
					{ kind: 'person', family: EVIL, given: '</script><script>alert(7)</script>', affiliations: [EVIL] }
				],
				venue: EVIL,
				tags: [`"><script>alert(8)`]
			},
			plot: { cell: 'evil', output: 0, alternative: EVIL }
		});
		for (const path of [`/papers/${slug}`, '/papers']) {
			const html = (await get(path)).body as string;
			const scripts = [...html.matchAll(/<script[^>]*>/g)].map(([tag]) => tag);
			expect(
				scripts.filter((tag) => !/src="\/theme\.js"|application\/ld\+json/.test(tag)),
				path
			).toEqual([]);
			expect(html).not.toMatch(/<[^>]*\son(error|load)=/);
			expect(html).not.toMatch(/(href|src)="\s*javascript:/);
			expect(html).not.toMatch(/<img[^>]*evil\.test/);
			expect(await faults(html), path).toEqual([]);
		}
		const html = (await get(`/papers/${slug}`)).body as string;
		const [, json] = /<script type="application\/ld\+json">(.*?)<\/script>/.exec(html)!;
		expect(JSON.parse(json!).author[0].familyName).toBe(EVIL);
		const plot = await get(`/papers/${slug}/v/1/plot`);
		expect(plot.headers.get('content-type')).toBe('image/svg+xml');
		expect(plot.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
	});
});

describe('for machines', () => {
	test('there are a feed, a sitemap and rules', async () => {
		const slug = await publish(await seed.notebook(ada, notebookWithPlots()));
		const url = `${server.origin}/papers/${slug}/v/1`;
		const feed = await get('/papers/feed.xml');
		expect(feed.headers.get('content-type')).toBe('application/atom+xml; charset=utf-8');
		expect(feed.body).toContain(`<id>${url}</id>`);
		expect((await get('/papers/sitemap.xml')).body).toContain(`<loc>${url}</loc>`);
		const robots = (await get('/robots.txt')).body as string;
		expect(robots).toContain('Allow: /papers\n');
		expect(robots).toContain(`Sitemap: ${server.origin}/papers/sitemap.xml`);
	});
});
