/** A notebook as a page without scripts, in a browser: what it looks like, what it loads, and what cannot run in it. */
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import { toHtml } from '#lib/server/html-export.ts';
import { contentsHtml } from '#lib/server/page/contents-html.ts';
import { notebookPage } from '#lib/server/page/notebook-page.ts';
import type { OutputPart } from '#lib/server/page/options.ts';
import { outputFile } from '#lib/server/page/output-file.ts';
import { fullNotebook, hostileNotebook } from '../support/page-notebook.ts';
import { pictures } from './pictures.ts';

const ROOT = new URL('../../', import.meta.url);
const TITLE = 'A fit of the Z resonance';

/** The policy of the site's pages (svelte.config.js), as one with a nonce that nothing here knows. */
const POLICY =
	"default-src 'self'; script-src 'self' 'nonce-x'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

interface Pages {
	origin: string;
	asked: string[];
}

/** Serves pages and the files of their outputs as a route does. */
const test = base.extend<{ pages: Pages }>({
	// eslint-disable-next-line no-empty-pattern -- Playwright wants a pattern
	pages: async ({}, use) => {
		const notebooks: Record<string, NotebookContent> = { full: fullNotebook(), hostile: hostileNotebook() };
		const asked: string[] = [];
		const server = createServer(async ({ url = '/' }, response) => {
			asked.push(url);
			const [, name = '', cell, output, part] = url.split('/');
			const content = notebooks[name];
			if (url.startsWith('/node_modules/') || url.startsWith('/src/')) {
				const type = url.endsWith('.css') ? 'text/css' : 'font/woff2';
				return response.writeHead(200, { 'content-type': type }).end(readFileSync(new URL(`.${url}`, ROOT)));
			}
			if (!content) return response.writeHead(404).end();
			if (cell === 'file')
				return response.writeHead(200, { 'content-type': 'text/html' }).end(await toHtml(TITLE, content));
			if (cell !== undefined) {
				const file = outputFile(content, cell, Number(output), part as OutputPart);
				return response.writeHead(file ? 200 : 404, file?.headers).end(file?.body);
			}
			const { html, contents } = await notebookPage(content, {
				title: TITLE,
				address: (id, index, what) => `/${name}/${id}/${index}/${what}`
			});
			response.writeHead(200, {
				'content-type': 'text/html; charset=utf-8',
				'content-security-policy': POLICY
			});
			response.end(`<!doctype html><html lang="en"><head><title>${TITLE}</title><meta name="viewport" content="width=device-width, initial-scale=1">
				<link rel="stylesheet" href="/node_modules/katex/dist/katex.min.css"><link rel="stylesheet" href="/src/lib/components/tokens.css">
				<link rel="stylesheet" href="/src/lib/components/base.css"><link rel="stylesheet" href="/src/lib/components/notebook-page.css"></head>
				<body><main class="sheet"><h1>${TITLE}</h1>${contentsHtml(contents)}${html}</main></body></html>`);
		});
		await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
		await use({ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked });
		server.closeAllConnections();
		await new Promise((done) => server.close(done));
	}
});

test('a reader without scripts sees everything, and loads what runs by opening it', async ({
	browser,
	pages
}, info) => {
	const page = await browser.newPage({ javaScriptEnabled: false });
	await page.goto(`${pages.origin}/full`);
	await expect(page.getByRole('heading', { name: 'The results' })).toBeVisible();
	await expect(page.locator('.katex-display').first()).toBeVisible();
	await expect(page.getByRole('img', { name: 'The resonance at 91 GeV' })).toBeVisible();
	await expect(page.locator('.syn-keyword', { hasText: 'import' }).first()).toHaveCSS(
		'color',
		'rgb(58, 63, 176)'
	);
	await page.getByRole('link', { name: 'the results' }).first().click();
	await expect(page).toHaveURL(/#The-results$/);
	await page.close();

	const reader = await browser.newPage();
	await reader.goto(`${pages.origin}/full`);
	const open = reader.getByText('Load the Plotly figure');
	await open.scrollIntoViewIfNeeded();
	await reader.screenshot({ path: info.outputPath('before.png') });
	expect(pages.asked).not.toContain('/full/c6/0/frame');
	await open.focus();
	await reader.keyboard.press('Enter');
	await expect(reader.frameLocator('.on-demand iframe').locator('#t')).toHaveText('ran in null');
	expect(await reader.evaluate('window.__xss')).toBeUndefined();
	expect(pages.asked).not.toContain('/secret');
	await reader.close();
});

test('a hostile notebook runs nothing and asks nobody', async ({ page, pages }) => {
	const elsewhere: string[] = [];
	page.on('request', (request) => {
		if (!request.url().startsWith(pages.origin) && !request.url().startsWith('data:'))
			elsewhere.push(request.url());
	});
	for (const path of ['/hostile', '/hostile/file']) {
		await page.goto(pages.origin + path);
		await page.evaluate(() =>
			document.querySelectorAll('details').forEach((details) => (details.open = true))
		);
		for (const link of await page.locator('a[href]').all())
			expect(await link.getAttribute('href')).toMatch(/^(https?:|mailto:|#|\/hostile\/)/);
		expect(await page.evaluate('window.__xss')).toBeUndefined();
		expect(await page.locator('main > h1').count()).toBe(1);
		expect(await page.locator('.notebook > .cell').count()).toBe(await page.locator('.cell').count());
	}
	expect(elsewhere).toEqual([]);
});

test('the page is accessible, and looks right in light, dark, wide, narrow and on paper', async ({
	page,
	pages
}, info) => {
	await page.goto(`${pages.origin}/full`);
	await page.evaluate(() => document.fonts.ready);
	for (const colorScheme of ['light', 'dark'] as const) {
		await page.emulateMedia({ colorScheme });
		await clean(page);
	}
	await page.setViewportSize({ width: 390, height: 844 });
	await clean(page);
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
	await pictures(page, (name) => info.outputPath(name), 'page');
	for (const [colorScheme, width] of [
		['light', 1280],
		['dark', 1280],
		['light', 390],
		['dark', 390]
	] as const) {
		await page.emulateMedia({ colorScheme });
		await page.setViewportSize({ width, height: 900 });
		await page.screenshot({ path: info.outputPath(`whole-${colorScheme}-${width}.png`), fullPage: true });
	}

	// On paper it is light whatever the screen is, without anything to press.
	await page.evaluate(() => (document.documentElement.dataset.theme = 'dark'));
	await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
	await expect(page.getByText('Load the Plotly figure')).toBeHidden();
	await expect(page.locator('.prose p').first()).toHaveCSS('color', 'rgb(27, 26, 23)');
	await page.emulateMedia({ media: null });
	const pdf = info.outputPath('page.pdf');
	await page.pdf({ path: pdf, format: 'A4', preferCSSPageSize: true });
	if (existsSync('/usr/bin/pdftoppm'))
		execFileSync('pdftoppm', ['-r', '60', '-png', pdf, info.outputPath('paper')]);
	await page.emulateMedia({ media: 'print' });
	await page.setViewportSize({ width: 670, height: 950 });
	await page.screenshot({ path: info.outputPath('print.png'), fullPage: true });
});

test('the file that stands alone is as readable, from the disk', async ({ page, pages }, info) => {
	await page.goto(`${pages.origin}/full/file`);
	await clean(page);
	await expect(page.getByRole('heading', { level: 1 })).toHaveText(TITLE);
	await page.screenshot({ path: info.outputPath('file.png'), fullPage: true });
	expect(pages.asked.filter((url) => url !== '/favicon.ico')).toEqual(['/full/file']);
});

async function clean(page: Page): Promise<void> {
	const { violations } = await new AxeBuilder({ page }).exclude('iframe').analyze();
	expect(
		violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)
	).toEqual([]);
}
