/** Everything public about papers, as parsers see it that are not ours; of plain papers and of hostile ones. */
import { Cite } from '@citation-js/core';
import '@citation-js/plugin-bibtex';
import '@citation-js/plugin-ris';
import { parseDocument } from 'htmlparser2';
import type { Element, Text } from 'domhandler';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { paperChecks, papers } from '#db/schema-papers.ts';
import { newId } from '#lib/model/ids.ts';
import { caller, type Call } from '../support/api.ts';
import { all, atomFaults, readXml } from '../support/atom.ts';
import { htmlFaults } from '../support/html-faults.ts';
import { notebookWithPlots, PAPER, plotPlace, PNG } from '../support/paper.ts';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
let seed: Seed;
let ada: SeededPerson;
let asAda: Call;
let asNobody: Call;
const get = (path: string): ReturnType<Call> => asNobody('GET', path);

const EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="alert(1)" width="9" height="9"><script>alert(2)</script><foreignObject width="9" height="9"><body xmlns="http://www.w3.org/1999/xhtml" onload="alert(3)">evil-words</body></foreignObject><image xlink:href="https://evil.test/pixel.png"/><use href="https://evil.test/x.svg#a"/></svg>`;
const output = (data: object): object => ({ output_type: 'display_data', metadata: {}, data });
const cell = (id: string, source: string, ...outputs: object[]): object => ({
	...{ cell_type: 'code', id, metadata: {}, execution_count: 2, source, outputs }
});
/** What notebooks may hold; the ids name what each is. */
const CELLS = [
	cell('svg', EVIL, output({ 'image/svg+xml': SVG })),
	cell('markup', 'table', output({ 'text/html': `<table><tr><td>1</td></tr></table>${EVIL}` })),
	cell('link', 'link', output({ 'text/html': '<a href="javascript:alert(4)">x</a><b>y</b>' })),
	cell('words', 'print()', { output_type: 'stream', name: 'stdout', text: `${EVIL}\u001b[31m${EVIL}` }),
	cell('words-md', 'md', output({ 'text/markdown': `${EVIL} [x](javascript:alert(5))` })),
	cell(
		'formula',
		'tex',
		output({ 'text/latex': '$\\href{javascript:alert(6)}{x} \\url{javascript:alert(7)}$' })
	),
	cell('fault', 'raise', { output_type: 'error', ename: EVIL, evalue: EVIL, traceback: [EVIL] })
];
const HOSTILE = {
	...PAPER,
	title: `Evil ${EVIL} </script><!-- {braces} \\input{x} $\\href{javascript:alert(8)}{x}$`,
	abstract: `${EVIL} </script>\n\nTY  - JOUR\nER  - \n\n[x](javascript:alert(9)) ![x](https://evil.test/pixel.png) }, title = {Other`,
	authors: [
		{ kind: 'person', family: EVIL, given: '</script><script>alert(10)</script>', affiliations: [EVIL] },
		{ kind: 'group', name: `}} and {{Others ${EVIL}`, affiliations: [] }
	],
	venue: `${EVIL} ]]> &amp; }`,
	volume: `{${'"'}`,
	tags: ['"><script>alert(11)', ']]></category>', '}, evil = {'],
	codeUrl: 'https://example.org/?a="onmouseover=alert(12)"'
};

const pages: Record<string, string> = {};
let slug: string;
let evil: string;

beforeAll(async () => {
	server = await startServer();
	seed = await openSeed(server);
	ada = await seed.person('ada', { displayName: EVIL });
	asAda = caller(server, ada.token);
	asNobody = caller(server, null);
	pages['the gallery without a paper'] = '';
	empty = (await get('/papers')).body as string;
	const notebook = await seed.notebook(ada, notebookWithPlots());
	slug = await publish(notebook, PAPER);
	await publish(notebook, { ...PAPER, title: 'A search, corrected' });
	evil = await publish(await seed.notebook(ada, notebookWithPlots(CELLS)), HOSTILE, {
		plot: { cell: 'svg', output: 0, alternative: EVIL }
	});
	const collection = { title: `Group ${EVIL} </title>`, words: `${EVIL}\n\n</script>` };
	await asAda('POST', '/api/collections', collection);
	const [{ slug: name }] = (await asAda('GET', '/api/collections?of=me')).body.collections;
	group = name as string;
	for (const each of [slug, evil]) await asAda('PUT', `/api/collections/${group}/papers/${each}`);
	await checked(evil);
	const paths = {
		'checks of none': `/papers/${slug}/checks`,
		'hostile checks': `/papers/${evil}/checks`,
		'a page to run it': `/papers/${evil}/v/1/run`,
		'the gallery': '/papers',
		'a search without an answer': `/papers?q=${encodeURIComponent(EVIL)}&tag=%3Cb%3E`,
		'a card': `/papers/${slug}`,
		'an old version': `/papers/${slug}/v/1`,
		'a hostile card': `/papers/${evil}`,
		'no card': '/papers/there-is-none',
		collections: '/papers/collections',
		'a collection': `/papers/collections/${group}`,
		'an embedded cell': `/papers/${slug}/v/1/embed/plot`,
		'an embedded output': `/papers/${slug}/v/1/embed/plot/0?theme=dark`,
		...Object.fromEntries(
			['svg', 'markup', 'link', 'words', 'words-md', 'formula', 'fault'].map((id) => [
				`an embedded hostile ${id}`,
				`/papers/${evil}/v/1/embed/${id}`
			])
		)
	};
	for (const [name, path] of Object.entries(paths)) pages[name] = (await get(path)).body as string;
	pages['the gallery without a paper'] = empty;
}, 180_000);
afterAll(async () => {
	await seed?.close();
	await server?.end();
});

let empty = '';
let group = '';

async function publish(notebook: string, paper: object, more: object = {}): Promise<string> {
	const answer = await asAda('POST', `/api/notebooks/${notebook}/paper`, { paper, plot: plotPlace, ...more });
	expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
	return answer.body.slug as string;
}

/** Two checks, as runs have left them that say what a notebook wrote; the newest with a picture. */
async function checked(name: string): Promise<void> {
	const [card] = await seed.db.select({ id: papers.id }).from(papers).where(eq(papers.slug, name));
	const picture = { output: 0, was: { cell: 'svg', output: 0 }, mime: 'image/png' as const };
	const report = (words: string, state: 'verified' | 'failed', minute: number) => ({
		...{ id: newId(), paperId: card!.id, number: 1, workspaceId: null, state },
		startedAt: new Date(Date.UTC(2026, 1, 1, 10, minute)),
		finishedAt: new Date(Date.UTC(2026, 1, 1, 10, minute + 1)),
		report: {
			...{ seconds: 41, cpus: 1, words },
			cells: [
				{ index: 1, outcome: 'same' as const, words: '' },
				{
					...{ index: 2, outcome: 'different' as const, words: `gives another text: ${EVIL}` },
					pictures: [{ ...picture, data: PNG.toString('base64') }]
				},
				{ index: 3, outcome: 'error' as const, words: `fails with ${EVIL}` }
			]
		}
	});
	await seed.db
		.insert(paperChecks)
		.values([report('', 'verified', 1), report(`It ended: ${EVIL}`, 'failed', 5)]);
}

/** All elements of a page, as a parser finds them that knows HTML. */
function elements(html: string): Element[] {
	const found: Element[] = [];
	const walk = (nodes: { children?: unknown }[]): void => {
		for (const node of nodes) {
			if ('name' in node && 'attribs' in node) found.push(node as unknown as Element);
			walk((node.children ?? []) as { children?: unknown }[]);
		}
	};
	walk([parseDocument(html) as { children?: unknown }]);
	return found;
}

function jsonLd(html: string): Record<string, unknown> {
	const scripts = elements(html).filter(
		({ name, attribs }) => name === 'script' && attribs.type === 'application/ld+json'
	);
	expect(scripts).toHaveLength(1);
	return JSON.parse((scripts[0]!.children[0] as Text).data) as Record<string, unknown>;
}

describe('every public page', () => {
	test('says its policy; only what is for pages of others lets them be around', async () => {
		const strict = [
			...['/papers', `/papers/${slug}`, `/papers/${slug}/v/1`, '/papers/collections'],
			...[`/papers/collections/${group}`, '/papers/there-is-none', `/papers/${slug}/v/1/embed/none`]
		];
		for (const path of strict) {
			const policy = (await get(path)).headers.get('content-security-policy');
			expect([path, policy]).toEqual([path, expect.stringContaining("frame-ancestors 'none'")]);
		}
		for (const path of [`/papers/${slug}/v/1/embed/plot`, `/papers/${evil}/v/1/embed/svg/0`]) {
			const { headers, body } = await get(path);
			const policy = headers.get('content-security-policy')!;
			expect(policy).toContain("default-src 'none'");
			expect(policy).toContain('frame-ancestors *');
			expect(policy).not.toContain('script-src');
			expect(headers.get('set-cookie')).toBeNull();
			expect(body).not.toMatch(/<script|modulepreload/);
		}
		// what runs, runs nowhere near us: also inside a page of others
		const frame = await get(`/papers/${evil}/v/1/embed/markup/0/frame`);
		expect(frame.status).toBe(200);
		expect(frame.headers.get('content-security-policy')).toMatch(
			/^sandbox allow-scripts; default-src 'none'/
		);
		expect(frame.headers.get('content-security-policy')).toContain('frame-ancestors *');
		const onCard = await get(`/papers/${evil}/v/1/outputs/markup/0/frame`);
		expect(onCard.headers.get('content-security-policy')).toContain("frame-ancestors 'self'");
	});

	test('that is embedded follows the theme asked for, and leads back to the card', async () => {
		const dark = (await get(`/papers/${slug}/v/1/embed/plot?theme=dark`)).body as string;
		expect(dark).toMatch(/<html lang="en" data-theme="dark">/);
		const own = (await get(`/papers/${slug}/v/1/embed/plot?theme="><script>`)).body as string;
		expect(own).toMatch(/<html lang="en">/);
		expect(own).toContain(`href="${server.origin}/papers/${slug}/v/1"`);
		expect(own).toContain('three points');
		const alone = (await get(`/papers/${slug}/v/1/embed/plot/0`)).body as string;
		expect(alone).not.toContain('three points');
		expect(alone).toContain(`src="/papers/${slug}/v/1/outputs/plot/0/picture"`);
		for (const path of ['embed/none', 'embed/plot/9', 'embed/plot/x', 'embed/intro/0'])
			expect([path, (await get(`/papers/${slug}/v/1/${path}`)).status]).toEqual([path, 404]);
		// the card offers both lines, whole
		const fields = elements(pages['a card']!).filter(({ attribs }) => attribs.value?.startsWith('<iframe'));
		expect(fields.map(({ attribs }) => /src="([^"]+)"/.exec(attribs.value!)![1])).toEqual(
			['plot/0', 'plot'].map((path) => `${server.origin}/papers/${slug}/v/2/embed/${path}`)
		);
	});
});

describe('for machines', () => {
	test.each(['a card', 'an old version', 'a hostile card'])('%s holds a ScholarlyArticle', (name) => {
		const said = jsonLd(pages[name]!);
		expect(said).toMatchObject({
			...{ '@context': 'https://schema.org', '@type': 'ScholarlyArticle' },
			headline: expect.stringMatching(/./),
			author: expect.arrayContaining([expect.objectContaining({ '@type': 'Person' })]),
			datePublished: expect.stringMatching(/^\d{4}(-\d\d(-\d\d)?)?$/),
			image: expect.stringMatching(/^http/),
			publisher: expect.objectContaining({ '@type': 'Organization', name: expect.anything() })
		});
		expect((said.headline as string).length).toBeLessThanOrEqual(110);
		for (const key of ['url', '@id', 'mainEntityOfPage', 'license'])
			expect(URL.canParse(said[key] as string)).toBe(true);
		if (name !== 'a hostile card') return;
		expect(said.name).toBe(HOSTILE.title);
		expect(said.abstract).toBe(HOSTILE.abstract);
		expect((said.author as { familyName: string }[])[0]!.familyName).toBe(EVIL);
	});

	test('feeds are Atom, also of hostile papers and collections', async () => {
		for (const path of ['/papers/feed.xml', `/papers/collections/${group}/feed.xml`]) {
			const { body, headers } = await get(path);
			expect(headers.get('content-type')).toMatch(/^application\/atom\+xml/);
			expect([path, atomFaults(body as string)]).toEqual([path, []]);
			const titles = all(readXml(body as string), 'entry').map((entry) => all(entry, 'title')[0]!.text);
			expect(titles).toEqual(expect.arrayContaining([HOSTILE.title, 'A search, corrected']));
		}
		const collection = readXml((await get(`/papers/collections/${group}/feed.xml`)).body as string);
		expect(all(collection, 'title')[0]!.text).toBe(`Group ${EVIL} </title>`);
	});

	test('a fault in a feed would be seen', async () => {
		const feed = (await get('/papers/feed.xml')).body as string;
		expect(atomFaults(feed.replace(/<updated>/, '<updated>yesterday '))).not.toEqual([]);
		expect(atomFaults(feed.replace(/<author>.*?<\/author>/gs, ''))).not.toEqual([]);
		expect(atomFaults(feed.replace(/<entry>\s*<id>.*?<\/id>/s, '<entry>'))).not.toEqual([]);
		expect(() => atomFaults(feed.replace('</feed>', ''))).toThrow();
	});

	test('the sitemap is one, and names what everybody may read', async () => {
		const map = readXml((await get('/papers/sitemap.xml')).body as string);
		expect([map.name, map.space]).toEqual(['urlset', 'http://www.sitemaps.org/schemas/sitemap/0.9']);
		const places = all(map, 'url').map((url) => all(url, 'loc')[0]!.text);
		for (const place of places) expect((await fetch(place)).status, place).toBe(200);
		expect(places).toEqual(
			expect.arrayContaining([
				...['/papers', '/papers/collections', `/papers/collections/${group}`].map(
					(path) => server.origin + path
				),
				...[`/papers/${slug}/v/2`, `/papers/${evil}/v/1`].map((path) => server.origin + path)
			])
		);
	});

	test('BibTeX and RIS of a paper parse back', async () => {
		for (const kind of ['bib', 'ris']) {
			const { body } = await get(`/papers/${slug}/cite.${kind}`);
			const read = new Cite(body).data;
			expect([kind, read.length]).toEqual([kind, 1]);
			expect(read[0]).toMatchObject({
				...{ type: 'article-journal', title: 'A search, corrected', DOI: PAPER.doi },
				'container-title': PAPER.venue,
				issued: { 'date-parts': [[2012, 9, ...(kind === 'ris' ? [17] : [])]] }
			});
			expect((read[0]!.author as object[])[0]).toEqual({ family: 'Noether', given: 'Emmy' });
		}
	});

	test('and of a hostile one are one record each, with nothing of its own making', async () => {
		const bib = (await get(`/papers/${evil}/cite.bib`)).body as string;
		const [entry, ...more] = new Cite(bib).data;
		expect(more).toEqual([]);
		expect(entry!.DOI).toBe(PAPER.doi);
		expect(bib.match(/^@/gm)).toHaveLength(1);
		// no field but ours
		expect(bib).not.toMatch(/^\s*evil\s*=/m);
		expect(bib.match(/^\s*title\s*=/gm)).toHaveLength(1);

		const ris = (await get(`/papers/${evil}/cite.ris`)).body as string;
		expect(new Cite(ris).data).toHaveLength(1);
		const lines = ris.split('\r\n').filter((line) => line !== '');
		for (const line of lines) expect(line).toMatch(/^[A-Z][A-Z0-9] {2}- ?/);
		expect(lines.filter((line) => /^(TY|ER)/.test(line))).toHaveLength(2);
		const json = JSON.parse((await get(`/papers/${evil}/cite.json`)).bytes.toString()) as { title: string }[];
		expect(json).toHaveLength(1);
	});

	test('the plot of a hostile paper can do nothing where it is opened', async () => {
		for (const path of ['plot', 'outputs/svg/0/picture']) {
			const { headers } = await get(`/papers/${evil}/v/1/${path}`);
			expect(headers.get('content-type')).toBe('image/svg+xml');
			const policy = headers.get('content-security-policy')!;
			expect(policy).toContain("default-src 'none'");
			expect(policy).toMatch(/(^|; ?)sandbox(;|$)/);
			expect(policy).not.toContain('allow-scripts');
			expect(headers.get('x-content-type-options')).toBe('nosniff');
		}
	});
});

// After all that asks the server: they take the processor for longer than it keeps a connection.
describe('every public page, when it is read', () => {
	test('is valid HTML', async () => {
		for (const [name, html] of Object.entries(pages))
			expect([name, await htmlFaults(html)]).toEqual([name, []]);
	}, 180_000);

	test('runs nothing of what is published, loads nothing from elsewhere, and leads nowhere that runs', () => {
		expect(Object.values(pages).filter((html) => html.length < 500)).toEqual([]);
		for (const [name, html] of Object.entries(pages)) {
			const embedded = name.startsWith('an embedded');
			for (const { name: tag, attribs } of elements(html)) {
				const said = [name, tag, attribs];
				if (tag === 'script') {
					const ours = attribs.type === 'application/ld+json' || attribs.src === '/theme.js';
					// ordinary pages of the site
					const ordinary = ['no card', 'a page to run it'].includes(name);
					expect([said, ours && !embedded]).toEqual([said, ordinary ? expect.anything() : true]);
				}
				expect([said, Object.keys(attribs).filter((key) => key.startsWith('on'))]).toEqual([said, []]);
				for (const key of ['href', 'src', 'action', 'xlink:href', 'srcset', 'data', 'poster']) {
					expect([said, /^\s*(javascript|vbscript):/i.test(attribs[key] ?? '')]).toEqual([said, false]);
					if (key !== 'href' || tag === 'link')
						expect([said, /evil\.test/.test(attribs[key] ?? '')]).toEqual([said, false]);
				}
				expect(['object', 'embed', 'applet', 'meta-refresh']).not.toContain(tag);
			}
			expect([name, html.includes('foreignObject')]).toEqual([name, false]);
		}
	});
});
