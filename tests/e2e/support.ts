/** What browser specs share: a server, people with open pages, and the words of the page. */
import {
	test as base,
	expect,
	type Browser,
	type BrowserContext,
	type Locator,
	type Page
} from '@playwright/test';
import { openSeed, type Seed, type SeededPerson } from '../support/people.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

/** A server with its seed, shared by the spec files that do not ask for one of their own: `test.use({ own: 'its name' })`. */
export const test = base.extend<{ alone: void }, { site: Site; own: string }>({
	own: ['', { scope: 'worker', option: true }],
	/** Pages of one test do not go on beside the next ones: after a restart of the server they would all come back at once. */
	alone: [
		async ({ browser }, use) => {
			await use();
			for (const context of browser.contexts()) await context.close();
		},
		{ auto: true }
	],
	site: [
		async ({}, use) => {
			const site = await startSite();
			await use(site);
			await site.end();
		},
		{ scope: 'worker' }
	]
});
export { expect };

export interface Site {
	server: ServerProcess;
	seed: Seed;
	/** A fresh browser context in which that person is signed in. */
	signedIn(
		browser: Browser,
		person: SeededPerson,
		options?: Parameters<Browser['newContext']>[0]
	): Promise<BrowserContext>;
	/** Kill the server and start it again on the same data. */
	killAndRestart(): Promise<void>;
	end(): Promise<void>;
}

/** `env`: what its server is told besides. */
export async function startSite(env: Record<string, string> = {}): Promise<Site> {
	const site = {
		server: await startServer({ env }),
		seed: undefined as unknown as Seed,
		async signedIn(browser: Browser, person: SeededPerson, options = {}) {
			const context = await browser.newContext(options);
			await context.addCookies([{ ...person.cookie, url: site.server.origin }]);
			return context;
		},
		async killAndRestart() {
			await site.server.kill();
			site.server = await site.server.restart();
		},
		async end() {
			await site.seed.close();
			await site.server.end();
		}
	};
	site.seed = await openSeed(site.server);
	return site;
}

/** Open a notebook and wait until its cells are there. */
export async function openNotebook(context: BrowserContext, site: Site, id: string): Promise<Page> {
	const page = await context.newPage();
	await page.goto(`${site.server.origin}/notebooks/${id}`);
	await expect(cells(page).first()).toBeVisible();
	return page;
}

export function cells(page: Page): Locator {
	return page.getByTestId('cell');
}

/** The text of the cell with that number, as it stands in its editor. */
export function editor(page: Page, cell: number): Locator {
	return cells(page).nth(cell).locator('.cm-content');
}

/** What the editor of a cell holds, line by line; names of other people's cursors are not part of it. */
export async function sourceOf(page: Page, cell: number): Promise<string> {
	return cells(page)
		.nth(cell)
		.evaluate((element) =>
			[...element.querySelectorAll('.cm-line')]
				.map((line) => {
					const copy = line.cloneNode(true) as HTMLElement;
					for (const caret of copy.querySelectorAll(
						'.cm-ySelectionCaret, .cm-ySelectionInfo, [class*=caret]'
					))
						caret.remove();
					return copy.textContent ?? '';
				})
				.join('\n')
		);
}

/** Put the caret at the end of a cell and type. */
export async function typeInto(page: Page, cell: number, text: string): Promise<void> {
	await editor(page, cell).click();
	await page.keyboard.press('Control+End');
	await page.keyboard.type(text);
}

/** Wait until everything typed here is in the database. */
export async function saved(page: Page): Promise<void> {
	await expect(page.getByTestId('saved-state')).toHaveText(/^Saved/);
}

/** The kernel chip says that the workspace wants a person; it leads to the dialog. */
export async function openDialog(page: Page): Promise<void> {
	await expect(page.getByTestId('kernel-chip')).toContainText('sign in');
	await page.getByTestId('kernel-chip').click();
	await expect(page.getByRole('dialog')).toBeVisible();
}
