/** A notebook that is a file of a machine: opened from the folder, written as one types, changed by others meanwhile. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { startSshd, type Sshd } from '../support/sshd.ts';
import { folderOf, openDesk } from './desk.ts';
import { pictures } from './pictures.ts';
import { cells, expect, sourceOf, test, typeInto } from './support.ts';

let sshd: Sshd;

test.beforeAll(async () => {
	sshd = await startSshd();
});
test.afterAll(() => sshd.stop());

const code = (id: string, source: string) => ({
	...{ id, cell_type: 'code', metadata: {}, source, outputs: [], execution_count: null }
});
const written = (path: string): { id: string; source: string[]; outputs: { text?: string[] }[] }[] =>
	JSON.parse(readFileSync(path, 'utf8')).cells;

test('a file is edited as a notebook; what others do to it comes in, is told and can be looked at', async ({
	browser,
	site
}, info) => {
	const text = JSON.stringify({
		...{ nbformat: 4, nbformat_minor: 5, metadata: {} },
		cells: [code('a', '6 * 7'), code('b', 'mass = 91.2')]
	});
	const root = folderOf(sshd, 'work', { 'fit.ipynb': text });
	const path = join(root, 'fit.ipynb');
	const { page, row } = await openDesk(browser, site, sshd, { name: 'boris', path: '~/work' });
	await row('fit.ipynb').getByRole('link').click();
	await page.getByRole('button', { name: 'Open as a live notebook' }).click();
	await expect(cells(page).nth(1)).toBeVisible();
	const state = page.getByTestId('file-state');
	await expect(state).toHaveText('in fit.ipynb on Group node');
	// Who opens the file runs it on its machine.
	await cells(page).nth(0).hover();
	await cells(page).nth(0).getByTestId('run-cell').click();
	await expect(cells(page).nth(0)).toContainText('42');
	await typeInto(page, 1, ' # GeV');
	await expect.poll(() => written(path)[1]!.source.join('')).toBe('mass = 91.2 # GeV');
	await expect.poll(() => JSON.stringify(written(path)[0]!.outputs)).toContain('42');

	// Somebody else at the same file, with another editor.
	const theirs = JSON.parse(readFileSync(path, 'utf8')) as { cells: object[] };
	theirs.cells.push(code('c', 'width = 2.5'));
	writeFileSync(`${path}.new`, JSON.stringify(theirs), { mode: 0o666 });
	renameSync(`${path}.new`, path);
	await expect(cells(page)).toHaveCount(3);
	expect(await sourceOf(page, 2)).toBe('width = 2.5');
	await expect(state).toContainText('changed outside');
	await expect(page.getByText('fit.ipynb was changed outside.')).toBeVisible();
	await state.click();
	const dialog = page.getByRole('dialog', { name: 'The file of this notebook' });
	await expect(dialog).toContainText('1 cell added');
	await expect(dialog.locator('.cm-changedLine').filter({ hasText: 'width = 2.5' })).toBeVisible();
	await pictures(page, (name) => info.outputPath(name), 'merged');
	const { violations } = await new AxeBuilder({ page }).analyze();
	expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
	await page.keyboard.press('Escape');
	await expect(state).not.toContainText('changed outside');

	// Deleted outside: nothing is lost, and nothing is written behind anybody's back.
	rmSync(path);
	await expect(state).toContainText('file deleted');
	await typeInto(page, 2, ' # wide');
	await state.click();
	await pictures(page, (name) => info.outputPath(name), 'deleted');
	await dialog.getByRole('button', { name: 'Write it anew' }).click();
	await expect(dialog).toContainText('File and notebook say the same.');
	expect(written(path)[2]!.source.join('')).toBe('width = 2.5 # wide');

	// Unbound it is a notebook of its own; the file stays as it is.
	await dialog.getByRole('button', { name: 'Unbind' }).click();
	await expect(state).toHaveCount(0);
	await typeInto(page, 2, ' and wider');
	await expect(page.getByTestId('saved-state')).toHaveText(/^Saved/);
	expect(written(path)[2]!.source.join('')).toBe('width = 2.5 # wide');
});
