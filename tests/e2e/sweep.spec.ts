/** A notebook as batch jobs: parameters tagged and typed, a grid of results compared, a single run as a version. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { withoutClusters } from '../support/cluster.ts';
import { startHTCondor, type HTCondor } from '../support/htcondor.ts';
import { pictures } from './pictures.ts';
import { cells, expect, openNotebook, test } from './support.ts';

let pool: HTCondor;

const missing = withoutClusters();
test.skip(missing !== null, missing ?? '');

test.beforeAll(async () => {
	pool = await startHTCondor();
});
test.afterAll(() => pool?.stop());

const SOURCES = [
	'alpha = 0.1  # how steep\nmode = "sin"\nn: int = 50',
	[
		'%matplotlib inline',
		'import matplotlib.pyplot as plt, numpy as np',
		'x = np.linspace(0, 10, n)',
		'plt.plot(x, getattr(np, mode)(x) * alpha); plt.ylim(-2, 2); plt.title(f"{mode}, {alpha}"); plt.show()'
	].join('\n'),
	'print("largest", alpha)'
];
const NOTEBOOK = JSON.stringify({
	...{ nbformat: 4, nbformat_minor: 5, metadata: { title: 'Waves' } },
	cells: [
		{ id: 'text', cell_type: 'markdown', metadata: {}, source: '# Waves\n\nTwo of them.' },
		...SOURCES.map((source, n) => ({
			...{ id: `c${n}`, cell_type: 'code', metadata: {}, source, outputs: [], execution_count: null }
		}))
	]
});

async function faultless(page: Page): Promise<void> {
	const { violations } = await new AxeBuilder({ page }).analyze();
	expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

test('from a tagged cell over a grid of four to a version', async ({ browser, site }, info) => {
	test.setTimeout(300_000);
	const shot = (name: string): string => info.outputPath(name);
	const cora = await site.seed.person('sw-cora', { displayName: 'Cora' });
	const workspace = await site.seed.workspace(cora, pool, []);
	const id = await site.seed.notebook(cora, NOTEBOOK);
	const context = await site.signedIn(browser, cora);
	const { origin } = site.server;
	const connected = await context.request.post(`${origin}/api/workspaces/${workspace}/connect`, {
		data: { signIn: { hop: 0, credential: { kind: 'key', privateKey: pool.privateKey } } },
		headers: { origin }
	});
	expect(await connected.json()).toMatchObject({ state: 'connected' });
	const page = await openNotebook(context, site, id);
	const faults: string[] = [];
	page.on('pageerror', (error) => faults.push(String(error)));

	// Without a tag there is nothing to set; the cell's menu has it.
	const menu = page.getByRole('button', { name: 'More for this notebook' });
	const dialog = page.getByRole('dialog');
	await menu.click();
	await page.getByRole('menuitem', { name: 'Run as a batch job…' }).click();
	await expect(dialog).toContainText('Tag the cell that has them');
	await page.keyboard.press('Escape');
	await cells(page).nth(1).hover();
	await cells(page).nth(1).getByRole('button', { name: 'More for this cell' }).click();
	await page.getByRole('menuitem', { name: 'Tags…' }).click();
	await dialog.getByRole('button', { name: 'Tag it “parameters”' }).click();
	await dialog.getByLabel('Another tag').fill('slow');
	await page.keyboard.press('Enter');
	await pictures(page, shot, 'tags');
	await faultless(page);
	await dialog.getByRole('button', { name: 'Take “slow” away' }).click();
	await dialog.getByRole('button', { name: 'Done' }).click();
	await expect(cells(page).nth(1).getByRole('list', { name: 'Tags' })).toHaveText('parameters');

	await menu.click();
	await page.getByRole('menuitem', { name: 'Run as a batch job…' }).click();
	const form = dialog.getByTestId('resource-form');
	await expect(form).toContainText('2 of 2 cores free');
	await form.getByLabel('Memory in GB').fill('0.4');
	await expect(dialog.getByLabel('alpha')).toHaveAttribute('placeholder', '0.1');
	await dialog.getByLabel('alpha').fill('0.5, 1.5,');
	await expect(dialog.getByText('There is a comma with nothing beside it.')).toBeVisible();
	await expect(dialog.getByRole('button', { name: /^Send/ })).toBeDisabled();
	await dialog.getByLabel('alpha').fill('0.5:1.5:1');
	await dialog.getByLabel('mode').fill('sin, cos');
	await expect(dialog.getByTestId('job-count')).toHaveText('4 jobs: 2 × 2');
	await dialog.getByLabel('n', { exact: true }).fill('1:400');
	await expect(dialog.getByTestId('job-count')).toHaveText('1600 jobs: 2 × 2 × 400, at most 500');
	await expect(dialog.getByRole('button', { name: /^Send/ })).toBeDisabled();
	await dialog.getByLabel('n', { exact: true }).fill('');
	await pictures(page, shot, 'dialog');
	await faultless(page);
	await dialog.getByRole('button', { name: 'Send 4 jobs' }).click();

	// The page of the run fills itself.
	const sweep = page.getByTestId('sweep-page');
	await expect(sweep).toContainText('4 jobs on Group node (HTCondor), sent by Cora.');
	const tiles = page.getByTestId('tile');
	await expect(tiles).toHaveCount(4);
	await pictures(page, shot, 'under-way');
	await expect(sweep).toHaveAttribute('data-over', 'true', { timeout: 120_000 });
	await expect(page.getByText('4 done', { exact: true })).toBeVisible();
	await expect(tiles.locator('img')).toHaveCount(4);
	await pictures(page, shot, 'pictures');
	await faultless(page);
	await page.getByLabel('Rows by').selectOption('mode');
	await page.getByLabel('Columns by').selectOption('alpha');
	await expect(page.getByRole('columnheader')).toHaveText(['alpha = 0.5', 'alpha = 1.5']);
	await expect(page.getByRole('rowheader')).toHaveText(['mode = cos', 'mode = sin']);
	await pictures(page, shot, 'field');
	await faultless(page);

	// Filters and orders.
	await page.getByRole('button', { name: 'cos', exact: true }).click();
	await expect(tiles).toHaveCount(2);
	await page.getByRole('button', { name: 'Table' }).click();
	const points = page.getByTestId('point');
	await expect(points).toHaveCount(2);
	await page.getByRole('button', { name: 'Show all' }).click();
	await page.getByRole('button', { name: 'alpha', exact: true }).click();
	await page.getByRole('button', { name: 'alpha', exact: true }).click();
	await expect(points.first()).toContainText('1.5');
	await expect(page.getByRole('columnheader', { name: 'alpha' })).toHaveAttribute('aria-sort', 'descending');
	await pictures(page, shot, 'table');
	await faultless(page);

	// A result, by keyboard; it has an address, and its neighbours.
	await points.first().getByRole('button').focus();
	await page.keyboard.press('Enter');
	await expect(dialog).toContainText('largest 1.5');
	await expect(dialog.locator('img')).toHaveCount(1);
	await pictures(page, shot, 'result');
	await faultless(page);
	await page.reload();
	await expect(dialog).toContainText('largest 1.5');
	await page.keyboard.press('ArrowLeft');
	await expect(dialog).toContainText('largest 0.5');
	const file = await dialog.getByRole('link', { name: 'Open the file' }).getAttribute('href');
	await page.keyboard.press('Escape');
	await expect(dialog).toHaveCount(0);
	await page.goto(origin + file!);
	await expect(page.getByText('largest 0.5')).toBeVisible();

	// A single run, with what was typed last at hand; it comes back as a version.
	await page.goto(`${origin}/notebooks/${id}`);
	await expect(cells(page).first()).toBeVisible();
	await menu.click();
	await page.getByRole('menuitem', { name: 'Run as a batch job…' }).click();
	await expect(dialog.getByLabel('mode')).toHaveValue('sin, cos');
	await expect(form.getByLabel('Memory in GB')).toHaveValue('0.4');
	await dialog.getByLabel('mode').fill('');
	await dialog.getByLabel('alpha').fill('2');
	await dialog.getByRole('button', { name: 'Send the job' }).click();
	await expect(page.getByText('It is version 1 of the notebook now.')).toBeVisible({ timeout: 120_000 });
	await pictures(page, shot, 'single');
	await page.getByRole('link', { name: 'Read it' }).click();
	await expect(page.getByText(/^Run on Group node in .* with alpha = 2 by Cora/)).toBeVisible();
	await expect(page.getByText('largest 2.0')).toBeVisible();
	await expect(page.locator('img')).toHaveCount(1);
	await pictures(page, shot, 'version');
	await faultless(page);
	// What needs no script is there without any.
	const plain = await (await context.request.get(page.url())).text();
	expect(plain).toContain('largest 2.0');
	expect(plain).toContain('data:image/png;base64,');

	await page.getByRole('link', { name: 'Versions of Waves' }).click();
	await page.getByRole('button', { name: 'Keep a version…' }).click();
	await dialog.getByLabel('What it is called').fill('as submitted');
	await page.keyboard.press('Enter');
	await expect(page.getByTestId('version')).toHaveText([
		/^2\s*as submitted\s*Kept by Cora/,
		/^1\s*Run on Group node/
	]);
	await pictures(page, shot, 'versions');
	await faultless(page);
	await page.getByTestId('version').nth(1).getByRole('link').click();
	await page.getByRole('button', { name: 'Open as a new notebook' }).click();
	await expect(page.getByTestId('title')).toHaveValue('Waves (version 1)');
	await expect(cells(page).last()).toContainText('largest 2.0');

	await page.goto(`${origin}/notebooks/${id}/sweeps`);
	await expect(page.getByTestId('sweep')).toHaveText([
		/^One job on Group node.*version 1/s,
		/^4 jobs on Group node.*over/s
	]);
	await pictures(page, shot, 'list');
	await faultless(page);
	expect(faults).toEqual([]);
});
