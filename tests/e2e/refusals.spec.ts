/** What goes wrong is said in words: what happened, why, what to do; and nothing is left half done. */
import type { Page } from '@playwright/test';
import { eq } from 'drizzle-orm';
import { chmodSync, mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { workspaces } from '#db/schema.ts';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonFolders } from '../support/python.ts';
import { startSshd, type Sshd } from '../support/sshd.ts';
import { freePort } from '../support/server-process.ts';
import {
	cells,
	editor,
	expect,
	openDialog,
	openNotebook,
	saved,
	sourceOf,
	test,
	typeInto
} from './support.ts';

let sshd: Sshd;
test.beforeAll(async () => {
	sshd = await startSshd({ readable: pythonFolders() });
});
test.afterAll(() => sshd.stop());

/** Press run, and follow the chip to the dialog. */
async function runAndConnect(page: Page): Promise<void> {
	await typeInto(page, 0, '1+1');
	await page.keyboard.press('Control+Enter');
	await openDialog(page);
}

test('a wrong password at sign-in is refused in one sentence that does not say which part was wrong', async ({
	page,
	site
}) => {
	await site.seed.person('kim');
	await page.goto(`${site.server.origin}/sign-in`);
	for (const name of ['kim', 'nobody-of-that-name']) {
		await page.getByLabel('Name').fill(name);
		await page.getByRole('textbox', { name: 'Password' }).fill('not the password');
		await page.getByRole('button', { name: 'Sign in' }).click();
		await expect(page.getByRole('alert')).toContainText('Name and password do not belong together.');
	}
	await expect(page).toHaveURL(/sign-in/);
});

test('an unknown host and a closed port are named, and the notebook stays as it was', async ({
	browser,
	site
}) => {
	const lou = await site.seed.person('lou');
	const id = await site.seed.notebook(lou);
	const closed = await freePort();
	await site.seed.workspace(lou, { ...sshd, port: closed }, []);
	const page = await openNotebook(await site.signedIn(browser, lou), site, id);
	await typeInto(page, 0, '1+1');
	await page.keyboard.press('Control+Enter');
	await page.getByTestId('kernel-chip').click();
	const panel = page.getByRole('complementary', { name: 'Where it runs' });
	await expect(panel.getByRole('alert')).toContainText(`127.0.0.1 refuses connections at port ${closed}.`);
	await expect(panel.getByRole('alert')).toContainText('Check the port number');
	await expect(panel.getByRole('button', { name: 'Try again' })).toBeVisible();
	await expect.poll(() => sourceOf(page, 0)).toBe('1+1');

	await site.seed.db
		.update(workspaces)
		.set({ host: 'no-such-host.invalid' })
		.where(eq(workspaces.ownerId, lou.id));
	await panel.getByRole('button', { name: 'Try again' }).click();
	await expect(panel.getByRole('alert')).toContainText('no-such-host.invalid');
	await expect(panel.getByRole('alert')).toContainText(/name/i);
});

test('a machine without Python is named as such, with what to install', async ({ browser, site }) => {
	const bare = await startSshd({ path: '' });
	const max = await site.seed.person('max');
	const id = await site.seed.notebook(max);
	await site.seed.workspace(max, bare, []);
	const page = await openNotebook(await site.signedIn(browser, max), site, id);
	await runAndConnect(page);
	const dialog = page.getByRole('dialog');
	await dialog.getByRole('textbox', { name: 'Password' }).fill(bare.password);
	await dialog.getByRole('button', { name: 'Sign in' }).click();
	await expect(page.getByText(/no python/i).first()).toBeVisible();
	await bare.stop();
});

test('a host key that is not accepted ends the attempt before anything is sent', async ({
	browser,
	site
}) => {
	const nia = await site.seed.person('nia');
	const id = await site.seed.notebook(nia);
	await site.seed.workspace(nia, { ...sshd, fingerprint: null }, []);
	const page = await openNotebook(await site.signedIn(browser, nia), site, id);
	const before = sshd.logText().length;
	await runAndConnect(page);
	await expect(page.getByRole('dialog')).toContainText(sshd.fingerprint);
	await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
	await expect(page.getByRole('dialog')).toHaveCount(0);
	expect(sshd.logText().slice(before)).not.toMatch(/(Failed|Accepted|Postponed) /);
	const api = await page.request.get(`${site.server.origin}/api/workspaces`);
	expect((await api.json()).workspaces[0].hostKeys).toEqual([[]]);
});

test('a kernel that dies at its start is told with its last words, and the cell does not wait for ever', async ({
	browser,
	site
}) => {
	const environment = mkdtempSync(join(tmpdir(), 'ansatz-broken-'));
	chmodSync(environment, 0o755);
	const folder = join(environment, 'share', 'jupyter', 'kernels', 'broken');
	mkdirSync(folder, { recursive: true });
	const argv = ['/bin/sh', '-c', 'echo "libfoo.so.1: cannot open shared object file" >&2; exit 3'];
	writeFileSync(
		join(folder, 'kernel.json'),
		JSON.stringify({ argv, display_name: 'Broken', language: 'python' })
	);
	const otto = await site.seed.person('otto');
	const id = await site.seed.notebook(
		otto,
		JSON.stringify({
			nbformat: 4,
			nbformat_minor: 5,
			metadata: { kernelspec: { name: 'broken', display_name: 'Broken', language: 'python' } },
			cells: [{ cell_type: 'code', id: 'a', metadata: {}, source: '', outputs: [], execution_count: null }]
		})
	);
	const server = await startSshd({ readable: [...pythonFolders(), environment] });
	await site.seed.workspace(otto, server, [environment]);
	const page = await openNotebook(await site.signedIn(browser, otto), site, id);
	await runAndConnect(page);
	const dialog = page.getByRole('dialog');
	await dialog.getByRole('textbox', { name: 'Password' }).fill(server.password);
	await dialog.getByRole('button', { name: 'Sign in' }).click();
	await expect(page.getByText(/could not start \(exit code 3\).*libfoo\.so\.1/).first()).toBeVisible({
		timeout: 30_000
	});
	await expect(cells(page).first()).not.toHaveAttribute('data-state', /queued|running|waiting/);
	await server.stop();
});

test('a paste of five megabytes is refused with its size and the limit, and the cell stays as it was', async ({
	browser,
	site
}) => {
	const pia = await site.seed.person('pia', { admin: true });
	const id = await site.seed.notebook(pia);
	const page = await openNotebook(await site.signedIn(browser, pia), site, id);
	await typeInto(page, 0, 'before');
	await editor(page, 0).evaluate((element) => {
		const data = new DataTransfer();
		data.setData('text/plain', 'x'.repeat(5_000_000));
		element.dispatchEvent(
			new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
		);
	});
	await expect(page.getByText('That paste is too big for a cell').first()).toBeVisible();
	await expect(page.getByText(/1[.,]000[.,]000|1 MB|1 000 000/).first()).toBeVisible();
	await expect.poll(() => sourceOf(page, 0)).toBe('before');
	await typeInto(page, 0, ' after');
	await saved(page);
});

test('a broken notebook file is refused with the place of the fault, and no notebook is made', async ({
	browser,
	site
}) => {
	const quin = await site.seed.person('quin', { admin: true });
	const context = await site.signedIn(browser, quin);
	const page = await context.newPage();
	await page.goto(`${site.server.origin}/`);
	await page
		.locator('input[type=file]')
		.first()
		.setInputFiles({
			name: 'broken.ipynb',
			mimeType: 'application/x-ipynb+json',
			buffer: Buffer.from(
				'{"nbformat": 4,\n "nbformat_minor": 5,\n "metadata": {},\n "cells": [{"cell_type": "code"}]}'
			)
		});
	await expect(page.getByText(/cells\[0\]|line 4/).first()).toBeVisible();
	const list = await (await page.request.get(`${site.server.origin}/api/notebooks`)).json();
	expect(list.notebooks).toEqual([]);
});

test('a viewer reads what others write and run, and has nothing to press', async ({ browser, site }) => {
	const rosa = await site.seed.person('rosa', { admin: true });
	const sam = await site.seed.person('sam');
	const id = await site.seed.notebook(rosa);
	await site.seed.member(id, sam, 'viewer');
	const owner = await openNotebook(await site.signedIn(browser, rosa), site, id);
	const viewer = await openNotebook(await site.signedIn(browser, sam), site, id);
	await typeInto(owner, 0, 'print("for all to see")');
	await owner.keyboard.press('Control+Enter');
	await expect(cells(viewer).first().getByTestId('output')).toContainText('for all to see', {
		timeout: 30_000
	});
	await expect(viewer.getByTestId('saved-state')).toHaveText(/Read-only/);
	await expect(viewer.getByTestId('run-cell')).toHaveCount(0);
	await editor(viewer, 0).click();
	await viewer.keyboard.type('forged');
	await expect.poll(() => sourceOf(owner, 0)).toBe('print("for all to see")');
});
