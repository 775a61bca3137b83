/**
 * card: the public page of a paper beside the same notebook as nbconvert's HTML and as JupyterLab shows it.
 *
 * Largest contentful paint in Chromium, each page in a context of its own with nothing kept, the three in turn. nbconvert's
 * file comes from a plain static server; its libraries from a CDN are refused at once, which only helps it. Script that a
 * reader's browser loads for a card (compressed as it is sent; at most 60 kB where nothing is interactive), bytes of all of
 * it, and how many answers the server gives in a second, pinned to one core, to 8 connections: gallery and card, whole and
 * unchanged (304). `npm run bench -- card [SECONDS]`, 5 for each rate without it.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page, Request } from '@playwright/test';
import { openSeed } from '../support/people.ts';
import { notebookWithPlots, PAPER, plotPlace, png } from '../support/paper.ts';
import { startServer } from '../support/server-process.ts';
import { launch } from './browser.ts';
import { figures, report, round, say } from './figures.ts';
import { startJupyterLab } from './jupyterlab.ts';

const SECONDS = Number(process.argv[2] ?? 5);
const CONNECTIONS = 8;
const ROUNDS = 15;
const MOST_SCRIPT_KB = 60;
const NBCONVERT = fileURLToPath(new URL('../../.cache/jupyterlab/bin/jupyter-nbconvert', import.meta.url));

/** A page as a reader opens it; `drawn` is there when its last picture is. */
interface Side {
	url: string;
	drawn: string;
}
interface Opened {
	paint: number;
	script: number;
	all: number;
}

const notebook = notebookWithPlots(cells(), spectrum());
const server = await startServer();
const seed = await openSeed(server);
const browser = await launch();
const lab = await startJupyterLab();
const still = await serveStill(notebook);
try {
	const ada = await seed.person('ada');
	let slug = '';
	// a gallery with a page full of cards
	for (let n = 0; n < 24; n += 1) {
		const id = await seed.notebook(ada, notebook);
		const answer = await fetch(`${server.origin}/api/notebooks/${id}/paper`, {
			method: 'POST',
			headers: { Authorization: `Bearer ${ada.token}`, 'Content-Type': 'application/json' },
			body: JSON.stringify({ paper: { ...PAPER, title: `Measurement ${n} of $x$` }, plot: plotPlace })
		});
		if (!answer.ok) throw new Error(await answer.text());
		slug = ((await answer.json()) as { slug: string }).slug;
	}
	await lab.write('card.ipynb', notebook);

	const sides: Record<string, Side> = {
		ours: { url: `${server.origin}/papers/${slug}`, drawn: '.notebook img' },
		nbconvert: { url: `${still.origin}/card.html`, drawn: '.jp-RenderedImage img' },
		jupyterlab: { url: lab.url('card.ipynb'), drawn: '.jp-RenderedImage img' }
	};
	const opened: Record<string, Opened[]> = {};
	for (let n = 0; n < ROUNDS; n += 1)
		for (const [name, side] of Object.entries(sides)) (opened[name] ??= []).push(await open(side));
	const paints = Object.fromEntries(
		Object.entries(opened).map(([name, all]) => [name, figures(all.map(({ paint }) => paint))])
	);
	for (const [name, paint] of Object.entries(paints)) say(`largest contentful paint, ${name}`, paint, ROUNDS);
	const loaded = (of: 'script' | 'all'): Record<string, number> =>
		Object.fromEntries(
			Object.entries(opened).map(([name, all]) => [
				name,
				round(Math.max(...all.map((one) => one[of])) / 1000)
			])
		);
	const scripts = loaded('script');
	console.log(`loaded, in kB: script ${JSON.stringify(scripts)}, all ${JSON.stringify(loaded('all'))}`);

	const core = pin(server.pid);
	const perSecond: Record<string, number> = {};
	for (const [name, path] of Object.entries({ gallery: '/papers', card: `/papers/${slug}` })) {
		const etag = (await fetch(server.origin + path)).headers.get('etag')!;
		perSecond[name] = await rate(path, {});
		perSecond[`${name}-unchanged`] = await rate(path, { 'if-none-match': etag });
	}
	for (const [name, answers] of Object.entries(perSecond))
		console.log(`${name}: ${answers} answers a second`);

	const { ours, ...peers } = paints;
	report({
		...{ bench: 'card', n: ROUNDS, ours: ours!, peers },
		...{ javascript_kB: scripts.ours, loaded_kB: { script: scripts, all: loaded('all') } },
		...{ perSecond, core, cpus: cpus().length }
	});
	if (scripts.ours! > MOST_SCRIPT_KB) process.exitCode = 1;
} finally {
	await still.end();
	await lab.end();
	await browser.close();
	await seed.close();
	await server.end();
}

/** Open a page with nothing kept from before, wait until it stands, and read what the browser says of it. */
async function open({ url, drawn }: Side): Promise<Opened> {
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
	await context.route(
		(address) => !/^(localhost|127\.0\.0\.1)$/.test(address.hostname) && address.protocol.startsWith('http'),
		(route) => route.abort()
	);
	const page = await context.newPage();
	const requests: Request[] = [];
	page.on('requestfinished', (request) => requests.push(request));
	await page.goto(url, { waitUntil: 'load' });
	await page.locator(drawn).last().waitFor({ state: 'attached', timeout: 60_000 });
	await settled(page);
	const paint = await page.evaluate(
		() =>
			new Promise<number>((resolve) => {
				new PerformanceObserver((list) => resolve(list.getEntries().at(-1)!.startTime)).observe({
					type: 'largest-contentful-paint',
					buffered: true
				});
			})
	);
	const loaded = await Promise.all(
		requests.map(async (request): Promise<[script: boolean, bytes: number]> => {
			const { responseBodySize } = await request.sizes();
			return [request.resourceType() === 'script', responseBodySize];
		})
	);
	await context.close();
	return {
		paint,
		script: loaded.reduce((sum, [script, bytes]) => sum + (script ? bytes : 0), 0),
		all: loaded.reduce((sum, [, bytes]) => sum + bytes, 0)
	};
}

/** All pictures on the first screen are here (lazy ones below it need not come), and two frames were painted after that. */
async function settled(page: Page): Promise<void> {
	await page.waitForFunction(() =>
		[...document.images].every((image) => image.complete || image.getBoundingClientRect().top > innerHeight)
	);
	await page.evaluate(
		() => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))
	);
}

/** nbconvert's HTML of a notebook behind a server that does nothing but send it. */
async function serveStill(ipynb: string): Promise<{ origin: string; end(): Promise<void> }> {
	const folder = await mkdtemp(join(tmpdir(), 'ansatz-bench-card-'));
	await writeFile(join(folder, 'card.ipynb'), ipynb);
	await promisify(execFile)(NBCONVERT, ['--to', 'html', join(folder, 'card.ipynb')], {
		env: { PATH: process.env.PATH, HOME: folder, JUPYTER_CONFIG_DIR: folder, JUPYTER_DATA_DIR: folder }
	});
	const html = await readFile(join(folder, 'card.html'));
	const http = createServer((_, response) =>
		response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html)
	);
	await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
	return {
		origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
		async end() {
			http.closeAllConnections();
			await new Promise((resolve) => http.close(resolve));
			await rm(folder, { recursive: true, force: true });
		}
	};
}

/** All threads of the server on the first core, and this process on the others; null where there is only one, or no taskset. */
function pin(pid: number): number | null {
	if (cpus().length < 2) return null;
	try {
		execFileSync('taskset', ['-acp', '0', String(pid)]);
		execFileSync('taskset', ['-acp', `1-${cpus().length - 1}`, String(process.pid)]);
		return 0;
	} catch {
		console.log('taskset is not here, or may not: the server has all cores.');
		return null;
	}
}

/** Answers in a second, by as many connections as ask one after the other. */
async function rate(path: string, headers: Record<string, string>): Promise<number> {
	const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
	const ask = (): Promise<void> =>
		new Promise((resolve, reject) => {
			get(server.origin + path, { agent, headers }, (response) => {
				if (response.statusCode !== (headers['if-none-match'] ? 304 : 200))
					reject(new Error(`It answered with ${response.statusCode}.`));
				response.resume().on('end', resolve);
			}).on('error', reject);
		});
	for (let n = 0; n < 50; n += 1) await ask();
	let answers = 0;
	const start = performance.now();
	const end = start + SECONDS * 1000;
	const worker = async (): Promise<void> => {
		while (performance.now() < end) {
			await ask();
			answers += 1;
		}
	};
	await Promise.all(Array.from({ length: CONNECTIONS }, worker));
	const seconds = (performance.now() - start) / 1000;
	agent.destroy();
	return round(answers / seconds);
}

/** A falling spectrum with a bump. */
function spectrum(): Buffer {
	return png(640, 420, (x, y) => {
		const height = 330 * Math.exp(-x / 260) + 60 * Math.exp(-(((x - 330) / 26) ** 2)) + 20;
		return 420 - y < height ? [39, 64, 200] : [255, 255, 255];
	});
}

/** Text, code, a table and two more plots: the length of an example that people publish. */
function cells(): object[] {
	const rows = Array.from(
		{ length: 12 },
		(_, n) => `<tr><th>${n}</th><td>${n * n}</td><td>${n / 7}</td></tr>`
	);
	const code = (id: string, source: string, data: object): object => ({
		...{ cell_type: 'code', id, metadata: {}, execution_count: 2, source },
		outputs: [{ output_type: 'display_data', metadata: {}, data }]
	});
	return Array.from({ length: 3 }, (_, n) => [
		{
			...{ cell_type: 'markdown', id: `text-${n}`, metadata: {} },
			source: `## Part ${n}\n\n${'The mass $m = \\sqrt{E^2 - p^2}$ is computed for each pair of photons. '.repeat(6)}`
		},
		code(`table-${n}`, 'events.describe()', {
			'text/html': `<table><tbody>${rows.join('')}</tbody></table>`
		}),
		code(`more-${n}`, 'plt.hist(events.mass, bins=60)\nplt.xlabel("mass / GeV")', {
			'image/png': spectrum().toString('base64')
		})
	]).flat();
}
