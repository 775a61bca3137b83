/** Widgets in a real browser on real rooms in memory, with states as ipywidgets and anywidget made them. */
import { chromium, type Browser, type Frame, type FrameLocator, type Page } from 'playwright';
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
	const page = await open('widgets-slider--warm');
	await page.waitForLoadState('networkidle');
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

/** What the widget of a cell shows. */
async function widget(page: Page, cell: string): Promise<FrameLocator> {
	const section = page.locator(`[data-cell-id="${cell}"]`);
	await section.scrollIntoViewIfNeeded();
	await section.getByTestId('widget').scrollIntoViewIfNeeded();
	return section.frameLocator('iframe');
}

async function frameOf(page: Page, cell: string): Promise<Frame> {
	const inside = await widget(page, cell);
	await inside.locator('#widget > *').first().waitFor();
	const element = await page.locator(`[data-cell-id="${cell}"] iframe`).elementHandle();
	return (await element!.contentFrame())!;
}

const readout = (frame: FrameLocator, text: string) =>
	frame
		.locator('.widget-readout')
		.filter({ hasText: new RegExp(`^${text}$`) })
		.waitFor();

test('a slider moved in one browser moves in the other, with the one linked to it, and stays after a reload', async () => {
	const ada = await open('widgets-slider-twin--move');
	const emmy = await open('widgets-slider-twin--move', 'Emmy Noether');
	const hers = await widget(emmy, 'slider');
	await readout(hers, '3');
	const mine = await widget(ada, 'slider');
	await mine.getByRole('slider').focus();
	for (let i = 0; i < 5; i++) await ada.keyboard.press('ArrowRight');
	await readout(mine, '8');
	await readout(hers, '8');
	await readout(await widget(ada, 'twin'), '8');
	await readout(await widget(emmy, 'twin'), '8');
	await (await widget(emmy, 'twin')).getByRole('slider').focus();
	await emmy.keyboard.press('ArrowLeft');
	await readout(mine, '7');
	await ada.reload();
	await readout(await widget(ada, 'slider'), '7');
	await readout(await widget(ada, 'twin'), '7');
}, 120_000);

test('text is typed without loss while the other looks', async () => {
	const ada = await open('widgets-text--typed');
	const emmy = await open('widgets-text--typed', 'Emmy Noether');
	const mine = (await widget(ada, 'text')).locator('input');
	await mine.fill('');
	await mine.pressSequentially('many letters one after the other', { delay: 5 });
	const hers = (await widget(emmy, 'text')).locator('input');
	await expect.poll(() => hers.inputValue()).toBe('many letters one after the other');
	expect(await mine.inputValue()).toBe('many letters one after the other');
});

test('a widget made with anywidget speaks and hears', async () => {
	const ada = await open('widgets-counter--any');
	const emmy = await open('widgets-counter--any', 'Emmy Noether');
	const mine = await widget(ada, 'counter');
	const hers = await widget(emmy, 'counter');
	await hers.getByRole('button').filter({ hasText: 'count is 0' }).waitFor();
	await mine.getByRole('button').click();
	await hers.getByRole('button').filter({ hasText: 'count is 1 heard 1' }).waitFor();
	await hers.getByRole('button').click();
	await mine.getByRole('button').filter({ hasText: 'count is 2 heard 2' }).waitFor();
});

test('what cannot be drawn says why', async () => {
	const page = await open('widgets-refused-foreign--why');
	await (
		await widget(page, 'refused')
	)
		.getByText(/imports https:\/\/esm.sh.*no access to the network/)
		.waitFor();
	await (await widget(page, 'foreign')).getByText(/browser part of jupyter-leaflet \^0.20/).waitFor();
});

test('an output widget shows text, HTML, pictures and errors', async () => {
	const page = await open('widgets-interact--output');
	const inside = await widget(page, 'interact');
	await inside.getByText('chi2 = 41.2').waitFor();
	await inside.locator('.ansi-red-fg', { hasText: 'red' }).waitFor();
	await inside.getByRole('cell', { name: '91.2' }).waitFor();
	await inside.locator('img').waitFor();
	expect(
		await inside
			.locator('img')
			.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth))
	).toBe(320);
	await inside.getByText('ValueError: no').waitFor();
});

test('who may only read sees it move and cannot move it', async () => {
	const ada = await open('widgets-slider--role');
	const lise = await open('widgets-slider--role', 'Lise Meitner', '&role=viewer');
	const hers = await widget(lise, 'slider');
	await readout(hers, '3');
	await lise.getByText('only people who may run cells').first().waitFor();
	await hers.getByRole('slider').focus();
	for (let i = 0; i < 3; i++) await lise.keyboard.press('ArrowRight');
	const mine = await widget(ada, 'slider');
	await mine.getByRole('slider').focus();
	await ada.keyboard.press('ArrowRight');
	await readout(hers, '4');
	await readout(mine, '4');
});

test('without its kernel a widget keeps its last state', async () => {
	const page = await open('widgets-slider--dead');
	const inside = await widget(page, 'slider');
	await readout(inside, '3');
	const still = page.locator('[data-cell-id="slider"]').getByText('this is its last state');
	await page.getByTestId('kernel-chip').click();
	await page.getByRole('button', { name: /^Shut down/ }).click();
	await still.waitFor();
	await inside.getByRole('slider').focus();
	await page.keyboard.press('ArrowRight');
	await readout(inside, '3');
});

test('the frame of a widget has no origin, no cookies and no way out', async () => {
	const page = await open('widgets-slider--closed');
	const frame = await frameOf(page, 'slider');
	expect(await frame.evaluate(() => self.origin)).toBe('null');
	await expect(frame.evaluate(() => document.cookie)).rejects.toThrow(/sandboxed/);
	expect(await frame.evaluate(() => fetch('/api/workspaces').then(String, () => 'refused'))).toBe('refused');
	const loads = (tag: 'script' | 'img', address: string) =>
		frame.evaluate(
			([name, src]) =>
				new Promise<string>((resolve) => {
					const element = document.createElement(name as 'img');
					element.onload = () => resolve('loaded');
					element.onerror = () => resolve('refused');
					element.src = src!;
					document.body.append(element);
				}),
			[tag, address]
		);
	const bundle = await frame.evaluate(() => document.querySelector('script')!.src);
	expect(await loads('script', bundle)).toBe('loaded');
	expect(await loads('script', new URL('/main.ts', harness.url).href)).toBe('refused');
	expect(await loads('img', `${harness.url}/favicon.ico`)).toBe('refused');
	expect(await loads('script', 'https://example.org/x.js')).toBe('refused');
});
