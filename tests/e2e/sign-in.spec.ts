/** Getting in to machines: through jump hosts, by one-time codes, by a key that never leaves the browser. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { oneTimeCode } from '../support/one-time-code.ts';
import { startSshd, type Sshd } from '../support/sshd.ts';
import { expect, test, type Site } from './support.ts';

const open: Sshd[] = [];
test.afterAll(async () => {
	for (const sshd of open) await sshd.stop();
});

async function sshd(options: Parameters<typeof startSshd>[0]): Promise<Sshd> {
	const started = await startSshd(options);
	open.push(started);
	return started;
}

function workspace(page: Page, name: string): Locator {
	return page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, level: 2 }) });
}

/** Nothing an accessibility check calls serious, and nothing wider than the screen of a phone. */
async function sound(page: Page): Promise<void> {
	const { violations } = await new AxeBuilder({ page }).analyze();
	const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
	expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
	await page.setViewportSize({ width: 390, height: 844 });
	const [content, screen] = await page.evaluate(() => [
		document.documentElement.scrollWidth,
		window.innerWidth
	]);
	expect(content).toBeLessThanOrEqual(screen!);
	await page.setViewportSize({ width: 1280, height: 800 });
}

async function workspacesOf(site: Site, page: Page): Promise<void> {
	await page.goto(`${site.server.origin}/workspaces`);
	await expect(page.getByRole('heading', { name: 'Workspaces', level: 1 })).toBeVisible();
	// The page answers clicks once its script runs.
	await page.waitForLoadState('networkidle');
}

test('through a jump host: both show their keys first and ask for their own password', async ({
	browser,
	site
}) => {
	test.setTimeout(180_000);
	const gate = await sshd({ user: 'gate', password: 'the gate 1' });
	const inner = await sshd({ user: 'ada', password: 'the inside 2' });
	const person = await site.seed.person('pu-jonna', { displayName: 'Jonna' });
	const page = await (await site.signedIn(browser, person)).newPage();
	await workspacesOf(site, page);
	await page.getByRole('link', { name: 'Add a machine' }).first().click();
	await expect(page.getByRole('heading', { name: 'Add a machine' })).toBeVisible();
	await page.getByLabel('Host').fill('127.0.0.1');
	await page.getByLabel('Port').fill(String(inner.port));
	await page.getByLabel('User').fill(inner.user);
	await page.getByLabel(/^Name/).fill('Cluster');
	await page.getByRole('button', { name: 'Add a jump host' }).click();
	const jump = page.getByRole('textbox', { name: 'Jump host 1' });
	await expect(jump).toBeFocused();
	await jump.fill('gate@ 127.0.0.1');
	await page.getByRole('button', { name: 'Add', exact: true }).click();
	await expect(page.getByText('Write each jump host as user@host')).toBeVisible();
	await jump.fill(`gate@127.0.0.1:${gate.port}`);
	await sound(page);
	await page.getByRole('button', { name: 'Add', exact: true }).click();

	await workspace(page, 'Cluster').getByRole('button', { name: 'Connect' }).click();
	const dialog = page.getByRole('dialog');
	await expect(dialog).toContainText(gate.fingerprint);
	await expect(dialog).toContainText('Step 1 of 2: the jump host');
	await expect(dialog.getByLabel('Password')).toHaveCount(0);
	await sound(page);
	await dialog.getByRole('button', { name: 'Accept and go on' }).click();
	await dialog.getByRole('textbox', { name: 'Password' }).fill(gate.password);
	await sound(page);
	await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
	await expect(dialog).toContainText(inner.fingerprint);
	await expect(dialog).toContainText('Step 2 of 2: the machine itself');
	expect(inner.logText()).not.toMatch(/(Failed|Accepted|Postponed) /);
	await dialog.getByRole('button', { name: 'Accept and go on' }).click();
	await dialog.getByRole('textbox', { name: 'Password' }).fill('not it');
	await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
	await expect(dialog.getByRole('alert')).toContainText(/password/i);
	await dialog.getByRole('textbox', { name: 'Password' }).fill(inner.password);
	await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
	await expect(workspace(page, 'Cluster')).toContainText('Connected');
	await gate.logged(/Accepted password for gate/);
	await inner.logged(/Accepted password for ada/);
	await done(dialog);

	await workspace(page, 'Cluster').getByText('Host keys and sign-in').click();
	for (const text of [gate.fingerprint, inner.fingerprint, 'Last signed in by password'])
		await expect(workspace(page, 'Cluster')).toContainText(text);
	await sound(page);
	await workspace(page, 'Cluster').getByRole('button', { name: 'Forget the host key' }).last().click();
	await expect(workspace(page, 'Cluster')).not.toContainText(inner.fingerprint);
});

test('a machine that wants a one-time code asks in its own words', async ({ browser, site }) => {
	const machine = await sshd({
		user: 'otto',
		methods: ['keyboard'],
		pam: ['auth required CODE', 'auth required pam_unix.so']
	});
	const person = await site.seed.person('pu-otto', { displayName: 'Otto' });
	await site.seed.workspace(person, machine, []);
	const page = await (await site.signedIn(browser, person)).newPage();
	let lines = 0;
	page.on('websocket', (socket) => {
		if (socket.url().endsWith('/person')) lines += 1;
	});
	await workspacesOf(site, page);
	await workspace(page, 'Group node').getByRole('button', { name: 'Connect' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByRole('radio', { name: 'Answer its questions' }).check();
	await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
	const code = dialog.getByLabel(/code/i);
	await expect(code).toBeFocused();
	await expect(code).toHaveAttribute('autocomplete', 'one-time-code');
	await expect(dialog).toContainText(`otto@127.0.0.1:${machine.port} asks`);
	await sound(page);
	await code.fill(oneTimeCode(machine.codeSecret));
	await dialog.getByRole('button', { name: 'Answer', exact: true }).click();
	await dialog.getByRole('textbox', { name: /password/i }).fill(machine.password);
	await dialog.getByRole('button', { name: 'Answer', exact: true }).click();
	await expect(workspace(page, 'Group node')).toContainText('Connected');
	// the list was read again meanwhile; what was typed stayed, as the line did
	expect(lines).toBe(1);
	expect(site.server.output()).not.toContain(machine.password);
});

test('a key of the browser is put on the machine over a password once; after the server was killed nothing is typed', async ({
	browser,
	site
}) => {
	test.setTimeout(180_000);
	const machine = await sshd({ user: 'kim', config: ['AuthorizedKeysFile .ssh/authorized_keys'] });
	const person = await site.seed.person('pu-kim', { displayName: 'Kim' });
	await site.seed.workspace(person, machine, []);
	const context = await site.signedIn(browser, person);
	const page = await context.newPage();
	await workspacesOf(site, page);
	await workspace(page, 'Group node').getByRole('button', { name: 'Connect' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByRole('textbox', { name: 'Password' }).fill(machine.password);
	await dialog.getByLabel(/Add this browser’s key/).check();
	await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
	await expect(dialog).toContainText('The key of this browser is on the machine.');
	await sound(page);
	await dialog.getByRole('button', { name: 'Done' }).click();
	await page.goto(`${site.server.origin}/account`);
	const keys = page.getByRole('region', { name: 'Keys of your browsers' });
	const line = keys.getByLabel('Line for ~/.ssh/authorized_keys');
	await expect(line).toHaveValue(/^ssh-ed25519 AAAA\S+ /);
	await expect(keys.getByText('In this browser')).toBeVisible();
	await sound(page);
	expect(readFileSync(join(machine.home, '.ssh', 'authorized_keys'), 'utf8')).toContain(
		await line.inputValue()
	);

	await site.killAndRestart();
	// This page was open all the time: its line comes back, and with it the question.
	await expect(dialog).toBeVisible({ timeout: 30_000 });
	await expect(dialog).toContainText('127.0.0.1');
	await expect(dialog).toContainText('kim');
	await expect(dialog).toContainText('Group node');
	await sound(page);
	// It came by itself: a key that was meant for the page below answers nothing.
	await page.keyboard.press('Enter');
	await page.keyboard.press('Escape');
	await dialog.getByRole('button', { name: 'Always for this account in this browser' }).click();
	await machine.logged(/Accepted publickey for kim/);
	await workspacesOf(site, page);
	await expect(workspace(page, 'Group node')).toContainText('Connected', { timeout: 30_000 });
	await page.close();

	await site.killAndRestart();
	const again = await context.newPage();
	await workspacesOf(site, again);
	await expect(workspace(again, 'Group node')).toContainText('Connected', { timeout: 30_000 });
	await machine.logged(/Accepted publickey for kim[^]*Accepted publickey for kim/);
	await again.goto(`${site.server.origin}/account`);
	await again.getByRole('button', { name: `Ask again for kim@127.0.0.1:${machine.port}` }).click();
	await expect(again.getByText('Signs in without asking to')).toHaveCount(0);
});

test('host keys are imported line by line, revoked, and then refused', async ({ browser, site }) => {
	const machine = await sshd({ user: 'rita' });
	const person = await site.seed.person('pu-rita', { displayName: 'Rita' });
	await site.seed.workspace(person, { ...machine, fingerprint: null }, []);
	const page = await (await site.signedIn(browser, person)).newPage();
	await workspacesOf(site, page);
	await page.getByText('Import known_hosts').click();
	const scanned = execFileSync('ssh-keyscan', ['-t', 'ed25519', '-p', String(machine.port), machine.host], {
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'ignore']
	});
	await page.getByLabel('Lines of known_hosts').fill(`${scanned.trim()}\nnothing of the kind\n`);
	await page.getByRole('button', { name: 'Import', exact: true }).click();
	await expect(page.getByText('1 key imported, 1 line not read.')).toBeVisible();
	await expect(page.getByText('Line 2')).toBeVisible();
	await sound(page);
	// Known now: the first thing asked is how to sign in.
	await workspace(page, 'Group node').getByRole('button', { name: 'Connect' }).click();
	const dialog = page.getByRole('dialog');
	await expect(dialog.getByRole('textbox', { name: 'Password' })).toBeVisible();
	await page.keyboard.press('Escape');
	await page.getByRole('button', { name: /^Revoke/ }).click();
	await expect(page.getByText('revoked: refused everywhere it is shown')).toBeVisible();
	await workspace(page, 'Group node').getByRole('button', { name: 'Connect' }).click();
	await expect(dialog).toContainText(/revoked/);
	await expect(dialog.getByRole('textbox', { name: 'Password' })).toHaveCount(0);
	expect(machine.logText()).not.toMatch(/(Failed|Accepted|Postponed) /);
});

/** The dialog stays only where there is something to read, a nearly full disk say. */
async function done(dialog: Locator): Promise<void> {
	await dialog.page().keyboard.press('Escape');
	await expect(dialog).toHaveCount(0);
}
