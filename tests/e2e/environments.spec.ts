/** From a bare machine to a cell: a quick start, lines of one's own, a chosen GPU, and the board that shows who holds it. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pythonFolders, TEST_ENVIRONMENT } from '../support/python.ts';
import { startSshd, type Sshd } from '../support/sshd.ts';
import { pictures } from './pictures.ts';
import { cells, expect, openNotebook, test, typeInto } from './support.ts';

let sshd: Sshd;

function put(name: string, text: string, mode = 0o644): void {
	writeFileSync(join(sshd.home, name), text, { mode });
	const { uid } = statSync(sshd.home);
	chownSync(join(sshd.home, name), uid, uid);
}

test.beforeAll(async () => {
	sshd = await startSshd({ readable: pythonFolders(), config: ['PermitUserEnvironment yes'] });
	for (const folder of ['.ssh', 'fakes']) mkdirSync(join(sshd.home, folder));
	put('.ssh/environment', `PATH=${sshd.home}/fakes:/usr/local/bin:/usr/bin:/bin\n`);
});
test.afterAll(() => sshd.stop());

const LONG = { timeout: 150_000 };
const environment = (page: Page, name: string) => page.getByTestId('environment').filter({ hasText: name });

async function noFaults(page: Page): Promise<void> {
	const { violations } = await new AxeBuilder({ page }).analyze();
	expect(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html).join()}`)).toEqual([]);
}

async function output(page: Page, code: string): Promise<string> {
	await typeInto(page, 0, code);
	await page.keyboard.press('Control+Enter');
	await expect(cells(page).first()).toHaveAttribute('data-state', 'done', LONG);
	return (await cells(page).first().getByTestId('output').innerText()).trim();
}

test('a quick start, shell lines and a GPU of choice reach the cells; the board tells who holds what', async ({
	browser,
	site
}, info) => {
	test.setTimeout(300_000);
	const enya = await site.seed.person('enya', { displayName: 'Enya' });
	const workspace = await site.seed.workspace(enya, sshd, []);
	const context = await site.signedIn(browser, enya);
	const page = await context.newPage();
	const here = `${site.server.origin}/workspaces/${workspace}`;
	const shot = (name: string): string => info.outputPath(name);

	await page.goto(`${here}/environments`);
	await expect(page.getByText('Group node is not connected.')).toBeVisible();
	await page.getByRole('button', { name: 'Connect' }).click();
	await page.getByRole('dialog').getByRole('textbox', { name: 'Password' }).fill(sshd.password);
	await page
		.getByRole('dialog')
		.getByRole('button', { name: /Connect|Sign in/ })
		.click();
	await expect(page.getByText('No environment has a name yet.')).toBeVisible();
	await page.getByRole('button', { name: 'Quick start' }).click();
	await expect(page.getByRole('checkbox', { name: 'pandas' })).toBeChecked();
	await pictures(page, shot, 'quick-start');
	await noFaults(page);
	for (const box of await page.getByRole('checkbox').all()) await box.uncheck();
	await page.getByRole('button', { name: 'Make it' }).click();
	await expect(page.getByTestId('quick-start').getByRole('progressbar')).toBeVisible();
	await page.reload();
	await expect(page.getByTestId('quick-start').getByRole('progressbar')).toHaveAttribute('aria-label', /\w+/);
	await expect(
		page
			.getByTestId('quick-start')
			.getByText(/Collecting|Downloading|Installing/)
			.first()
	).toBeVisible(LONG);
	await pictures(page, shot, 'making');
	await expect(environment(page, 'Science')).toHaveAttribute('data-state', 'ok', LONG);
	await expect(environment(page, 'Science')).toContainText(/Works · Python 3\.\d+/);

	// lines that do not work, then lines that do
	await page.getByRole('button', { name: 'Name one' }).click();
	await page.getByRole('combobox', { name: 'Kind' }).selectOption('Shell lines');
	await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Analysis');
	await page
		.getByRole('textbox', { name: 'Lines' })
		.fill('echo looking for it\n. ~/nowhere/activate || exit 1');
	await pictures(page, shot, 'form');
	await noFaults(page);
	await page.getByRole('button', { name: 'Save and try' }).click();
	await expect(environment(page, 'Analysis')).toHaveAttribute('data-state', 'failed', LONG);
	await expect(environment(page, 'Analysis')).toContainText('looking for it');
	await pictures(page, shot, 'environments');
	await noFaults(page);
	await page.getByRole('button', { name: 'More for Analysis' }).click();
	await page.getByRole('menuitem', { name: 'Change…' }).click();
	await page
		.getByRole('textbox', { name: 'Lines' })
		.fill(`PATH=${TEST_ENVIRONMENT}/bin:$PATH\nexport ANSATZ_LINES="from lines"`);
	await page.getByRole('button', { name: 'Save and try' }).click();
	await expect(environment(page, 'Analysis')).toHaveAttribute('data-state', 'ok', LONG);

	await environment(page, 'Science').getByRole('button', { name: 'New notebook with it' }).click();
	await page.waitForURL(/\/notebooks\//);
	expect(await output(page, 'import sys; print(sys.prefix)')).toBe(`${sshd.home}/.ansatz/venv-science`);

	// stands for nvidia-smi, there being no GPU here: it tells of those processes in a file that live
	put(
		'fakes/nvidia-smi',
		'#!/bin/sh\ncase "$*" in\n*query-gpu*) echo "0, GPU-a, NVIDIA A100-SXM4-40GB, 83, 31000, 40960, 61"; ' +
			'echo "1, GPU-b, NVIDIA A100-SXM4-40GB, 0, 9200, 40960, 35";;\n' +
			'*) while IFS=, read -r gpu pid size; do [ -d /proc/$pid ] && echo "$gpu, $pid, $size"; done < ' +
			`${sshd.home}/held;;\nesac\n`,
		0o755
	);
	put('held', 'GPU-a,1,22000\n');
	const id = await site.seed.notebook(enya);
	const other = await openNotebook(context, site, id);
	await other.getByTestId('kernel-chip').click();
	await other.getByRole('button', { name: /Group node/ }).click();
	await other.getByRole('checkbox', { name: /^1 · NVIDIA A100/ }).check();
	await pictures(other, shot, 'choice');
	await other.setViewportSize({ width: 1280, height: 800 });
	await other.getByRole('button', { name: /^Analysis \(shell\)/ }).click();
	await expect(other.getByTestId('kernel-chip')).toContainText(/idle|ready/i, LONG);
	const code =
		'import os; open(os.path.expanduser("~/held"), "a").write(f"GPU-b,{os.getpid()},9000\\n"); ' +
		'print(os.environ["ANSATZ_LINES"], os.environ["CUDA_VISIBLE_DEVICES"])';
	expect(await output(other, code)).toBe('from lines 1');
	await expect(other.getByRole('complementary', { name: 'Where it runs' })).toContainText(/GPUs\s*1/);

	await page.goto(`${here}/gpus`);
	const gpu = page.getByTestId('gpu').filter({ hasText: 'GPU 1' });
	await expect(gpu).toContainText('You');
	await expect(gpu).toContainText('8.8 GB');
	await expect(gpu.getByRole('link', { name: 'Untitled' })).toBeVisible();
	await expect(page.getByTestId('gpu').filter({ hasText: 'GPU 0' })).toContainText('account root');
	await pictures(page, shot, 'board');
	await noFaults(page);
	await gpu.getByRole('button', { name: 'Release…' }).click();
	await expect(page.getByRole('dialog')).toContainText('Untitled');
	await page.getByRole('button', { name: 'Shut the kernel down' }).click();
	await expect(gpu).not.toContainText('You', LONG);
	await expect(other.getByTestId('kernel-chip')).toContainText(/no kernel|dead/);
	await context.close();
});
