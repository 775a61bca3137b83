/** The two systems of the output benchmark, each opened on one cell: page, kernel and server of its own. */
import type { Browser, Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runtimeFolder } from '../../src/services.ts';
import { daemonPid, kernels } from '../support/agent-process.ts';
import { openSeed } from '../support/people.ts';
import { startServer } from '../support/server-process.ts';
import { connectTab } from '../support/tab.ts';
import { launch } from './browser.ts';
import { notebookOf, startJupyterLab } from './jupyterlab.ts';
import { installOutputClock, within, type Look } from './output-clock.ts';
import { browserProcess, descendants, rendererOf } from './output-memory.ts';

/** A system with a page on a notebook: a cell that has run, so that there is a kernel, and the one that is measured. */
export interface Side {
	page: Page;
	/** How the measured cell looks; `round` counts from 1. */
	look(round: number): Look;
	/** Put the caret into the measured cell, its outputs cleared. */
	ready(): Promise<void>;
	/** Process ids, by what they are. */
	processes(): Promise<Record<string, number[]>>;
	/** Whose cookie reads what this page links to, for a request outside the browser. */
	cookie: string;
	close(): Promise<void>;
}

const WARM_UP = '1 + 1';
const CLOSE_MS = 10_000;

export async function openAnsatz(source: string): Promise<Side> {
	const server = await startServer();
	const runtime = runtimeFolder(server.dataDir);
	const seed = await openSeed(server);
	const ada = await seed.person('ada', { admin: true });
	const notebook = await seed.notebook(ada, notebookOf([WARM_UP, source]));
	const tab = await connectTab(server, ada, notebook);
	const { browser, closeBrowser } = await openBrowser();
	const close = async (): Promise<void> => {
		await closeBrowser();
		tab.close();
		await seed.close();
		await server.end();
	};
	try {
		const context = await browser.newContext();
		await context.addCookies([{ ...ada.cookie, url: server.origin }]);
		const page = await context.newPage();
		await page.goto(`${server.origin}/notebooks/${notebook}`);
		const cells = page.getByTestId('cell');
		await cells.nth(0).locator('.cm-content').click();
		await page.keyboard.press('Control+Enter');
		await cells.nth(0).and(page.locator('[data-state=done]')).waitFor({ timeout: 60_000 });
		await installOutputClock(page);
		const id = await cells.nth(1).getAttribute('data-cell-id');
		const cell = `[data-testid=cell][data-cell-id="${id}"]`;
		const postmaster = Number(
			readFileSync(join(server.dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]
		);
		return {
			page,
			cookie: `${ada.cookie.name}=${ada.cookie.value}`,
			look: () => ({
				cell,
				output: '[data-testid=output]',
				finished: { selector: `${cell}[data-state=done]` }
			}),
			async ready() {
				tab.clear(1);
				await page.locator(`${cell} [data-testid=output]`).first().waitFor({ state: 'detached' });
				await page.locator(`${cell} .cm-content`).click();
			},
			processes: async () => ({
				browser: await rendererOf(browser),
				server: descendants(process.pid, 'src/server.ts'),
				database: [postmaster, ...descendants(postmaster)],
				agent: [daemonPid(runtime)].filter((pid) => pid !== null),
				kernel: kernels(runtime).map(({ pid }) => pid)
			}),
			close
		};
	} catch (error) {
		await close();
		throw error;
	}
}

/** With `limitRate` it drops output as it does by default, and a finished cell with any output is all there is to wait for. */
export async function openJupyterLab(source: string, { limitRate = false } = {}): Promise<Side> {
	const lab = await startJupyterLab({ limitRate });
	const { browser, closeBrowser } = await openBrowser();
	const close = async (): Promise<void> => {
		await closeBrowser();
		await lab.end();
	};
	try {
		await lab.notebook('output.ipynb', [WARM_UP, source]);
		const page = await browser.newPage();
		await page.goto(lab.url('output.ipynb'));
		const cells = page.locator('.jp-Notebook .jp-CodeCell');
		// The indicator beside the kernel's name says idle before there is a kernel; the status bar does not.
		await page.locator('.jp-StatusBar-TextItem', { hasText: '| Idle' }).waitFor({ timeout: 60_000 });
		await cells.nth(0).locator('.cm-content').click();
		await page.keyboard.press('Control+Enter');
		await cells.nth(0).locator('.jp-InputPrompt', { hasText: '[1]:' }).waitFor({ timeout: 60_000 });
		await installOutputClock(page);
		const cell = '.jp-Notebook .jp-CodeCell:nth-child(2)';
		await page.locator(cell).waitFor();
		return {
			page,
			cookie: '',
			look: (round) => ({
				cell,
				output: '.jp-OutputArea-child',
				finished: { selector: `${cell} .jp-InputPrompt`, text: `[${round + 1}]:` },
				more: limitRate ? '.jp-OutputArea-child' : '.jp-TrimmedOutputs'
			}),
			async ready() {
				await page.locator(`${cell} .cm-content`).click();
				if ((await page.locator(`${cell} .jp-OutputArea-child`).count()) === 0) return;
				await page.getByRole('menuitem', { name: 'Edit', exact: true }).click();
				await page.getByRole('menuitem', { name: 'Clear Cell Output' }).click();
				await page.locator(`${cell} .jp-OutputArea-child`).first().waitFor({ state: 'detached' });
				await page.locator(`${cell} .cm-content`).click();
			},
			processes: async () => ({
				browser: await rendererOf(browser),
				server: [lab.pid],
				kernel: descendants(lab.pid, 'ipykernel_launcher')
			}),
			close
		};
	} catch (error) {
		await close();
		throw error;
	}
}

/** A browser whose end does not depend on its page: one that stands still would be waited for. */
async function openBrowser(): Promise<{ browser: Browser; closeBrowser(): Promise<void> }> {
	const browser = await launch();
	const pid = await browserProcess(browser);
	return {
		browser,
		async closeBrowser() {
			try {
				await within(CLOSE_MS, browser.close());
			} catch (error) {
				console.log(`The browser did not close (${(error as Error).message}); it is ended.`);
				for (const each of [pid, ...descendants(pid)]) end(each);
			}
		}
	};
}

function end(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
	}
}
