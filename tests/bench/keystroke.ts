/**
 * keystroke: from the key press in one browser to the painted letter in another's, through our server and through a bare
 * y-websocket server, in turns on the same machine. Two contexts of one Chromium, keys 60–120 ms apart.
 */
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { openSeed } from '../support/people.ts';
import { random } from '../support/seed.ts';
import { startServer } from '../support/server-process.ts';
import { installClock, launch, type Clock } from './browser.ts';
import { figures, report, say } from './figures.ts';
import { attachYWebsocket } from './y-websocket-server.ts';

const KEYS = 300;
/** Turns: which side measures first must not matter. */
const TURNS = 3;

const server = await startServer();
const seed = await openSeed(server);
const ada = await seed.person('ada', { admin: true });
const bob = await seed.person('bob');
const notebook = await seed.notebook(ada);
await seed.member(notebook, bob, 'editor');
const peer = await startPeer();
const browser = await launch();

const ours: number[] = [];
const theirs: number[] = [];
const echo: number[] = [];
try {
	const [a, b] = [
		await context(browser, server.origin, ada.cookie),
		await context(browser, server.origin, bob.cookie)
	];
	const writer = await openNotebook(a, `${server.origin}/notebooks/${notebook}`);
	const reader = await openNotebook(b, `${server.origin}/notebooks/${notebook}`);
	const [c, d] = [await browser.newContext(), await browser.newContext()];
	const peerWriter = await openPeer(c, peer.url);
	const peerReader = await openPeer(d, peer.url);
	for (let turn = 0; turn < TURNS; turn++) {
		ours.push(...(await type(writer, reader, KEYS / TURNS, echo)));
		theirs.push(...(await type(peerWriter, peerReader, KEYS / TURNS, [])));
	}
} finally {
	await browser.close();
	await peer.stop();
	await seed.close();
	await server.end();
}

say('key press → other person’s screen, Ansatz', figures(ours), ours.length);
say('key press → other person’s screen, bare y-websocket', figures(theirs), theirs.length);
say('key press → own screen, Ansatz', figures(echo), echo.length);
report({
	bench: 'keystroke',
	n: ours.length,
	ours: figures(ours),
	peers: { 'y-websocket': figures(theirs) },
	echo: figures(echo)
});

/** Press keys in one page and measure when the other has painted them; lost or doubled letters end the benchmark. */
async function type(from: Page, to: Page, count: number, own: number[]): Promise<number[]> {
	const r = random(1);
	const times: number[] = [];
	await from.bringToFront();
	await from.locator('.cm-content').first().click();
	let length = await to.evaluate(() => (window as unknown as Clock).__letters());
	const painted = (page: Page, wanted: number): Promise<number> =>
		page.evaluate((count) => {
			const clock = window as unknown as Clock;
			return clock.__painted(() => clock.__letters() >= count);
		}, wanted);
	for (let i = 0; i < count; i++) {
		length++;
		const seen = painted(to, length);
		const echoed = painted(from, length);
		await from.keyboard.press(String.fromCharCode(97 + r.below(26)));
		const [remote, local] = await Promise.all([seen, echoed]);
		const pressed = await from.evaluate(() => (window as unknown as Clock).__pressed);
		times.push(remote - pressed);
		own.push(local - pressed);
		await new Promise((resolve) => setTimeout(resolve, 60 + r.below(60)));
	}
	return times;
}

async function context(
	browser: Browser,
	url: string,
	cookie: { name: string; value: string }
): Promise<BrowserContext> {
	const made = await browser.newContext();
	await made.addCookies([{ ...cookie, url }]);
	return made;
}

async function openNotebook(context: BrowserContext, url: string): Promise<Page> {
	const page = await context.newPage();
	await page.goto(url);
	await page.locator('.cm-content').first().waitFor();
	await installClock(page);
	return page;
}

async function openPeer(context: BrowserContext, url: string): Promise<Page> {
	const page = await context.newPage();
	await page.goto(url);
	await page.locator('body[data-ready=yes]').waitFor();
	await installClock(page);
	return page;
}

async function startPeer(): Promise<{ url: string; stop(): Promise<void> }> {
	const out = await mkdtemp(join(tmpdir(), 'ansatz-bench-'));
	await build({
		configFile: false,
		logLevel: 'error',
		build: {
			outDir: out,
			lib: {
				entry: fileURLToPath(new URL('./y-websocket-page.ts', import.meta.url)),
				formats: ['es'],
				fileName: 'page'
			}
		}
	});
	const script = await readFile(join(out, 'page.js'));
	await rm(out, { recursive: true });
	const http = createServer((request, response) => {
		const js = request.url === '/page.js';
		response.setHeader('Content-Type', js ? 'text/javascript' : 'text/html');
		response.end(
			js ? script : '<!doctype html><meta charset=utf-8><body><script type=module src=/page.js></script>'
		);
	});
	attachYWebsocket(http);
	await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
	const { port } = http.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}/`,
		async stop() {
			http.closeAllConnections();
			http.close();
		}
	};
}
