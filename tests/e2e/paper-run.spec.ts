/** Running the example of a paper: by a reader with an account on a machine of theirs, and by a guest. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { publishExample, until } from '../support/paper-run.ts';
import { pythonFolders, TEST_ENVIRONMENT } from '../support/python.ts';
import { startSshd } from '../support/sshd.ts';
import { pictures } from './pictures.ts';
import { cells, expect, test } from './support.ts';

const CELLS = { read: 'print(sum(map(float, open("numbers.csv").read().split(","))))' };
const FILES = { 'numbers.csv': Buffer.from('1,2,3.5\n'), 'events.bin': Buffer.alloc(400_000, 7) };
const ENVIRONMENT = {
	kernelspec: { name: 'python3', title: 'Python 3' },
	language: 'python',
	languageVersion: '3.7.4',
	packages: { 'no-such-thing': '2.0' }
};

async function expectClean(page: Page): Promise<void> {
	const { violations } = await new AxeBuilder({ page }).exclude('iframe').analyze();
	expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
}

// What is public is seen by everybody, and settings hold for all.
test.use({ own: 'paper-run' });

test('a reader runs the example on a machine of theirs, and the copy says where it is from', async ({
	browser,
	site
}, info) => {
	const picture = (name: string): string => info.outputPath(name);
	const sshd = await startSshd({ readable: pythonFolders() });
	try {
		const ada = await site.seed.person('ada');
		const bob = await site.seed.person('bob', { displayName: 'Bob Reader' });
		const example = { cells: CELLS, files: FILES, environment: ENVIRONMENT };
		const slug = await publishExample(site.server, site.seed, ada, 'A sum of $x_i$', example);
		await site.seed.workspace(bob, sshd, [TEST_ENVIRONMENT]);
		const page = await (await site.signedIn(browser, bob)).newPage();
		await page.goto(`${site.server.origin}/papers/${slug}`);
		await page.getByRole('button', { name: 'Run example' }).click();
		await expect(page.getByText('2 files')).toBeVisible();
		await expect(page.getByRole('link', { name: 'Add a machine' })).toBeVisible();
		await expectClean(page);
		await pictures(page, picture, 'run');
		await page.getByRole('button', { name: 'Connect and run' }).click();
		const dialog = page.getByRole('dialog');
		await dialog.getByRole('textbox', { name: 'Password' }).fill(sshd.password);
		await dialog.getByRole('button', { name: /Connect|Sign in/ }).click();
		await expect(page).toHaveURL(/\/notebooks\//, { timeout: 30_000 });
		await expect(page.getByText('From v1 of A sum of')).toBeVisible();
		await expect(cells(page).first()).toContainText('no-such-thing is missing', { timeout: 30_000 });
		await cells(page).nth(1).click();
		await page.keyboard.press('Shift+Enter');
		await expect(cells(page).nth(1)).toContainText('6.5', { timeout: 30_000 });
		await expectClean(page);
		await pictures(page, picture, 'copy');
		await page.goto(site.server.origin);
		await expect(page.getByRole('link', { name: /^v1 of A sum/ })).toBeVisible();
		await pictures(page, picture, 'list');
	} finally {
		await sshd.stop();
	}
});

test('an administrator lets guests in; one runs the example without an account; the switch ends it', async ({
	browser,
	site
}, info) => {
	const picture = (name: string): string => info.outputPath(name);
	const root = await site.seed.person('root', { admin: true });
	const slug = await publishExample(site.server, site.seed, root, 'A sum for guests', {
		cells: CELLS,
		files: FILES
	});
	const passer = await (await browser.newContext()).newPage();
	await passer.goto(`${site.server.origin}/papers/${slug}`);
	await passer.getByRole('button', { name: 'Run example' }).click();
	await expect(passer.getByText('Sign in to run it')).toBeVisible();
	await expectClean(passer);
	await pictures(passer, picture, 'signed-out');

	const settings = await (await site.signedIn(browser, root)).newPage();
	await settings.goto(`${site.server.origin}/settings`);
	const section = settings.locator('section', { has: settings.getByRole('heading', { name: 'Guests' }) });
	await expect(section.getByText('Who has no account reads papers and runs nothing.')).toBeVisible();
	await section.getByLabel('Their machine').selectOption({ label: 'This machine' });
	await section.getByLabel('Memory, in MB').fill('500');
	await section.getByRole('button', { name: 'Let guests in' }).click();
	await expect(section.getByText('Guests may run examples now.')).toBeVisible({ timeout: 30_000 });
	await expectClean(settings);
	await section.scrollIntoViewIfNeeded();
	await pictures(settings, picture, 'settings');
	await section.screenshot({ path: picture('settings-section.png') });

	await passer.goto(`${site.server.origin}/papers/${slug}/v/1/run`);
	await expect(passer.getByRole('button', { name: 'Run as a guest' })).toBeVisible();
	await pictures(passer, picture, 'offered');
	await passer.goto(`${site.server.origin}/papers/${slug}`);
	const complaints: string[] = [];
	passer.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
	await passer.getByRole('button', { name: 'Run example' }).click();
	await expect(passer.getByText('You are a guest')).toBeVisible({ timeout: 30_000 });
	await cells(passer).nth(1).click();
	await passer.keyboard.press('Shift+Enter');
	await expect(cells(passer).nth(1)).toContainText('6.5', { timeout: 30_000 });
	await expectClean(passer);
	await pictures(passer, picture, 'guest');
	await expect(passer.getByRole('button', { name: 'Share' })).toHaveCount(0);
	await passer.getByRole('button', { name: 'More for this notebook' }).click();
	await expect(passer.getByRole('menuitem', { name: 'Versions' })).toHaveCount(0);
	await passer.keyboard.press('Escape');
	expect(complaints).toEqual([]);

	await section.getByRole('button', { name: 'End all guests now' }).click();
	await expect(section.getByText('Ended: 1 guest, 1 kernel.')).toBeVisible();
	await until(
		'the guest is told',
		10,
		async () => (await passer.getByText(/signed out|session/i).count()) > 0
	);
	await passer.screenshot({ path: picture('ended.png') });
});
