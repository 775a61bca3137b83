/** A page that is there before its script: what is pressed meanwhile is not lost. */
import { expect, test } from './support.ts';

test('a button pressed before the page can answer answers when it can, once', async ({ browser, site }) => {
	const person = await site.seed.person('early-ede', { admin: true, displayName: 'Ede' });
	const context = await site.signedIn(browser, person);
	const page = await context.newPage();
	let arrive = (): void => undefined;
	const late = new Promise<void>((resolve) => (arrive = resolve));
	await page.route('**/_app/immutable/**/*.js', async (route) => {
		await late;
		await route.continue();
	});
	await page.goto(`${site.server.origin}/workspaces/local/environments`, { waitUntil: 'commit' });
	const button = page.getByRole('button', { name: 'Name one' });
	await button.click();
	await button.click();
	await expect(button).toBeVisible();
	await expect(page.getByRole('textbox')).toHaveCount(0);
	arrive();
	await expect(page.getByRole('textbox', { name: 'Name' })).toBeVisible();
	// From then on a press is a press.
	await page.getByRole('button', { name: 'Cancel' }).click();
	await expect(page.getByRole('textbox')).toHaveCount(0);
	await context.close();
});
