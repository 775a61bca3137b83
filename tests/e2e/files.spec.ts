/** The files of a machine reached by SSH: looked through, changed, brought up and down, with what goes wrong on the way. */
import { execFileSync } from 'node:child_process';
import {
	chownSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser } from '@playwright/test';
import { startSshd, type Sshd } from '../support/sshd.ts';
import { folderOf, openDesk } from './desk.ts';
import { expect, test, type Site } from './support.ts';

let sshd: Sshd;

test.beforeAll(async () => {
	sshd = await startSshd();
});
test.afterAll(() => sshd.stop());

const folder = (name: string, files: Record<string, string | Buffer>) => folderOf(sshd, name, files);
const desk = (browser: Browser, site: Site, name: string, path: string, byHand = false) =>
	openDesk(browser, site, sshd, { name, path, byHand });

test('a folder is walked through by mouse, keyboard and address; what was done is taken back', async ({
	browser,
	site
}) => {
	const root = folder('walk', {
		'run10.txt': 'ten',
		'run2.txt': 'a line\nwith a needle in it\n',
		'big.dat': Buffer.alloc(5000, 1),
		'.hidden': '',
		'sub/inner/deep.py': 'needle = 1\n'
	});
	writeFileSync(
		Buffer.concat([Buffer.from(`${root}/caf`), Buffer.of(0xe9), Buffer.from('.txt')]),
		'no UTF-8'
	);
	const { page, url, row, names } = await desk(browser, site, 'fuwanda', '~/walk', true);

	await expect.poll(names).toEqual(['sub', 'big.dat', 'caf�.txt', 'run2.txt', 'run10.txt']);
	await page.getByRole('button', { name: 'Size' }).click();
	await expect(page.getByRole('columnheader', { name: 'Size' })).toHaveAttribute('aria-sort', 'descending');
	await expect.poll(names).toEqual(['sub', 'big.dat', 'run2.txt', 'caf�.txt', 'run10.txt']);
	await page.getByRole('button', { name: 'Name' }).click();
	await page.getByLabel('Filter by name').fill('run*');
	await expect.poll(names).toEqual(['run2.txt', 'run10.txt']);
	await page.getByLabel('Filter by name').fill('');
	await page.getByRole('button', { name: 'Show hidden files' }).click();
	await expect.poll(names).toContain('.hidden');

	// In with Enter, up with Backspace: one is at the folder one left. The browser's own way back works, too.
	await page.getByRole('grid').focus();
	await page.keyboard.press('s');
	await page.keyboard.press('Enter');
	await expect(row('inner')).toBeVisible();
	await expect(page).toHaveURL(/path=[^&]*\/walk\/sub$/);
	await page.keyboard.press('Backspace');
	await expect(row('sub')).toHaveClass(/active/);
	await page.goBack();
	await expect(row('inner')).toBeVisible();
	await page.goForward();

	// A name of any bytes is opened, and named anew.
	await row('caf�.txt').getByRole('link').click();
	await expect(page.locator('.cm-content')).toContainText('no UTF-8');
	await page.keyboard.press('Escape');
	await page.getByRole('button', { name: 'Back to the folder' }).click();
	await row('caf�.txt').click();
	await page.keyboard.press('F2');
	await page.getByRole('dialog').getByLabel('Name').fill('run2.txt');
	await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
	await expect(page.getByRole('dialog')).toContainText('There is something of this name here.');
	await page.getByRole('dialog').getByLabel('Name').fill('café.txt');
	await page.keyboard.press('Enter');
	await expect(row('café.txt')).toHaveAttribute('aria-selected', 'true');
	expect(existsSync(join(root, 'café.txt'))).toBe(true);
	await page.getByRole('button', { name: 'Undo' }).click();
	await expect(row('caf�.txt')).toBeVisible();

	await row('run2.txt').click();
	await row('run10.txt').click({ modifiers: ['Shift'] });
	await page.keyboard.press('Delete');
	await expect(page.getByText('2 entries in the trash.')).toBeVisible();
	await expect(row('run10.txt')).toHaveCount(0);
	expect(existsSync(join(root, 'run2.txt'))).toBe(false);
	await page.getByRole('grid').focus();
	await page.keyboard.press('Control+z');
	await expect(row('run10.txt')).toBeVisible();
	expect(readFileSync(join(root, 'run10.txt'), 'utf8')).toBe('ten');

	await page.keyboard.press('Control+f');
	await page.getByLabel('Text in the file').fill('NEEDLE');
	await page.keyboard.press('Enter');
	const hits = page.getByRole('region', { name: 'Hits' });
	await expect(page.getByText(/^2 hits among/)).toBeVisible();
	await expect(hits).toContainText('with a needle in it');
	await hits.getByRole('link', { name: 'deep.py' }).click();
	await expect(page.locator('.cm-content')).toContainText('needle = 1');
	await page.goto(url('?path=~/walk'));

	await row('sub').click();
	const coming = page.waitForEvent('download');
	await page.getByRole('link', { name: 'Download as zip' }).click();
	const zip = await (await coming).path();
	expect(execFileSync('python3', ['-m', 'zipfile', '-l', zip], { encoding: 'utf8' })).toContain(
		'sub/inner/deep.py'
	);

	for (const width of [1280, 390]) {
		await page.setViewportSize({ width, height: 800 });
		expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
		const { violations } = await new AxeBuilder({ page }).analyze();
		expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
	}

	for (const wrong of ['../../etc', '~/../../../../root/nothing', 'a%00b']) {
		await page.goto(url(`?path=${wrong}`));
		await expect(page.getByRole('alert')).toContainText(/not a path|no such|may not/);
	}
});

test('a hundred thousand files are read to the last by the keyboard', async ({ browser, site }) => {
	const root = folder('many', {});
	const script =
		'import os,sys\nos.chdir(sys.argv[1])\nfor i in range(100000): os.close(os.open("event_%d.root" % i, os.O_CREAT, 0o644))';
	execFileSync('python3', ['-c', script, root]);
	const { page, row, names } = await desk(browser, site, 'fuxaver', '~/many');
	await expect(page.getByText('100,000 entries')).toBeVisible();
	await expect(row('event_0.root')).toBeVisible();
	await page.getByRole('grid').focus();
	await page.keyboard.press('End');
	await expect(row('event_99999.root')).toBeInViewport();
	await expect(page.getByRole('grid')).toHaveAttribute(
		'aria-activedescendant',
		(await row('event_99999.root').getAttribute('id'))!
	);
	await page.keyboard.press('PageUp');
	await page.keyboard.press('ArrowUp');
	await expect(row('event_99999.root')).toBeAttached();
	await page.getByLabel('Filter by name').fill('_7777.');
	await expect.poll(names).toEqual(['event_7777.root']);
	await page.getByLabel('Filter by name').fill('');
	await page.getByRole('grid').focus();
	await page.keyboard.press('Control+a');
	await expect(page.getByRole('toolbar')).toContainText('100,000 entries');
	await page.getByRole('button', { name: 'Name' }).click();
	await page.getByRole('grid').focus();
	await page.keyboard.press('Home');
	await expect(row('event_99999.root')).toBeInViewport();
});

test('a dropped folder arrives whole although the line is cut on the way', async ({ browser, site }) => {
	const root = folder('up', { 'data/same.txt': 'theirs' });
	const here = mkdtempSync(join(tmpdir(), 'drop-'));
	const bytes = Buffer.from(Array.from({ length: 4_000_000 }, (_, i) => (i * 7919) % 251));
	mkdirSync(join(here, 'data', 'empty'), { recursive: true });
	writeFileSync(join(here, 'data', 'large.bin'), bytes);
	writeFileSync(join(here, 'data', 'nothing'), '');
	writeFileSync(join(here, 'data', 'same.txt'), 'mine');
	try {
		const { page, row } = await desk(browser, site, 'fuyasmin', '~/up');
		const offsets: number[] = [];
		await page.route('**/uploads/**', async (route) => {
			const url = new URL(route.request().url());
			if (route.request().method() !== 'PATCH' || !url.search.includes('large.bin')) return route.continue();
			offsets.push(Number(url.searchParams.get('offset')));
			// The first piece arrives, the second does not.
			if (offsets.length === 2) await page.context().setOffline(true);
			return offsets.length === 2 ? route.abort() : route.continue();
		});
		const session = await page.context().newCDPSession(page);
		const data = { items: [], files: [join(here, 'data')], dragOperationsMask: 1 };
		for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
			await session.send('Input.dispatchDragEvent', { type, x: 400, y: 400, data });
		}
		await expect(page.getByRole('region', { name: 'Uploads' })).toContainText('The line is down');
		await page.context().setOffline(false);
		const question = page.getByRole('dialog');
		await expect(question).toContainText('“same.txt” is there already');
		await question.getByRole('button', { name: 'Keep both' }).click();
		await expect(page.getByRole('region', { name: 'Uploads' })).toContainText('3 files uploaded');
		await row('data').getByRole('link').click();
		await expect(row('same (2).txt')).toBeVisible();
		await expect(row('empty')).toBeVisible();
		expect(readFileSync(join(root, 'data', 'large.bin')).equals(bytes)).toBe(true);
		expect(readFileSync(join(root, 'data', 'same.txt'), 'utf8')).toBe('theirs');
		expect(readFileSync(join(root, 'data', 'same (2).txt'), 'utf8')).toBe('mine');
		expect(statSync(join(root, 'data', 'nothing')).size).toBe(0);
		expect(offsets.filter((offset) => offset === 0)).toHaveLength(1);
	} finally {
		rmSync(here, { recursive: true });
	}
});

test('two who change one file lose nothing: both versions are shown, and what is merged is saved', async ({
	browser,
	site
}) => {
	const root = folder('text', {
		'fit.py': 'a = 1\nb = 2\nc = 3\n',
		'page.html': '<p id=x>still</p><script>x.textContent = "origin " + origin</script>'
	});
	const file = join(root, 'fit.py');
	const { page, url, row } = await desk(browser, site, 'fuzoe', '~/text');
	await row('fit.py').getByRole('link').click();
	const text = page.locator('.cm-content').first();
	await expect(text).toContainText('b = 2');
	await page.keyboard.press('Control+End');
	await page.keyboard.type('mine = 4');
	const state = page.getByRole('region', { name: 'fit.py' }).getByRole('status');
	await expect(state).toHaveText('Not saved');
	await page.keyboard.press('Control+s');
	await expect(state).toHaveText('Saved');
	expect(readFileSync(file, 'utf8')).toBe('a = 1\nb = 2\nc = 3\nmine = 4');

	writeFileSync(file, 'a = 100\nb = 2\nc = 3\nmine = 4');
	const { uid, gid } = statSync(sshd.home);
	chownSync(file, uid, gid);
	await page.keyboard.press('Enter');
	await page.keyboard.type('more = 5');
	await page.keyboard.press('Control+s');
	await expect(page.getByText('Somebody else has changed this file')).toBeVisible();
	expect(readFileSync(file, 'utf8')).toContain('a = 100');
	// Not saved yet: leaving asks.
	await page.getByRole('button', { name: 'Back to the folder' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Stay' }).click();
	await page.getByRole('button', { name: 'Take this part from the machine' }).first().click();
	await page.getByRole('button', { name: 'Save the merged' }).click();
	await expect(state).toHaveText('Saved');
	expect(readFileSync(file, 'utf8')).toBe('a = 100\nb = 2\nc = 3\nmine = 4\nmore = 5');
	await page.getByRole('button', { name: 'Back to the folder' }).click();
	await expect(row('page.html')).toBeVisible();

	// Somebody's page is a text; what it does happens in a frame of no origin.
	await page.goto(url('?path=~/text&open=page.html'));
	await expect(page.locator('.cm-content')).toContainText('<script>');
	await page.getByRole('button', { name: 'Page' }).click();
	await expect(page.frameLocator('iframe').getByText('origin null')).toBeVisible();
});
