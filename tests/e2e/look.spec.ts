/** The pages as people see them: light and dark, wide and narrow, without anything an accessibility check calls serious. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, openNotebook, test } from './support.ts';

const NOTEBOOK = JSON.stringify({
	nbformat: 4,
	nbformat_minor: 5,
	metadata: { title: 'Dijet mass spectrum' },
	cells: [
		{
			cell_type: 'markdown',
			id: 'intro',
			metadata: {},
			source: '# Dijet mass spectrum\n\nThe invariant mass is $m = \\sqrt{E^2 - p^2}$.\n\n- one\n- two'
		},
		{
			cell_type: 'code',
			id: 'plot',
			metadata: {},
			source: 'import matplotlib.pyplot as plt\nplt.plot([1, 4, 9]);',
			execution_count: 1,
			outputs: [{ output_type: 'stream', name: 'stdout', text: 'three points\n' }]
		},
		{
			cell_type: 'code',
			id: 'wrong',
			metadata: {},
			source: '1 / 0',
			execution_count: 2,
			outputs: [
				{
					output_type: 'error',
					ename: 'ZeroDivisionError',
					evalue: 'division by zero',
					traceback: ['\u001b[31mZeroDivisionError\u001b[39m: division by zero']
				}
			]
		}
	]
});

const SCREENS = [
	{ colorScheme: 'light', viewport: { width: 1280, height: 800 } },
	{ colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
	{ colorScheme: 'light', viewport: { width: 390, height: 844 } },
	{ colorScheme: 'dark', viewport: { width: 390, height: 844 } }
] as const;

for (const { colorScheme, viewport } of SCREENS) {
	test(`${colorScheme}, ${viewport.width} wide: nothing serious, and nothing wider than the screen`, async ({
		browser,
		site
	}, info) => {
		const wilma = await site.seed.person(`wilma-${colorScheme}-${viewport.width}`, {
			admin: true,
			displayName: 'Wilma Frey'
		});
		const id = await site.seed.notebook(wilma, NOTEBOOK);
		const context = await site.signedIn(browser, wilma, { colorScheme, viewport });
		const page = await openNotebook(context, site, id);
		await expect(page.locator('.katex').first()).toBeVisible();
		await look(page, info.outputPath('notebook.png'));
		for (const path of ['/', '/workspaces', '/workspaces?add', '/account', '/people', '/api']) {
			await page.goto(`${site.server.origin}${path}`);
			await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
			await look(page, info.outputPath(`${path.replaceAll(/\W/g, '-')}.png`));
		}
		const stranger = await (await browser.newContext({ colorScheme, viewport })).newPage();
		await stranger.goto(`${site.server.origin}/`);
		await expect(stranger.getByRole('button', { name: 'Sign in' })).toBeVisible();
		await look(stranger, info.outputPath('sign-in.png'));
	});
}

async function look(page: Page, path: string): Promise<void> {
	await page.screenshot({ path });
	const { violations } = await new AxeBuilder({ page }).analyze();
	const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
	expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
	const [content, screen] = await page.evaluate(() => [
		document.documentElement.scrollWidth,
		window.innerWidth
	]);
	expect(content).toBeLessThanOrEqual(screen!);
}
