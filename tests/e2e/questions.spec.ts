/** What one asks the kernel while writing: completions, documentation, what its variables hold. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { cells, editor, expect, openNotebook, sourceOf, test, typeInto } from './support.ts';

const SETUP =
	'import pandas as pd\nclass Probe:\n    """Measures."""\n    def temperature(self, unit="K", *, digits=2):\n        """How warm it is."""\n' +
	'probe = Probe()\nframe = pd.DataFrame({"mass": [x / 3 for x in range(120)], "kind": ["up", "down", "strange"] * 40})\n' +
	'matrix = [[1, 2]]; title = "Dijet mass"';

function notebook(...sources: string[]): string {
	return JSON.stringify({
		nbformat: 4,
		nbformat_minor: 5,
		metadata: { title: 'Questions' },
		cells: sources.map((source, i) => ({
			cell_type: 'code',
			id: `c${i}`,
			metadata: {},
			source,
			outputs: [],
			execution_count: null
		}))
	});
}

async function runCell(page: Page, cell: number): Promise<void> {
	await cells(page).nth(cell).hover();
	await cells(page).nth(cell).getByTestId('run-cell').click();
}

const options = (page: Page) => page.locator('.cm-tooltip-autocomplete [role=option]');
const documentation = (page: Page) => page.locator('.cm-kernel-all');

test('Tab completes an attribute of a living object, also while a cell runs', async ({ browser, site }) => {
	const ida = await site.seed.person('ines', { admin: true, displayName: 'Ines' });
	const id = await site.seed.notebook(ida, notebook(SETUP, 'input("wait")', ''));
	const page = await openNotebook(await site.signedIn(browser, ida), site, id);
	// Without a kernel, words of the notebook's own code.
	await typeInto(page, 2, 'tit');
	await expect(options(page).first()).toContainText('title');
	await page.keyboard.press('Escape');
	await expect(options(page)).toHaveCount(0);
	// Escape closed the list and nothing else.
	await expect(editor(page, 2)).toBeFocused();
	await page.keyboard.press('Control+A');
	await page.keyboard.press('Delete');

	await runCell(page, 0);
	await expect(cells(page).nth(0)).toHaveAttribute('data-state', 'done', { timeout: 30_000 });
	await typeInto(page, 2, '"😀"; probe.');
	await expect(options(page).filter({ hasText: 'temperature' })).toBeVisible();
	await page.keyboard.type('te');
	await expect(options(page)).toHaveCount(1);
	await page.keyboard.press('Tab');
	expect(await sourceOf(page, 2)).toBe('"😀"; probe.temperature');

	await runCell(page, 1);
	await expect(cells(page).nth(1)).toHaveAttribute('data-state', 'running');
	await typeInto(page, 2, '\npd.DataFra');
	await expect(options(page).filter({ hasText: 'DataFrame' })).toBeVisible();
	await page.keyboard.press('Escape');
	await page.keyboard.press('Tab');
	await expect(options(page).filter({ hasText: 'DataFrame' }).first()).toBeVisible();
	await page.keyboard.press('Tab');
	expect(await sourceOf(page, 2)).toContain('pd.DataFrame');

	// Tab at the start of a line and behind a space indents; Enter is a new line while nobody chose.
	await typeInto(page, 2, '\n');
	await page.keyboard.press('Tab');
	await page.keyboard.type('fram');
	await expect(options(page).filter({ hasText: 'frame' }).first()).toBeVisible();
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('ArrowUp');
	await page.keyboard.press('Enter');
	expect((await sourceOf(page, 2)).split('\n').at(-1)).toBe('    frame');
	await page.keyboard.type('\nprob');
	await expect(options(page).first()).toBeVisible();
	await page.keyboard.press('Enter');
	expect((await sourceOf(page, 2)).split('\n').slice(-2)).toEqual(['prob', '']);
});

test('Shift-Tab shows the documentation, again the source; a bracket shows how it is called', async ({
	browser,
	site
}) => {
	const joe = await site.seed.person('joe', { admin: true, displayName: 'Joe' });
	const id = await site.seed.notebook(joe, notebook(SETUP, ''));
	const page = await openNotebook(await site.signedIn(browser, joe), site, id);
	await runCell(page, 0);
	await expect(cells(page).nth(0)).toHaveAttribute('data-state', 'done', { timeout: 30_000 });
	await typeInto(page, 1, 'probe.temperature(');
	await expect(page.locator('.cm-kernel-signature')).toContainText("temperature(unit='K', *, digits=2)");
	await page.keyboard.type('1)');
	await expect(page.locator('.cm-kernel-signature')).toHaveCount(0);

	for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowLeft');
	await page.keyboard.press('Shift+Tab');
	await expect(documentation(page)).toContainText('How warm it is.');
	await expect(documentation(page).locator('.ansi-red-fg').first()).toBeVisible();
	await page.keyboard.press('Shift+Tab');
	await expect(documentation(page)).toContainText('def temperature(self');
	await page.keyboard.press('Shift+Tab');
	await expect(documentation(page).locator('.cm-kernel-text')).toBeFocused();
	await page.keyboard.press('Escape');
	await expect(documentation(page)).toHaveCount(0);
	await expect(editor(page, 1)).toBeFocused();
	await page.keyboard.press('Shift+Tab');
	await expect(documentation(page)).toBeVisible();
	await page.keyboard.press('Escape');
	await expect(documentation(page)).toHaveCount(0);
	await expect(editor(page, 1)).toBeFocused();
	// At the start of a line Shift-Tab still moves code to the left.
	await page.keyboard.press('Home');
	await page.keyboard.press('Tab');
	expect(await sourceOf(page, 1)).toMatch(/^ {4}probe/);
	await page.keyboard.press('Shift+Tab');
	expect(await sourceOf(page, 1)).toMatch(/^probe/);
});

test('who may only watch asks the kernel nothing', async ({ browser, site }) => {
	const kai = await site.seed.person('kai', { admin: true });
	const lea = await site.seed.person('lea');
	const id = await site.seed.notebook(kai, notebook('1'));
	await site.seed.member(id, lea, 'viewer');
	const page = await openNotebook(await site.signedIn(browser, lea), site, id);
	await page.getByRole('button', { name: 'More for this notebook' }).click();
	await expect(page.getByRole('menuitem', { name: 'Outline' })).toBeVisible();
	await expect(page.getByRole('menuitem', { name: 'Variables' })).toHaveCount(0);
});

const SCREENS = [
	{ colorScheme: 'light', viewport: { width: 1280, height: 800 } },
	{ colorScheme: 'dark', viewport: { width: 390, height: 844 } },
	{ colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
	{ colorScheme: 'light', viewport: { width: 390, height: 844 } }
] as const;

for (const { colorScheme, viewport } of SCREENS) {
	test(`the variables and the pages of a table, ${colorScheme}, ${viewport.width} wide`, async ({
		browser,
		site
	}, info) => {
		test.setTimeout(300_000);
		const mia = await site.seed.person(`mia-${colorScheme}-${viewport.width}`, { admin: true });
		const id = await site.seed.notebook(mia, notebook(SETUP, 'later = 5', ''));
		const context = await site.signedIn(browser, mia, { colorScheme, viewport });
		const page = await openNotebook(context, site, id);
		const panel = page.getByTestId('variables');
		await open(page);
		await expect(panel).toContainText('No kernel is running.');
		await page.getByRole('button', { name: 'Close' }).click();
		await runCell(page, 0);
		await expect(cells(page).nth(0)).toHaveAttribute('data-state', 'done', { timeout: 30_000 });
		await open(page);
		await expect(panel.locator('[data-name=frame]')).toContainText('pandas.DataFrame, 120 × 2');
		await expect(panel.locator('[data-name=Probe]')).toHaveCount(0);
		await look(page, info.outputPath('panel.png'));
		await panel.getByLabel('Filter the variables').fill('dataframe');
		await expect(panel.locator('li')).toHaveCount(1);

		await panel.locator('[data-name=frame] button').click();
		const dialog = page.getByTestId('table-dialog');
		await expect(dialog.getByTestId('table-range')).toHaveText('1–50 of 120');
		await dialog.getByRole('button', { name: 'Rows after' }).click();
		await expect(dialog.getByTestId('table-range')).toHaveText('51–100 of 120');
		await expect(dialog.locator('tbody tr').first()).toContainText('50');
		await look(page, info.outputPath('table.png'));
		await dialog.getByRole('button', { name: 'mass float64' }).click();
		await dialog.getByRole('button', { name: 'mass float64' }).click();
		await expect(dialog.locator('tbody td').first()).toHaveText('39.666667');
		await dialog.getByLabel('Filter the rows').fill('kind == up');
		await expect(dialog.getByRole('status').first()).toContainText('40 of 120 rows match');
		await page.keyboard.press('Escape');
		await expect(dialog).toHaveCount(0);

		await panel.getByLabel('Filter the variables').fill('');
		if (viewport.width > 1000) {
			// After a run the list is another one, by itself.
			await runCell(page, 1);
			await expect(panel.locator('[data-name=later]')).toContainText('int');
		} else await page.getByRole('button', { name: 'Close' }).click();
		await typeInto(page, 2, 'frame.');
		await expect(options(page).first()).toBeVisible();
		await page.screenshot({ path: info.outputPath('completion.png') });
		await page.keyboard.type('merge(');
		await expect(page.locator('.cm-kernel-signature')).toBeVisible();
		await page.screenshot({ path: info.outputPath('signature.png') });
		await page.keyboard.press('Escape');
		await page.keyboard.press('Shift+Tab');
		await expect(documentation(page)).toBeVisible();
		await page.screenshot({ path: info.outputPath('documentation.png') });
	});
}

async function open(page: Page): Promise<void> {
	await page.getByRole('button', { name: 'More for this notebook' }).click();
	await page.getByRole('menuitem', { name: 'Variables' }).click();
	await expect(page.getByTestId('variables')).toBeVisible();
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
