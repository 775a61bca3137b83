/** Terminals in the browser: programs that draw the whole screen, floods, and two people at one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { BrowserContext, Page } from '@playwright/test';
import { runtimeFolder } from '../../src/services.ts';
import { pictures } from './pictures.ts';
import { cells, expect, openNotebook, test, typeInto, type Site } from './support.ts';

const MB = 1e6;

/** Without a graphics card the page's own elements draw the terminal, and can be read. */
async function withoutGraphics(context: BrowserContext): Promise<void> {
	await context.addInitScript(() => {
		const real = HTMLCanvasElement.prototype.getContext as (...args: unknown[]) => unknown;
		HTMLCanvasElement.prototype.getContext = function (
			this: HTMLCanvasElement,
			kind: string,
			...rest: unknown[]
		) {
			return kind.startsWith('webgl') ? null : real.call(this, kind, ...rest);
		} as never;
	});
}

/** The lines on the screen, as they are drawn. */
async function lines(page: Page): Promise<string[]> {
	const rows = await page.locator('.xterm-rows > div').allTextContents();
	return rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd());
}

async function shows(page: Page, what: RegExp): Promise<void> {
	await expect.poll(async () => (await lines(page)).join('\n'), { timeout: 30_000 }).toMatch(what);
}

async function run(page: Page, command: string): Promise<void> {
	await page.locator('.xterm-helper-textarea').focus();
	await page.keyboard.type(`${command}\n`);
}

/** A new terminal with a prompt that is known. */
async function begin(page: Page, site: Site): Promise<void> {
	await page.goto(`${site.server.origin}/workspaces/local/terminals`);
	await page.getByRole('button', { name: 'New terminal' }).first().click();
	await expect(page).toHaveURL(/terminals\/[\w-]+$/);
	await expect(page.locator('.xterm-rows')).toBeVisible();
	await shows(page, /\S/);
	await run(page, "cd; clear; exec env PS1='te> ' bash --norc --noprofile");
	await shows(page, /^te>$/m);
}

/** Nothing the browser complains about, whatever is drawn. */
function complaints(page: Page): string[] {
	const heard: string[] = [];
	page.on('pageerror', (error) => heard.push(String(error)));
	page.on('console', (message) => {
		// The server is killed on purpose: that a connection is refused meanwhile is what is wanted.
		if (message.type() === 'error' && !/WebSocket connection|Failed to load|ERR_/.test(message.text()))
			heard.push(message.text());
	});
	return heard;
}

test('vim and htop draw right, and are there again after a reload and a killed server', async ({
	browser,
	site
}, info) => {
	test.setTimeout(180_000);
	const person = await site.seed.person('te-ada', { admin: true, displayName: 'Ada' });
	const context = await site.signedIn(browser, person);
	await withoutGraphics(context);
	const page = await context.newPage();
	const heard = complaints(page);
	await begin(page, site);
	await run(
		page,
		"seq -f 'line %g' 200 > te-file; vim -N -u NONE -c 'set number nomore laststatus=2 ruler' te-file"
	);
	await shows(page, /^ {2}1 line 1$/m);
	const size = (await lines(page)).length;
	await page.keyboard.type('100Gzt');
	await shows(page, new RegExp(`^100 line 100\\n101 line 101[\\s\\S]*^te-file +100,1 `, 'm'));
	await page.keyboard.type('onew words');
	await page.keyboard.press('Escape');
	await shows(page, /^101 new words\n102 line 101$/m);
	await pictures(page, (name) => info.outputPath(name), 'vim');
	await shows(page, /^101 new words$/m);
	await expect.poll(async () => (await lines(page)).length).toBe(size);

	await page.reload();
	await shows(page, /^100 line 100\n101 new words\n102 line 101$/m);
	await site.killAndRestart();
	await expect(page.locator('.terminal[data-state=live]')).toBeVisible();
	// What vim says of it may be drawn over at once, as a screen that is back has vim draw itself anew.
	await run(page, ':w');
	await run(page, ':q');
	await shows(page, /^te>$/m);
	await run(page, 'clear; wc -l te-file; sed -n 101p te-file');
	await shows(page, /^201 te-file\nnew words\nte>$/m);

	await run(page, 'htop');
	await shows(page, /F1Help +F2Setup/);
	await shows(page, /PID.*USER.*CPU/);
	await pictures(page, (name) => info.outputPath(name), 'htop');
	await expect.poll(async () => (await lines(page)).at(-1)).toMatch(/^F1Help/);
	const { violations } = await new AxeBuilder({ page }).disableRules(['color-contrast']).analyze();
	expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
	await page.keyboard.press('q');
	await shows(page, /^te>$/m);

	// The keyboard is not trapped, and scrollback can be searched.
	await page.keyboard.press('Escape');
	await page.keyboard.press('Tab');
	expect(await page.evaluate(() => document.activeElement?.className)).not.toContain('xterm');
	await page.locator('.xterm-helper-textarea').focus();
	await page.keyboard.press('Control+C');
	// The shell may still take the next letter for the rest of an escape sequence: the space is for that.
	await run(page, ' echo rea""dy');
	await shows(page, /^ready$/m);
	await run(page, 'seq 1 5000');
	await shows(page, /^5000\nte>$/m);
	await page.keyboard.press('Control+Shift+F');
	await page.getByRole('searchbox', { name: 'Search in the terminal' }).fill('1234');
	await shows(page, /^1234$/m);
	await page.keyboard.press('Escape');

	await run(page, 'sleep 1000');
	await expect(page.getByRole('navigation', { name: /^Terminals/ }).getByText('sleep')).toBeVisible();
	await page.getByRole('button', { name: 'More for this terminal' }).click();
	await page.getByRole('menuitem', { name: 'Close…' }).click();
	await expect(page.getByRole('dialog')).toContainText('sleep is running');
	await page.getByRole('dialog').getByRole('button', { name: 'Close it' }).click();
	await expect(page.getByText('A terminal is your login shell')).toBeVisible();
	expect(heard).toEqual([]);
	await context.close();
});

test('500 MB on the screen: Ctrl-C works at once, cells run meanwhile, and nothing grows', async ({
	browser,
	site
}) => {
	test.setTimeout(180_000);
	const person = await site.seed.person('te-flo', { admin: true, displayName: 'Flo' });
	const id = await site.seed.notebook(person);
	const context = await site.signedIn(browser, person);
	await withoutGraphics(context);
	const page = await context.newPage();
	await begin(page, site);
	const notebook = await openNotebook(context, site, id);
	await typeInto(notebook, 0, '6 * 7');
	await notebook.keyboard.press('Control+Enter');
	await expect(cells(notebook).first()).toHaveAttribute('data-state', 'done', { timeout: 60_000 });

	const daemon = Number(readFileSync(join(runtimeFolder(site.server.dataDir), 'daemon.lock'), 'utf8'));
	const before = [memory(site.server.pid), memory(daemon)];
	await page.bringToFront();
	await run(page, "head -c 500000000 /dev/zero | tr '\\0' x | fold");
	await shows(page, /^x+\nx+$/m);
	await notebook.bringToFront();
	await typeInto(notebook, 0, ' * 1000');
	await notebook.keyboard.press('Control+Enter');
	await expect(cells(notebook).first().getByTestId('output')).toContainText('42000');
	await page.bringToFront();
	const heights = [memory(site.server.pid), memory(daemon)];
	await page.locator('.xterm-helper-textarea').focus();
	await page.keyboard.press('Control+C');
	await shows(page, /^te>$/m);
	expect(heights[0]! - before[0]!).toBeLessThan(150 * MB);
	expect(heights[1]! - before[1]!).toBeLessThan(40 * MB);
	await run(page, 'echo res""ponsive');
	await shows(page, /^responsive$/m);
	await context.close();
});

/** Resident bytes. */
function memory(pid: number): number {
	return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
}

test('a terminal is shown in a notebook: to watch, then to type, then no more', async ({
	browser,
	site
}, info) => {
	test.setTimeout(120_000);
	const owner = await site.seed.person('te-ona', { admin: true, displayName: 'Ona Berg' });
	const guest = await site.seed.person('te-gil', { displayName: 'Gil Sand' });
	const id = await site.seed.notebook(owner);
	await site.seed.member(id, guest, 'runner');
	const mine = await site.signedIn(browser, owner);
	await withoutGraphics(mine);
	const page = await mine.newPage();
	await begin(page, site);
	await page.getByRole('button', { name: 'More for this terminal' }).click();
	await page.getByRole('menuitem', { name: 'Share…' }).click();
	const dialog = page.getByRole('dialog');
	await expect(dialog.getByLabel('With the people of')).toBeVisible();
	await dialog.getByLabel('watch and type').check();
	await expect(dialog).toContainText('It is your account');
	await pictures(page, (name) => info.outputPath(name), 'share');
	await dialog.getByLabel('watch', { exact: true }).check();
	await dialog.getByRole('button', { name: 'Share', exact: true }).click();
	await expect(page.getByTestId('shared-mark')).toContainText('they can watch');
	await page.keyboard.press('Escape');

	const theirs = await site.signedIn(browser, guest);
	await withoutGraphics(theirs);
	const other = await openNotebook(theirs, site, id);
	await other.getByRole('button', { name: 'More for this notebook' }).click();
	await other.getByRole('menuitem', { name: 'Terminal', exact: true }).click();
	await expect(other.getByText('Ona Berg types; you watch')).toBeVisible();
	await run(page, 'echo from the ow""ner');
	await shows(other, /^from the owner$/m);
	await run(other, 'echo intru""der');
	await expect(page.getByRole('list', { name: 'Who is looking' })).toContainText('Gil Sand watches');

	const notebook = await openNotebook(mine, site, id);
	await notebook.getByRole('button', { name: 'More for this notebook' }).click();
	await notebook.getByRole('menuitem', { name: 'Terminal', exact: true }).click();
	await expect(notebook.locator('.xterm-rows')).toBeVisible();
	await notebook.getByRole('button', { name: 'More for this terminal' }).click();
	await notebook.getByRole('menuitem', { name: 'Let the others type, as you' }).click();
	await expect(other.getByTestId('shared-mark')).toContainText('runs as Ona Berg');
	await page.bringToFront();
	await expect(page.getByTestId('shared-mark')).toContainText('they can type as you');
	await other.bringToFront();
	await run(other, 'echo from the gu""est');
	await shows(page, /^from the guest$/m);
	expect((await lines(page)).join('\n')).not.toMatch(/^intruder$/m);
	await pictures(other, (name) => info.outputPath(name), 'shared');

	// A phone has the keys that its keyboard lacks.
	await run(page, 'sleep 1000');
	const small = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
	const pocket = await site.signedIn(browser, owner, small);
	await withoutGraphics(pocket);
	const phone = await pocket.newPage();
	await phone.goto(page.url());
	await shows(phone, /^te> sleep 1000$/m);
	await phone.getByRole('button', { name: 'Ctrl' }).tap();
	await phone.screenshot({ path: info.outputPath('phone.png') });
	await phone.keyboard.type('c');
	await shows(page, /^\^C\nte>$/m);
	await pocket.close();

	await notebook.bringToFront();
	await notebook.getByRole('button', { name: 'More for this terminal' }).click();
	await notebook.getByRole('menuitem', { name: 'Take it out of this notebook' }).click();
	await expect(other.getByText(/not here any more|Nobody shows a terminal here/).first()).toBeVisible();
	await expect(page.getByTestId('shared-mark')).toHaveCount(0);
	await theirs.close();
	await mine.close();
});
