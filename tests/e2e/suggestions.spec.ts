/** A reader changes a copied example and gives it back; the author reads the changes, takes them, and publishes again. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { publishExample } from '../support/paper-run.ts';
import { pictures } from './pictures.ts';
import { cells, expect, test } from './support.ts';

const CELLS = { load: 'masses = [124.9, 125.1]\nn = len(masses)', show: 'print(n)' };

/** Nothing for axe to complain of, light and dark, and nothing wider than the screen. */
async function expectClean(page: Page): Promise<void> {
	for (const colorScheme of ['dark', 'light'] as const) {
		// A word that is just fading in or out would be measured half there.
		await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
		const { violations } = await new AxeBuilder({ page }).analyze();
		expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))])).toEqual([]);
	}
	const wider = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
	expect(wider).toBe(false);
}

// What is public is seen by everybody.
test.use({ own: 'suggestions' });

test('a copy is changed and suggested; its author takes it and publishes the next version', async ({
	browser,
	site
}, info) => {
	const picture = (name: string): string => info.outputPath(name);
	const { origin } = site.server;
	const ada = await site.seed.person('ada', { displayName: 'Ada Lovelace' });
	const bob = await site.seed.person('bob', { displayName: 'Bob Beamer' });
	const slug = await publishExample(site.server, site.seed, ada, 'A peak at $m = 125$', { cells: CELLS });

	const author = await (await site.signedIn(browser, ada)).newPage();
	await author.goto(`${origin}/cards/${slug}`);
	await author.getByRole('link', { name: 'Suggestions' }).click();
	await expect(author.getByText('Nobody has suggested anything yet.')).toBeVisible();
	await expectClean(author);

	const reader = await (await site.signedIn(browser, bob)).newPage();
	await reader.goto(`${origin}/papers/${slug}/v/1/copy`);
	await reader.getByRole('button', { name: /copy/i }).click();
	await expect(reader.getByText('From v1 of A peak at')).toBeVisible();
	await reader.getByRole('link', { name: 'Suggest a change to its authors' }).click();
	await expect(reader.getByText('Nothing is changed in this copy yet.')).toBeVisible();
	await pictures(reader, picture, 'unchanged');
	await reader.getByRole('link', { name: 'Open the notebook' }).click();
	await cells(reader).nth(2).locator('.cm-content').click();
	await reader.keyboard.press('Control+End');
	await reader.keyboard.insertText('\nprint("highest:", max(masses))');
	await reader.getByRole('link', { name: 'Suggest a change to its authors' }).click();
	await expect(reader.getByText('print("highest:", max(masses))')).toBeVisible();
	await expect(reader.getByRole('button', { name: 'Send to the authors' })).toBeDisabled();
	await reader.getByLabel('In your words').fill('It says the highest mass as well.\nOthers may ask for it.');
	await expectClean(reader);
	await pictures(reader, picture, 'suggest');
	await reader.getByRole('button', { name: 'Send to the authors' }).click();
	await expect(reader.getByRole('heading', { level: 1 })).toHaveText('Your suggestion');
	await expect(reader.getByText('You are told when its authors have decided.')).toBeVisible();

	// told where the author is, and there one click away
	await author.getByText(/Bob Beamer suggests a change/).waitFor();
	await author.goto(`${origin}/cards`);
	await author.getByRole('link', { name: 'One suggestion' }).click();
	await pictures(author, picture, 'list');
	await author.getByRole('link', { name: 'It says the highest mass as well.' }).click();
	await expect(author.getByRole('heading', { level: 1 })).toHaveText('Suggestion by Bob Beamer');
	await expect(author.getByText('print("highest:", max(masses))')).toBeVisible();
	await expectClean(author);
	await pictures(author, picture, 'read');
	await author.getByLabel('Words for its maker').fill('Good idea.');
	await author.getByRole('button', { name: 'Take it into my notebook' }).click();
	await expect(author.getByText('1 cell changed.')).toBeVisible();
	await expect(author.getByText('Taken.', { exact: true })).toBeVisible();
	await pictures(author, picture, 'taken');
	await expect(reader.getByText(/Your suggestion for .* was taken\./)).toBeVisible();

	await author.getByRole('link', { name: 'Open the notebook' }).click();
	await expect(cells(author).nth(1)).toContainText('print("highest:", max(masses))');
	await author.goto(`${origin}/cards/${slug}/suggestions`);
	await author.getByRole('link', { name: 'It says the highest mass as well.' }).click();
	await author.getByRole('link', { name: 'Publish a new version' }).click();
	await author.getByRole('button', { name: /Publish v2/ }).click();
	await expect(author).toHaveURL(new RegExp(`/papers/${slug}`));
	const next = await fetch(`${origin}/papers/${slug}/v/2/notebook.py`);
	expect(await next.text()).toContain('highest');
});
