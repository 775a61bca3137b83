/** What a kernel asks and says beside results, as people see it: questions, progress bars, outputs without end. */
import AxeBuilder from '@axe-core/playwright';
import { cells, expect, openNotebook, saved, test, typeInto } from './support.ts';

test('a question survives a reload, and somebody else who may run answers it', async ({ browser, site }) => {
	const ada = await site.seed.person('klaus', { displayName: 'Ada', admin: true });
	const bob = await site.seed.person('karl', { displayName: 'Bob' });
	const id = await site.seed.notebook(ada);
	await site.seed.member(id, bob, 'runner');
	const mine = await openNotebook(await site.signedIn(browser, ada), site, id);
	await typeInto(mine, 0, 'name = input("Who are you? ")\nprint("Hello", name)');
	await saved(mine);
	await mine.keyboard.press('Control+Enter');
	const question = mine.getByTestId('input-request');
	await expect(question.getByLabel('Who are you?')).toBeFocused({ timeout: 30_000 });
	await mine.reload();
	await expect(question.getByLabel('Who are you?')).toBeVisible();
	const { violations } = await new AxeBuilder({ page: mine }).include('[data-testid=cell]').analyze();
	expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
	await mine.screenshot({ path: 'test-results/input-light-1280.png' });

	const theirs = await openNotebook(await site.signedIn(browser, bob), site, id);
	await expect(theirs.getByTestId('input-request')).toContainText('Ada');
	await theirs.getByLabel('Who are you?').fill('Emmy');
	await theirs.keyboard.press('Enter');
	await expect(cells(mine).first().getByTestId('output')).toContainText('Who are you? Emmy');
	await expect(cells(mine).first().getByTestId('output')).toContainText('Hello Emmy');
	await expect(question).toHaveCount(0);
});

test('a password is asked for hidden and not shown afterwards', async ({ browser, site }) => {
	const eva = await site.seed.person('kora', { displayName: 'Eva', admin: true });
	const page = await openNotebook(await site.signedIn(browser, eva), site, await site.seed.notebook(eva));
	await typeInto(page, 0, 'import getpass; print(len(getpass.getpass("Key: ")))');
	await page.keyboard.press('Control+Enter');
	const field = page.getByTestId('input-request').getByLabel('Key:');
	await expect(field).toHaveAttribute('type', 'password', { timeout: 30_000 });
	await field.fill('correct horse');
	await page.keyboard.press('Enter');
	await expect(cells(page).first()).toContainText('13');
	await expect(page.locator('body')).not.toContainText('correct horse');
});

test('progress bars stay one line each, also after a reload in the middle', async ({ browser, site }) => {
	const pia = await site.seed.person('kay', { displayName: 'Pia', admin: true });
	const page = await openNotebook(await site.signedIn(browser, pia), site, await site.seed.notebook(pia));
	await typeInto(
		page,
		0,
		'import sys\nfrom tqdm import tqdm\nfor i in tqdm(range(200), desc="outer", file=sys.stdout, mininterval=0):\nif i == 100: input("half")'
	);
	await page.keyboard.press('Control+Enter');
	const output = cells(page).first().getByTestId('output').first();
	await expect(page.getByTestId('input-request')).toBeVisible({ timeout: 30_000 });
	await expect(output).toContainText('100/200');
	await page.reload();
	await page.getByTestId('input-request').getByRole('textbox').press('Enter');
	await expect(cells(page).first()).toHaveAttribute('data-state', 'done');
	await expect(output).toContainText('200/200');
	const lines = (await output.innerText()).split('\n').filter((line) => line.includes('outer'));
	expect(lines.length).toBeLessThanOrEqual(2);
	await expect(output).not.toContainText('99/200');
});

test('a long output is read whole: by lines to its end, while the cell still runs', async ({
	browser,
	site
}) => {
	const leo = await site.seed.person('knut', { displayName: 'Leo', admin: true });
	const page = await openNotebook(await site.signedIn(browser, leo), site, await site.seed.notebook(leo));
	await typeInto(page, 0, 'for i in range(300000): print("line", i)\ninput("more?")');
	await page.keyboard.press('Escape');
	await page.keyboard.press('Control+Enter');
	await expect(page.getByTestId('input-request')).toBeVisible({ timeout: 60_000 });
	const output = cells(page).first().getByTestId('output').first();
	await expect(output).toContainText('characters between');
	await output.getByRole('button', { name: 'Show all' }).click();
	const reader = output.getByTestId('stream-reader');
	await expect(reader).toContainText('line 3');
	await reader.focus();
	await page.keyboard.press('End');
	await expect(reader).toContainText('line 299999');
	await expect(output).toContainText('of 300,001');
	await page.screenshot({ path: 'test-results/stream-reader-light-1280.png' });
	await page.keyboard.press('PageUp');
	await page.keyboard.press('Home');
	await expect(reader).toContainText('line 0');
	const [download] = await Promise.all([
		page.waitForEvent('download'),
		output.getByRole('link', { name: /Download/ }).click()
	]);
	const { size } = await import('node:fs').then(async ({ promises }) =>
		promises.stat((await download.path())!)
	);
	expect(size).toBe(
		Array.from({ length: 300_000 }, (_, i) => `line ${i}\n`.length).reduce((sum, length) => sum + length, 0)
	);
	await page.setViewportSize({ width: 390, height: 800 });
	await page.emulateMedia({ colorScheme: 'dark' });
	await page.screenshot({ path: 'test-results/stream-reader-dark-390.png' });
});
