/** The kernel as people see it: what it uses, why it died and what to do, when it is shut down, and news of long runs. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { eq, inArray } from 'drizzle-orm';
import { settings, users } from '#db/schema.ts';
import { runtimeFolder } from '../../src/services.ts';
import { daemonPid } from '../support/agent-process.ts';
import { memoryGroup } from '../support/memory-group.ts';
import { pictures } from './pictures.ts';
import { cells, editor, expect, openNotebook, test } from './support.ts';

function notebook(...sources: string[]): string {
	return JSON.stringify({
		nbformat: 4,
		nbformat_minor: 5,
		metadata: { title: 'Dijet mass' },
		cells: sources.map((source, i) => ({
			cell_type: 'code',
			id: `c${i + 1}`,
			metadata: {},
			source,
			outputs: [],
			execution_count: null
		}))
	});
}

const cell = (page: Page, id: string) => page.locator(`[data-cell-id=${id}]`);
const panel = (page: Page) => page.getByRole('complementary', { name: 'Where it runs' });
const LONG = { timeout: 60_000 };

/** What one test sets holds for every kernel of the server. */
test.afterEach(async ({ site }) => {
	// only what these tests set: the server was told of the rest, and would read it anew after a restart
	await site.seed.db.delete(settings).where(inArray(settings.name, ['idleMinutes', 'idleMinutesMax']));
});

async function run(page: Page, id: string): Promise<void> {
	const section = cell(page, id);
	await section.scrollIntoViewIfNeeded();
	await section.hover();
	await section.getByTestId('run-cell').click();
}

async function noFaults(page: Page): Promise<void> {
	const { violations } = await new AxeBuilder({ page }).analyze();
	expect(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html).join()}`)).toEqual([]);
}

test('the panel says host, environment and version, and shows what the kernel uses while it works', async ({
	browser,
	site
}, info) => {
	const agnes = await site.seed.person('agnes', { admin: true, displayName: 'Agnes' });
	const id = await site.seed.notebook(
		agnes,
		notebook(
			'data = b"x" * 300_000_000\nprint("held", flush=True)\nimport time\nend = time.time() + 120\nwhile time.time() < end: pass'
		)
	);
	const page = await openNotebook(await site.signedIn(browser, agnes), site, id);
	await page.getByTestId('kernel-chip').click();
	await run(page, 'c1');
	await expect(cell(page, 'c1').getByTestId('output')).toContainText('held', LONG);
	await expect(panel(page)).toContainText(/Python 3\.\d+\.\d+, IPython/);
	await expect(panel(page)).toContainText('This machine');
	await expect(panel(page).locator('dd code')).toHaveText(/^\//);
	await expect(panel(page)).toContainText('by Agnes');
	const use = panel(page).getByTestId('kernel-use');
	await expect(use).toContainText(/CPU\s*(0\.[1-9]|1\.\d) of \d+ cores?/);
	await expect(use).toContainText(/Memory\s*(29\d|[3-9]\d\d) MB/);
	const uptime = await page.getByTestId('uptime').innerText();
	await expect(page.getByTestId('uptime')).not.toHaveText(uptime);
	await expect(use.locator('svg path')).toHaveCount(2);
	await expect.poll(() => use.locator('svg path').first().getAttribute('d')).toMatch(/(L.*){3}/);
	await pictures(page, (name) => info.outputPath(name), 'use');
	await noFaults(page);
	await page.keyboard.press('Escape');
	await page.getByTestId('stop').click();
	await expect(cell(page, 'c1')).toHaveAttribute('data-state', /interrupted|done/);
});

const DEATHS = [
	['os.kill(os.getpid(), 11)', 'The kernel died: segmentation fault in native code.'],
	['os._exit(3)', 'The kernel ended with exit code 3.'],
	['os.kill(os.getpid(), 9)', 'The kernel was killed (SIGKILL), by the machine or by somebody.'],
	['os.kill(os.getpid(), 15)', 'The kernel was asked to end (SIGTERM).'],
	['os.abort()', 'The kernel died: native code called abort.']
] as const;

test('why a kernel died stands in the panel and in its cell, each with the button that starts it again', async ({
	browser,
	site
}, info) => {
	test.setTimeout(240_000);
	const beatrix = await site.seed.person('beatrix', { admin: true, displayName: 'Beatrix' });
	const id = await site.seed.notebook(
		beatrix,
		notebook('1', ...DEATHS.map(([code]) => `import os\n${code}`))
	);
	const page = await openNotebook(await site.signedIn(browser, beatrix), site, id);
	await page.getByTestId('kernel-chip').click();
	for (const [i, [, sentence]] of DEATHS.entries()) {
		const struck = cell(page, `c${i + 2}`);
		await run(page, `c${i + 2}`);
		await expect(struck).toHaveAttribute('data-state', 'error', LONG);
		await expect(struck.getByTestId('output')).toContainText(sentence);
		await expect(panel(page).getByRole('alert')).toContainText(sentence);
		await expect(page.getByTestId('kernel-chip')).toContainText('dead');
		await expect(page.getByRole('button', { name: 'Start it again' })).toHaveCount(2);
		if (i === 0) await pictures(page, (name) => info.outputPath(name), 'dead');
		// In turn by the one and by the other.
		const where = i % 2 === 0 ? struck.getByTestId('cell-trouble') : panel(page);
		await where.getByRole('button', { name: 'Start it again' }).click();
		await expect(page.getByTestId('kernel-chip')).toContainText('idle', LONG);
		await expect(page.getByRole('button', { name: 'Start it again' })).toHaveCount(0);
	}
	await run(page, 'c1');
	await expect(cell(page, 'c1')).toHaveAttribute('data-state', 'done', LONG);
});

test('a kernel that the system killed for its memory says how much, and offers another machine', async ({
	browser,
	site
}, info) => {
	const group = memoryGroup(350 * 1024 * 1024);
	test.skip(typeof group === 'string', `${group}`);
	if (typeof group === 'string') return;
	try {
		const cyril = await site.seed.person('cyril', { admin: true, displayName: 'Cyril' });
		const id = await site.seed.notebook(
			cyril,
			notebook('1', 'hold = []\nwhile True: hold.append(b"x" * 10_000_000)')
		);
		const page = await openNotebook(await site.signedIn(browser, cyril), site, id);
		// The agent starts kernels, so that those it starts from now on are in the group with it.
		await run(page, 'c1');
		await expect(cell(page, 'c1')).toHaveAttribute('data-state', 'done', LONG);
		group.add(daemonPid(runtimeFolder(site.server.dataDir))!);
		await page.getByTestId('kernel-chip').click();
		await panel(page).getByRole('button', { name: 'Shut down' }).click();
		await expect(page.getByTestId('kernel-chip')).toContainText('no kernel');
		await run(page, 'c2');
		await expect(cell(page, 'c2')).toHaveAttribute('data-state', 'error', LONG);
		const sentence = /The kernel died: out of memory, 0\.3 of 0\.3 GB \(cgroup\)\./;
		await expect(cell(page, 'c2').getByTestId('output')).toContainText(sentence);
		await expect(panel(page).getByRole('alert')).toContainText(sentence);
		await page.screenshot({ path: info.outputPath('out-of-memory.png') });
		await cell(page, 'c2').getByRole('button', { name: 'Choose another machine' }).click();
		await expect(panel(page).getByRole('heading', { name: 'Run it somewhere else' })).toBeVisible();
		await panel(page).getByRole('button', { name: 'Start it again' }).click();
		await expect(page.getByTestId('kernel-chip')).toContainText('idle', LONG);
		// Near its limit the chip says so.
		await editor(page, 0).click();
		await page.keyboard.type('0; keep = b"x" * 255_000_000 # ');
		await page.keyboard.press('Control+Enter');
		await expect(page.getByTestId('kernel-chip')).toContainText(/memory (8[1-9]|9\d) %/, LONG);
		await expect(panel(page).getByRole('meter', { name: 'Memory' })).toBeVisible();
		await pictures(page, (name) => info.outputPath(name), 'memory');
		await panel(page).getByRole('button', { name: 'Shut down' }).click();
		await expect(page.getByTestId('kernel-chip')).toContainText('no kernel');
	} finally {
		group.remove();
	}
});

test('an unused kernel counts down for everybody to see, is kept, and comes back with one click', async ({
	browser,
	site
}, info) => {
	test.setTimeout(180_000);
	const damian = await site.seed.person('damian', { admin: true, displayName: 'Damian' });
	const id = await site.seed.notebook(damian, notebook('1'));
	const page = await openNotebook(await site.signedIn(browser, damian), site, id);
	// Less than a minute, which nobody can choose in the page: twelve seconds of calm, twelve of the countdown.
	await site.seed.db.insert(settings).values({ name: 'idleMinutes', value: 0.4 });
	await run(page, 'c1');
	await expect(cell(page, 'c1')).toHaveAttribute('data-state', 'done', LONG);
	const notice = page.getByTestId('idle-notice');
	await expect(notice).toContainText(/shut down in \d+ s/, LONG);
	const clock = await notice.locator('.clock').innerText();
	await expect(notice.locator('.clock')).not.toHaveText(clock);
	await expect(page.locator('.announce')).toHaveText(/^Nobody uses the kernel: it is shut down in \d+ s\./);
	await page.screenshot({ path: info.outputPath('countdown.png') });
	await notice.getByRole('button', { name: 'Keep it running' }).click();
	await expect(notice).toHaveCount(0);
	await expect(page.getByTestId('kernel-chip')).toContainText('idle');
	await expect(notice).toBeVisible(LONG);
	await pictures(page, (name) => info.outputPath(name), 'countdown');
	await expect(page.getByTestId('kernel-chip')).toContainText('shut down', LONG);
	await expect(notice).toHaveCount(0);
	await page.getByTestId('kernel-chip').click();
	await expect(panel(page)).toContainText('The kernel was shut down: nobody used it');
	await pictures(page, (name) => info.outputPath(name), 'stopped');
	// The owner's own time, in the same panel; the countdown does not come while they want it to live.
	await panel(page).getByLabel('Shut it down when nobody uses it').selectOption('never');
	await panel(page).getByRole('button', { name: 'Start it again' }).click();
	await expect(page.getByTestId('kernel-chip')).toContainText('idle', LONG);
	// The panel is open again by itself.
	await page.reload();
	await expect(panel(page).getByLabel('Shut it down when nobody uses it')).toHaveValue('0');
	await noFaults(page);
});

test('an administrator sets the time for unused kernels on a page that only administrators find', async ({
	browser,
	site
}, info) => {
	const evelyn = await site.seed.person('evelyn', { admin: true, displayName: 'Evelyn' });
	const florian = await site.seed.person('florian', { displayName: 'Florian' });
	const page = await (await site.signedIn(browser, evelyn)).newPage();
	await page.goto(`${site.server.origin}/`);
	await page.getByRole('button', { name: 'Account and theme' }).click();
	await page.getByRole('menuitem', { name: 'Settings' }).click();
	await expect(page.getByLabel('Shut an unused kernel down')).toHaveValue('');
	await page.getByLabel('Shut an unused kernel down').selectOption('after 8 hours');
	await page.getByLabel('Owners of a notebook may choose').selectOption('at most 4 hours');
	await page.getByRole('region', { name: 'Unused kernels' }).getByRole('button', { name: 'Save' }).click();
	await expect(page.getByRole('alert')).toContainText('longer than the longest that owners may choose');
	await page.getByLabel('Shut an unused kernel down').selectOption('after 1 hour');
	await page.getByRole('region', { name: 'Unused kernels' }).getByRole('button', { name: 'Save' }).click();
	await expect(page.getByText('Saved.')).toBeVisible();
	await pictures(page, (name) => info.outputPath(name), 'settings');
	await noFaults(page);
	await page.reload();
	await expect(page.getByLabel('Shut an unused kernel down')).toHaveValue('60');
	await expect(page.getByLabel('Owners of a notebook may choose')).toHaveValue('240');
	const other = await (await site.signedIn(browser, florian)).newPage();
	await other.goto(`${site.server.origin}/settings`);
	await expect(other.getByRole('heading', { level: 1 })).toHaveText('This page is for administrators.');
	await other.goto(`${site.server.origin}/`);
	await other.getByRole('button', { name: 'Account and theme' }).click();
	await expect(other.getByRole('menuitem', { name: 'Account' })).toBeVisible();
	await expect(other.getByRole('menuitem', { name: 'Settings' })).toHaveCount(0);
});

/** Notifications that the page made, and a page that says it is in the background. */
async function watchNotifications(page: Page): Promise<void> {
	await page.addInitScript(() => {
		const made: { title: string; body?: string }[] = [];
		Object.assign(window, { made, hide: (is: boolean) => hide(is) });
		window.Notification = new Proxy(window.Notification, {
			construct(target, [title, options]: [string, NotificationOptions?]) {
				made.push({ title, ...(options?.body === undefined ? {} : { body: options.body }) });
				return new target(title, options);
			}
		});
		const hide = (is: boolean): void => {
			Object.defineProperty(document, 'visibilityState', {
				value: is ? 'hidden' : 'visible',
				configurable: true
			});
			document.dispatchEvent(new Event('visibilitychange'));
		};
	});
}

const made = (page: Page) =>
	page.evaluate(() => (window as unknown as { made: { title: string; body?: string }[] }).made);
const hide = (page: Page, is: boolean) =>
	page.evaluate((value) => (window as unknown as { hide(is: boolean): void }).hide(value), is);

test('a long run that ends while one looks elsewhere makes a notification and marks the tab', async ({
	browser,
	site
}, info) => {
	const gilbert = await site.seed.person('gilbert', { admin: true, displayName: 'Gilbert' });
	const harald = await site.seed.person('harald', { displayName: 'Harald' });
	const id = await site.seed.notebook(
		gilbert,
		notebook('1', 'import time; time.sleep(1.2)', 'time.sleep(1.2); 1/0')
	);
	await site.seed.member(id, harald, 'runner');
	const context = await site.signedIn(browser, gilbert, { permissions: ['notifications'] });
	const account = await context.newPage();
	await account.goto(`${site.server.origin}/account`);
	await expect(account.getByTestId('browser-notices')).toContainText('Notifications are allowed.');
	await expect(account.getByLabel('E-mail address')).toHaveCount(0);
	await account.getByLabel('Tell me of runs that took').selectOption('10 seconds or longer');
	await account.locator('form[action="?/notices"]').getByRole('button', { name: 'Save' }).click();
	await expect(account.getByText('Saved.')).toBeVisible();
	await pictures(account, (name) => info.outputPath(name), 'account');
	await noFaults(account);
	await account.reload();
	await expect(account.getByLabel('Tell me of runs that took')).toHaveValue('10');
	await account.close();
	// One second, so that nobody has to wait.
	await site.seed.db.update(users).set({ notifyAfterS: 1 }).where(eq(users.id, gilbert.id));

	const page = await context.newPage();
	await watchNotifications(page);
	await page.goto(`${site.server.origin}/notebooks/${id}`);
	await expect(cells(page).first()).toBeVisible();
	await run(page, 'c1');
	await expect(cell(page, 'c1')).toHaveAttribute('data-state', 'done', LONG);
	await run(page, 'c2');
	await expect(cell(page, 'c2')).toHaveAttribute('data-state', 'done', LONG);
	// Seen as it happened: nothing to tell.
	expect(await made(page)).toEqual([]);
	await expect(page).toHaveTitle('Dijet mass · Ansatz');

	await run(page, 'c1');
	await run(page, 'c2');
	await hide(page, true);
	await expect(page).toHaveTitle('✓ Dijet mass · Ansatz');
	await expect
		.poll(() => made(page))
		.toEqual([{ title: 'Dijet mass', body: expect.stringMatching(/^Cell 2 finished after 1\.\d s$/) }]);
	await hide(page, false);
	await expect(page).toHaveTitle('Dijet mass · Ansatz');

	await run(page, 'c3');
	await hide(page, true);
	await expect(page).toHaveTitle('✗ Dijet mass · Ansatz');
	await expect.poll(async () => (await made(page))[1]?.body).toMatch(/^Cell 3 failed after/);
	await hide(page, false);

	// Another person's run is theirs.
	const other = await openNotebook(await site.signedIn(browser, harald), site, id);
	await run(other, 'c2');
	await hide(page, true);
	await expect(cell(other, 'c2')).toHaveAttribute('data-state', 'done', LONG);
	await expect(cell(page, 'c2')).toContainText('Harald');
	expect(await made(page)).toHaveLength(2);
	await expect(page).toHaveTitle('Dijet mass · Ansatz');
});
