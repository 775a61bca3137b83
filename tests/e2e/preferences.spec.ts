/** The second device goes on where the first stopped. */
import { cells, expect, openNotebook, test } from './support.ts';

const LONG = JSON.stringify({
	nbformat: 4,
	nbformat_minor: 5,
	metadata: { title: 'A long one' },
	cells: Array.from({ length: 60 }, (_, i) => ({
		cell_type: i % 3 === 0 ? 'markdown' : 'code',
		id: `c${i}`,
		metadata: {},
		source: i % 3 === 0 ? `## Part ${i}\n\n${'Some prose. '.repeat(40)}` : `x = ${i}\nprint(x)`,
		...(i % 3 === 0 ? {} : { execution_count: null, outputs: [] })
	}))
});

test('theme, panel and the place in the text are there on another device, without a flash', async ({
	browser,
	site
}) => {
	const paula = await site.seed.person('pref-paula', { displayName: 'Paula' });
	const id = await site.seed.notebook(paula, LONG);
	const first = await site.signedIn(browser, paula, { colorScheme: 'light' });
	const page = await openNotebook(first, site, id);
	const kept = page.waitForRequest((request) => request.postData()?.includes('"cell":"c40"') === true);
	await page.evaluate(() => {
		const cell = document.querySelector('[data-cell-id="c40"]')!;
		window.scrollTo(0, cell.getBoundingClientRect().top + scrollY - 60);
	});
	await kept;
	await page
		.getByRole('button', { name: /Account|Notebook menu|More/ })
		.first()
		.isVisible();
	await page.keyboard.press('Control+k');
	await page.getByPlaceholder('What do you want to do?').fill('outline');
	await page.keyboard.press('Enter');
	await expect(page.getByRole('complementary', { name: 'Outline' })).toBeVisible();
	await page.goto(`${site.server.origin}/account`);
	const sent = page.waitForResponse((answer) => answer.url().endsWith('/api/preferences'));
	await page.getByRole('group', { name: 'Theme' }).getByText('Dark').click();
	expect((await sent).status()).toBe(200);
	await page.close();

	const second = await site.signedIn(browser, paula, { colorScheme: 'light' });
	const other = await second.newPage();
	const answer = await other.goto(`${site.server.origin}/notebooks/${id}`);
	// What the server sends is painted first: the theme is in it, not put there later.
	expect(await answer!.text()).toMatch(/<html[^>]* data-theme="dark"/);
	await expect(other.getByRole('complementary', { name: 'Outline' })).toBeVisible();
	await expect(cells(other).nth(40)).toBeInViewport();
	await expect(cells(other).nth(30)).not.toBeInViewport();
});

test('keys of one’s own work, and single letters can be switched off', async ({ browser, site }) => {
	const quinn = await site.seed.person('pref-quinn', { displayName: 'Quinn' });
	const id = await site.seed.notebook(quinn);
	const context = await site.signedIn(browser, quinn);
	const account = await context.newPage();
	await account.goto(`${site.server.origin}/account`);
	await account.getByText('Change keys').click();
	const change = account.getByRole('button', { name: /^Other keys for “Add cell below”/ });
	await change.click();
	await account.keyboard.press('Alt+n');
	await expect(account.getByRole('row', { name: /^Add cell below/ })).toContainText('Alt+N');
	const sent = account.waitForResponse((answer) => answer.request().postData()?.includes('letters') === true);
	await account.getByLabel(/Single letters act on cells/).uncheck();
	await sent;
	await account.close();

	const page = await openNotebook(context, site, id);
	await cells(page).first().click();
	await page.keyboard.press('Escape');
	await page.keyboard.press('b');
	await page.keyboard.press('Alt+n');
	// One, by the key of one's own: the letter did nothing.
	await expect(cells(page)).toHaveCount(2);
});
