/** A cell on a machine reached by SSH, through everything that goes wrong on the way. */
import type { Page } from '@playwright/test';
import { pythonFolders, TEST_ENVIRONMENT } from '../support/python.ts';
import { startSshd, type Sshd } from '../support/sshd.ts';
import { cells, expect, openDialog, openNotebook, saved, test, typeInto, type Site } from './support.ts';
import type { SeededPerson } from '../support/people.ts';

let sshd: Sshd;

test.beforeAll(async () => {
	sshd = await startSshd({ readable: pythonFolders() });
});
test.afterAll(() => sshd.stop());

async function addWorkspace(page: Page, site: Site, name: string): Promise<void> {
	await page.goto(`${site.server.origin}/workspaces`);
	await page.getByRole('link', { name: 'Add a machine' }).first().click();
	await page.getByLabel(/^Name/).fill(name);
	await page.getByLabel('Host').fill('127.0.0.1');
	await page.getByLabel('Port').fill(String(sshd.port));
	await page.getByLabel('User').fill(sshd.user);
	await page.getByLabel(/environments/i).fill(TEST_ENVIRONMENT);
	await page.getByRole('button', { name: /^(Add|Save)$/ }).click();
	await expect(page.getByRole('listitem').filter({ hasText: name })).toBeVisible();
}

/** In the notebook: accept the fingerprint where it is asked for, then the password. */
async function connect(page: Page, options: { password?: string; acceptKey: boolean }): Promise<void> {
	const dialog = page.getByRole('dialog');
	if (options.acceptKey) {
		await expect(dialog).toContainText(sshd.fingerprint);
		await dialog.getByRole('button', { name: /Accept|Trust/ }).click();
	}
	await dialog.getByRole('textbox', { name: 'Password' }).fill(options.password ?? sshd.password);
	await dialog.getByRole('button', { name: /Connect|Sign in/ }).click();
}

async function personWithNotebook(site: Site, name: string): Promise<{ person: SeededPerson; id: string }> {
	const person = await site.seed.person(name, { displayName: name });
	return { person, id: await site.seed.notebook(person) };
}

test('a person adds a machine, looks at its fingerprint once, signs in and runs a cell there', async ({
	browser,
	site
}) => {
	const { person, id } = await personWithNotebook(site, 'sonja');
	const context = await site.signedIn(browser, person);
	const setup = await context.newPage();
	await addWorkspace(setup, site, 'Group node');
	await setup.close();

	const page = await openNotebook(context, site, id);
	await typeInto(page, 0, 'import getpass; getpass.getuser()');
	await page.keyboard.press('Control+Enter');
	await openDialog(page);
	await connect(page, { password: 'wrong', acceptKey: true });
	await expect(page.getByRole('dialog')).toContainText(/password/i);
	await expect(page.getByRole('dialog')).toContainText(/refused|not right|not accept/i);
	await connect(page, { acceptKey: false });
	await expect(cells(page).first().getByTestId('output')).toContainText(sshd.user);
	await expect(page.getByTestId('kernel-chip')).toContainText('Group node');
	expect(sshd.logText()).not.toContain(sshd.password);
	expect(site.server.output()).not.toContain(sshd.password);
});

test('output goes on while all browsers are closed and the server is killed; afterwards it is there once, in order', async ({
	browser,
	site
}) => {
	test.setTimeout(180_000);
	const { person, id } = await personWithNotebook(site, 'tara');
	const other = await site.seed.person('ulf', { displayName: 'Ulf' });
	await site.seed.member(id, other, 'viewer');
	await site.seed.workspace(person, sshd, [TEST_ENVIRONMENT]);
	const first = await site.signedIn(browser, person);
	const page = await openNotebook(first, site, id);
	const second = await site.signedIn(browser, other);
	await openNotebook(second, site, id);
	await typeInto(page, 0, 'import time\nfor i in range(200):\nprint(i, flush=True)\ntime.sleep(0.1)');
	await saved(page);
	await page.keyboard.press('Control+Enter');
	await openDialog(page);
	await connect(page, { acceptKey: false });
	await expect(cells(page).first().getByTestId('output')).toContainText('\n5\n', { timeout: 30_000 });
	await first.close();
	await second.close();
	await site.killAndRestart();

	const again = await openNotebook(await site.signedIn(browser, person), site, id);
	await expect(again.getByTestId('kernel-chip')).toContainText(/sign in|connect/i);
	await openDialog(again);
	await connect(again, { acceptKey: false });
	await expect(cells(again).first()).toHaveAttribute('data-state', 'done', { timeout: 60_000 });
	const text = await cells(again).first().getByTestId('output').innerText();
	const numbers = text.trim().split(/\s+/).map(Number);
	expect(numbers).toEqual(Array.from({ length: 200 }, (_, i) => i));
});

test('a machine whose host key changed is refused before anything is sent, with both fingerprints shown', async ({
	browser,
	site
}) => {
	const { person, id } = await personWithNotebook(site, 'vera');
	const context = await site.signedIn(browser, person);
	await site.seed.workspace(
		person,
		{ ...sshd, fingerprint: 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
		[]
	);
	const page = await openNotebook(context, site, id);
	const logged = sshd.logText().length;
	await typeInto(page, 0, '1+1');
	await page.keyboard.press('Control+Enter');
	await openDialog(page);
	const dialog = page.getByRole('dialog');
	await expect(dialog).toContainText('SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
	await expect(dialog).toContainText(sshd.fingerprint);
	await expect(dialog.getByRole('textbox', { name: 'Password' })).toHaveCount(0);
	expect(sshd.logText().slice(logged)).not.toMatch(/(Failed|Accepted|Postponed) /);
});
