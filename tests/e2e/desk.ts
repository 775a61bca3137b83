/** A person at the files of a machine. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from '@playwright/test';
import type { Sshd } from '../support/sshd.ts';
import { expect, type Site } from './support.ts';

/** A folder of the account with these files; answers its path. */
export function folderOf(sshd: Sshd, name: string, files: Record<string, string | Buffer>): string {
	const root = join(sshd.home, name);
	mkdirSync(root);
	for (const [file, content] of Object.entries(files)) {
		mkdirSync(join(root, file, '..'), { recursive: true });
		writeFileSync(join(root, file), content);
	}
	const { uid, gid } = statSync(sshd.home);
	execFileSync('chown', ['-R', `${uid}:${gid}`, root]);
	return root;
}

export interface Desk {
	page: Page;
	url: (query: string) => string;
	row: (name: string) => Locator;
	names: () => Promise<string[]>;
}

/** A person with a page open on a folder; `byHand`: connected by the dialog there. */
export async function openDesk(
	browser: Browser,
	site: Site,
	sshd: Sshd,
	{ name, path, byHand = false }: { name: string; path: string; byHand?: boolean }
): Promise<Desk> {
	const { origin } = site.server;
	const person = await site.seed.person(name, { displayName: name });
	const id = await site.seed.workspace(person, sshd, []);
	const context = await site.signedIn(browser, person);
	const page = await context.newPage();
	const url = (query: string) => `${origin}/workspaces/${id}/files${query}`;
	const { password } = sshd;
	if (byHand) {
		await page.goto(url(`?path=${path}`));
		await page.getByRole('button', { name: 'Connect' }).click();
		await page.getByRole('dialog').getByRole('textbox', { name: 'Password' }).fill(password);
		await page
			.getByRole('dialog')
			.getByRole('button', { name: /Connect|Sign in/ })
			.click();
	} else {
		const connected = await context.request.post(`${origin}/api/workspaces/${id}/connect`, {
			data: { signIn: { hop: 0, credential: { kind: 'password', password } } },
			headers: { origin }
		});
		expect(await connected.json()).toMatchObject({ state: 'connected' });
		await page.goto(url(`?path=${path}`));
	}
	await expect(page.getByRole('grid')).toBeVisible();
	return {
		page,
		url,
		row: (file) => page.getByRole('row').filter({ has: page.getByRole('link', { name: file, exact: true }) }),
		names: () => page.getByRole('grid').getByRole('link').allInnerTexts()
	};
}
