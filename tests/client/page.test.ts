/** The notebook page in a real browser on real rooms in memory (see harness/): what people must be able to rely on. */
import AxeBuilder from '@axe-core/playwright';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness, type Harness } from './harness/server.ts';

let harness: Harness;
let browser: Browser;

beforeAll(async () => {
	harness = await startHarness(0);
	browser = await chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking']
	});
	// The first page makes Vite bundle the dependencies, and may be reloaded by it.
	const page = await open('warm', 'Nobody');
	await page.waitForTimeout(1500);
	await page.context().close();
});

afterAll(async () => {
	await browser?.close();
	await harness?.stop();
});

async function open(id: string, name = 'Ada Lovelace', more = ''): Promise<Page> {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
	const page = await context.newPage();
	await page.goto(`${harness.url}/?id=${id}&name=${encodeURIComponent(name)}${more}`);
	await page.getByTestId('cell').first().waitFor();
	return page;
}

const cell = (page: Page, id: string) => page.locator(`[data-cell-id="${id}"]`);
const text = (page: Page, id: string) => cell(page, id).locator('.cm-content');
const has = (page: Page, id: string, part: string) => text(page, id).filter({ hasText: part }).waitFor();
const hasNot = (page: Page, id: string, part: string) =>
	text(page, id).filter({ hasNotText: part }).waitFor();
const saved = (page: Page, words: string) =>
	page.getByTestId('saved-state').filter({ hasText: words }).waitFor();

test('undo takes back one’s own edits only, structure included', async () => {
	const ada = await open('undo');
	const emmy = await open('undo', 'Emmy Noether');
	await text(ada, 'table').click();
	await ada.keyboard.press('Control+End');
	await ada.keyboard.type('\nmine = 1');
	await has(emmy, 'table', 'mine = 1');
	await text(emmy, 'imports').click();
	await emmy.keyboard.press('Control+End');
	await emmy.keyboard.type('\n# theirs');
	await has(ada, 'imports', '# theirs');

	await ada.keyboard.press('Escape');
	await ada.keyboard.press('d');
	await ada.keyboard.press('d');
	await cell(emmy, 'table').waitFor({ state: 'detached' });
	await ada.keyboard.press('z');
	await has(emmy, 'table', 'mine = 1');
	await text(ada, 'table').click();
	await ada.keyboard.press('Control+z');
	await hasNot(emmy, 'table', 'mine = 1');
	await has(ada, 'imports', '# theirs');
	// The cell that came back is another shared text: typing must reach the others again.
	await ada.keyboard.type('# again');
	await has(emmy, 'table', '# again');
});

test('a kernel that starts and works does not disturb who is typing', async () => {
	const ada = await open('typing');
	const emmy = await open('typing', 'Emmy Noether');
	await text(emmy, 'imports').click();
	await emmy.keyboard.press('Control+End');
	await ada.keyboard.press('Control+F9');
	await emmy.keyboard.type('\n# my own words', { delay: 30 });
	await has(ada, 'imports', '# my own words');
	expect(await emmy.evaluate(() => document.activeElement?.classList.contains('cm-content'))).toBe(true);
	expect(await cell(emmy, 'imports').getAttribute('aria-label')).toMatch(/^Code cell 2/);
});

test('the saved state tells the truth without a network, and edits arrive when it is back', async () => {
	const ada = await open('offline');
	const emmy = await open('offline', 'Emmy Noether');
	await saved(ada, 'Saved');
	await ada.context().setOffline(true);
	await saved(ada, 'Offline');
	await text(ada, 'imports').click();
	await ada.keyboard.type('abc');
	await saved(ada, 'Offline, 3 changes kept here');
	await ada.keyboard.press('Control+Enter');
	await ada.getByText('Nothing was run').waitFor();
	await ada.context().setOffline(false);
	await saved(ada, 'Saved');
	await has(emmy, 'imports', 'abc');
});

test('hostile outputs do nothing in the page', async () => {
	const page = await open('hostile');
	const asked: string[] = [];
	page.on('request', (request) => asked.push(request.url()));
	await page.getByTestId('run-cell').click();
	await page.getByTestId('output').nth(11).waitFor();
	await page.waitForTimeout(1000);
	expect(await page.evaluate(() => (window as { __xss?: number }).__xss)).toBeUndefined();
	expect(page.url()).toContain(harness.url);
	expect(asked.filter((url) => url.includes('evil'))).toEqual([]);
	const inPage = '[data-testid="output"]';
	for (const bad of ['script', 'form', 'input', '[id="MathJax"]', '[onerror]', 'a[href^="javascript"]']) {
		expect(await page.locator(`${inPage} ${bad}`).count(), bad).toBe(0);
	}
});

test('an output with a script draws in a frame of no origin', async () => {
	const page = await open('framed');
	await cell(page, 'frame').scrollIntoViewIfNeeded();
	await cell(page, 'frame').getByTestId('run-cell').click({ force: true });
	const frame = cell(page, 'frame').frameLocator('iframe');
	await frame.getByText('origin null').waitFor();
	const inner = page.frames().find((one) => one.url().includes('/frame'))!;
	expect(await inner.evaluate(() => Reflect.has(window, 'origin') && self.origin)).toBe('null');
	await expect(inner.evaluate(() => document.cookie)).rejects.toThrow(/sandboxed/);
	expect(await inner.evaluate(() => fetch('/api/workspaces').then(String, () => 'refused'))).toBe('refused');
});

test('the keyboard alone: out of the text, along the cells, split and merge', async () => {
	const page = await open('keys');
	const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
	await cell(page, 'print').focus();
	await page.keyboard.press('Enter');
	await page.waitForFunction(() => document.activeElement?.classList.contains('cm-content'));
	await page.keyboard.press('Control+Home');
	await page.keyboard.press('End');
	await page.keyboard.press('Control+Shift+Minus');
	await page.waitForFunction(() => document.querySelectorAll('[data-testid="cell"]').length === 11);
	await page.keyboard.press('Escape');
	expect(await focused()).toMatch(/^Code cell 6/);
	await page.keyboard.press('k');
	await page.waitForFunction(() =>
		document.activeElement?.getAttribute('aria-label')?.startsWith('Code cell 5')
	);
	await page.keyboard.press('Shift+M');
	await page.waitForFunction(() => document.querySelectorAll('[data-testid="cell"]').length === 10);
	await has(page, 'print', 'print(f');
	await page.keyboard.press('Tab');
	expect(await focused()).toBe('Run this cell');
});

test('who may only read gets no editor, no run button and no tools', async () => {
	const page = await open('reader', 'Lise Meitner', '&role=viewer');
	expect(await page.getByTestId('run-cell').count()).toBe(0);
	expect(await page.getByTestId('add-code').count()).toBe(0);
	expect(await page.locator('.cm-content[contenteditable="true"]').count()).toBe(0);
});

test('a thousand cells open with few editors', async () => {
	const page = await open('long-1000');
	await page.waitForFunction(() => document.querySelectorAll('[data-testid="cell"]').length === 1000);
	expect(await page.locator('.cm-editor').count()).toBeLessThan(80);
	await page.keyboard.press('End');
	await page.waitForTimeout(300);
});

// Three times all rules over the whole page: most of a minute where two cores are shared with the other parts.
test.each(['light', 'dark'] as const)('no fault for axe, %s', { timeout: 240_000 }, async (theme) => {
	const page = await open(`axe-${theme}`, 'Ada Lovelace', `&theme=${theme}`);
	const faults = async () => {
		const { violations } = await new AxeBuilder({ page })
			.withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
			.analyze();
		return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`);
	};
	await page.keyboard.press('Control+F9');
	await page.getByTestId('output').nth(3).waitFor();
	expect(await faults()).toEqual([]);
	await page.getByTestId('kernel-chip').click();
	await page.getByText('Add a machine').waitFor();
	expect(await faults()).toEqual([]);
	await page.keyboard.press('Control+k');
	await page.getByPlaceholder('What do you want to do?').waitFor();
	expect(await faults()).toEqual([]);
});
