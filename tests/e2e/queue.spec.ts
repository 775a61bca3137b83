/** The queue as everybody sees it, several cells at once, and the baton. */
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { pictures } from './pictures.ts';
import { cells, editor, expect, openNotebook, test, type Site } from './support.ts';

function notebook(sources: string[]): string {
	return JSON.stringify({
		nbformat: 4,
		nbformat_minor: 5,
		metadata: {},
		cells: sources.map((source, i) => ({
			cell_type: 'code',
			id: `c${i + 1}`,
			metadata: {},
			source,
			outputs: [],
			execution_count: null
		}))
	});
}

const state = (page: Page, id: string, is: string | RegExp) =>
	expect(page.locator(`[data-cell-id=${id}]`)).toHaveAttribute('data-state', is, { timeout: 30_000 });
const queue = (page: Page): Locator => page.getByTestId('queue');
const rows = (page: Page): Locator => queue(page).getByTestId('queue-row');

/** Put the focus on a cell itself, as Escape does. */
async function command(page: Page, number: number): Promise<void> {
	await editor(page, number - 1).click();
	await page.keyboard.press('Escape');
	await expect(cells(page).nth(number - 1)).toBeFocused();
}

async function twoPeople(
	browser: Parameters<Site['signedIn']>[0],
	site: Site,
	names: [string, string],
	sources: string[]
): Promise<[Page, Page]> {
	const [first, second] = names;
	const owner = await site.seed.person(first.toLowerCase(), { admin: true, displayName: first });
	const other = await site.seed.person(second.toLowerCase(), { displayName: second });
	const id = await site.seed.notebook(owner, notebook(sources));
	await site.seed.member(id, other, 'runner');
	return [
		await openNotebook(await site.signedIn(browser, owner), site, id),
		await openNotebook(await site.signedIn(browser, other), site, id)
	];
}

test('everybody sees what runs and what waits, and can reorder, take back and stop it', async ({
	browser,
	site
}, info) => {
	const [anna, bruno] = await twoPeople(
		browser,
		site,
		['Anna', 'Bruno'],
		[
			'import time\nprint("going", flush=True)\ntime.sleep(600)',
			'print("two")',
			'print("three")',
			'print("four")'
		]
	);
	await anna.getByTestId('queue-button').click();
	await expect(queue(anna)).toContainText('Nothing runs and nothing waits.');
	await anna.screenshot({ path: info.outputPath('empty.png') });
	await anna.keyboard.press('Control+F9');
	await expect(cells(anna).first().getByTestId('output')).toContainText('going', { timeout: 60_000 });

	await bruno.getByTestId('queue-button').click();
	await expect(bruno.getByTestId('queue-count')).toHaveText('3');
	await expect(rows(bruno)).toHaveCount(4);
	await expect(rows(bruno).first()).toContainText('Cell 1import time');
	await expect(rows(bruno).first()).toContainText('Anna for');
	const clock = rows(bruno).first().locator('.since');
	const before = await clock.innerText();
	await expect(clock).not.toHaveText(before);
	await expect(rows(bruno).nth(1)).toContainText('Cell 2print("two")');

	// With the keyboard alone: the button keeps the focus while its row moves.
	const up = rows(bruno).nth(3).getByRole('button', { name: 'Move Cell 4 up' });
	await up.focus();
	await bruno.keyboard.press('Enter');
	await expect(rows(anna).nth(2)).toContainText('print("four")');
	await expect(rows(bruno).nth(2)).toContainText('print("four")');
	await expect(bruno.getByRole('button', { name: 'Move Cell 4 up' })).toBeFocused();
	await bruno.keyboard.press('Enter');
	await expect(rows(anna).nth(1)).toContainText('print("four")');
	await expect(bruno.getByRole('button', { name: 'Move Cell 4 up' })).toBeFocused();
	await expect(bruno.locator('.announce')).toHaveText('Cell 4 is now number 1 in the queue');
	await expect(cells(anna).nth(3)).toContainText('next in queue');
	await pictures(bruno, (name) => info.outputPath(name), 'queue');
	const { violations } = await new AxeBuilder({ page: bruno }).analyze();
	expect(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html).join()}`)).toEqual([]);

	await rows(bruno).nth(3).getByRole('button', { name: 'Take Cell 3 out of the queue' }).click();
	await state(anna, 'c3', 'cancelled');
	await expect(rows(anna)).toHaveCount(3);
	await queue(bruno).getByRole('button', { name: 'Interrupt' }).click();
	await state(anna, 'c1', 'interrupted');
	await expect(queue(anna)).toContainText('Nothing runs and nothing waits.');

	await anna.keyboard.press('Control+F9');
	await expect(rows(anna)).toHaveCount(4);
	await queue(anna).getByRole('button', { name: 'Cancel all' }).click();
	for (const id of ['c2', 'c3', 'c4']) await state(bruno, id, 'cancelled');
	await state(bruno, 'c1', 'running');
	await expect(anna.getByTestId('queue-count')).toHaveCount(0);
	await queue(anna).getByRole('button', { name: 'Interrupt' }).click();
	await state(bruno, 'c1', 'interrupted');
});

test('a cell that does not listen to the interrupt says that it is stopping', async ({ browser, site }) => {
	const carla = await site.seed.person('carla', { admin: true, displayName: 'Carla' });
	const deaf =
		'import time\nprint("on", flush=True)\nwhile True:\n    try:\n        time.sleep(600)\n    except KeyboardInterrupt:\n        if input("Really? ") == "yes": raise';
	const id = await site.seed.notebook(carla, notebook([deaf]));
	const page = await openNotebook(await site.signedIn(browser, carla), site, id);
	await page.keyboard.press('Control+F9');
	await expect(cells(page).first().getByTestId('output')).toContainText('on', { timeout: 60_000 });
	await page.getByTestId('queue-button').click();
	await queue(page).getByRole('button', { name: 'Interrupt' }).click();
	await expect(rows(page).first()).toContainText('stopping…');
	await expect(cells(page).first()).toContainText('stopping…');
	await page.getByRole('textbox', { name: /Really/ }).fill('yes');
	await page.keyboard.press('Enter');
	await state(page, 'c1', 'interrupted');
});

test('an error takes the rest back unless one chose to keep going, and the choice is remembered', async ({
	browser,
	site
}) => {
	const dorothea = await site.seed.person('dorothea', { admin: true, displayName: 'Dorothea' });
	const id = await site.seed.notebook(dorothea, notebook(['1/0', '2', '3/0', '4']));
	const page = await openNotebook(await site.signedIn(browser, dorothea), site, id);
	await page.keyboard.press('Control+F9');
	await state(page, 'c1', 'error');
	for (const cell of ['c2', 'c3', 'c4']) await state(page, cell, 'cancelled');
	await page.getByRole('button', { name: 'More ways to run' }).click();
	const choice = page.getByRole('menuitemcheckbox', { name: 'Keep going after an error' });
	await expect(choice).not.toBeChecked();
	await choice.click();
	await expect(choice).toBeChecked();
	await page.reload();
	await expect(cells(page).first()).toBeVisible();
	await page.keyboard.press('Control+F9');
	await state(page, 'c4', 'done');
	await state(page, 'c3', 'error');
	await state(page, 'c2', 'done');
});

test('run what is new or changed runs that, in order, and nothing else', async ({ browser, site }) => {
	const emilia = await site.seed.person('emilia', { admin: true, displayName: 'Emilia' });
	const id = await site.seed.notebook(emilia, notebook(['a = 1\na', 'b = a + 1\nb', '', 'b * 10']));
	const page = await openNotebook(await site.signedIn(browser, emilia), site, id);
	const runStale = async () => {
		await page.getByRole('button', { name: 'More ways to run' }).click();
		await page.getByRole('menuitem', { name: 'Run what is new or changed' }).click();
	};
	await editor(page, 0).click();
	await page.keyboard.press('Control+Enter');
	await state(page, 'c1', 'done');
	await runStale();
	await expect(cells(page).nth(3).getByTestId('output')).toHaveText(/^\s*20\s*$/);
	await expect(cells(page).nth(2)).toHaveAttribute('data-state', 'idle');
	await expect(cells(page).nth(0)).toContainText('[1]');
	await editor(page, 1).click();
	await page.keyboard.press('Control+Home');
	await page.keyboard.type('# now\n');
	await page.keyboard.press('Escape');
	await runStale();
	await expect(cells(page).nth(1)).toContainText('[4]');
	await expect(cells(page).nth(0)).toContainText('[1]');
	await expect(cells(page).nth(3)).toContainText('[3]');
	await runStale();
	await expect(page.getByText('Every cell has run as it stands.')).toBeVisible();
});

test('several cells are selected with the keyboard, said, run together and let go', async ({
	browser,
	site
}, info) => {
	const fatima = await site.seed.person('fatima', { admin: true, displayName: 'Fatima' });
	const id = await site.seed.notebook(fatima, notebook(['"one"', '"two"', '"three"', '"four"', '"five"']));
	const page = await openNotebook(await site.signedIn(browser, fatima), site, id);
	const picked = page.locator('.cell.picked');
	const said = page.locator('.announce');
	await command(page, 2);
	await page.keyboard.press('Shift+ArrowDown');
	await page.keyboard.press('Shift+J');
	await expect(said).toHaveText('3 cells selected');
	await expect(picked).toHaveCount(3);
	await expect(cells(page).nth(3)).toBeFocused();
	await expect(cells(page).nth(2)).toHaveAccessibleName(/selected$/);
	await page.screenshot({ path: info.outputPath('selected.png') });
	await page.keyboard.press('Shift+K');
	await expect(said).toHaveText('2 cells selected');
	await page.keyboard.press('Shift+Enter');
	await state(page, 'c2', 'done');
	await state(page, 'c3', 'done');
	await expect(cells(page).nth(3)).toBeFocused();
	await expect(picked).toHaveCount(0);
	for (const cell of ['c1', 'c4', 'c5']) await state(page, cell, 'idle');

	await page.keyboard.press('Control+a');
	await expect(said).toHaveText('5 cells selected');
	await page.keyboard.press('Escape');
	await expect(picked).toHaveCount(0);
	await page.keyboard.press('Shift+ArrowUp');
	await expect(picked).toHaveCount(2);
	await editor(page, 0).click();
	await expect(picked).toHaveCount(0);
	// What is selected is deleted together, and one step of undo brings all of it back.
	await command(page, 1);
	await page.keyboard.press('Shift+ArrowDown');
	await page.keyboard.press('d');
	await page.keyboard.press('d');
	await expect(cells(page)).toHaveCount(3);
	await page.keyboard.press('z');
	await expect(cells(page)).toHaveCount(5);
});

test('who holds the baton runs alone; everybody sees it, and an owner can take it', async ({
	browser,
	site
}, info) => {
	const [gustav, hedwig] = await twoPeople(browser, site, ['Gustav', 'Hedwig'], ['1 + 1']);
	await hedwig.getByTestId('queue-button').click();
	await queue(hedwig).getByRole('button', { name: 'Take the baton' }).click();
	await expect(gustav.getByTestId('baton')).toHaveText('Hedwig runs');
	await expect(hedwig.getByTestId('baton')).toHaveText('You run');
	const reason = 'Hedwig holds the baton: only they run cells now.';
	await expect(gustav.getByTestId('run')).toBeDisabled();
	await expect(gustav.getByTestId('run')).toHaveAttribute('title', reason);
	await expect(gustav.getByTestId('run-cell').first()).toHaveAttribute('title', reason);
	await editor(gustav, 0).click();
	await gustav.keyboard.press('Control+Enter');
	await expect(gustav.getByText('Hedwig holds the baton: only they run cells now.').first()).toBeVisible();
	await expect(cells(gustav).first()).toHaveAttribute('data-state', 'idle');
	await gustav.screenshot({ path: info.outputPath('held.png') });

	await gustav.getByTestId('baton').click();
	await queue(gustav).getByRole('button', { name: 'Take it from Hedwig' }).click();
	await expect(hedwig.getByTestId('baton')).toHaveText('Gustav runs');
	await expect(hedwig.getByTestId('run')).toBeDisabled();
	await expect(queue(hedwig)).toContainText('Ask them to give it back');
	await queue(gustav).getByRole('button', { name: 'Give it back' }).click();
	await expect(hedwig.getByTestId('baton')).toHaveCount(0);
	await expect(hedwig.getByTestId('run')).toBeEnabled();
});
