/** Two people in one notebook at once. */
import { cells, editor, expect, openNotebook, saved, sourceOf, test, typeInto } from './support.ts';

test('two browsers type at once into one cell and into different cells, and end equal', async ({
	browser,
	site
}) => {
	const ada = await site.seed.person('ada', { admin: true, displayName: 'Ada' });
	const bob = await site.seed.person('bob', { displayName: 'Bob' });
	const id = await site.seed.notebook(ada);
	await site.seed.member(id, bob, 'editor');
	const a = await openNotebook(await site.signedIn(browser, ada), site, id);
	const b = await openNotebook(await site.signedIn(browser, bob), site, id);
	await a.getByTestId('add-code').last().click();
	await expect(cells(b)).toHaveCount(2);

	const letters = 'abcdefghijklmnopqrstuvwxyz';
	await Promise.all([typeInto(a, 0, letters), typeInto(b, 0, letters.toUpperCase())]);
	await Promise.all([typeInto(a, 0, '!'), typeInto(b, 1, 'second = 2')]);
	await Promise.all([saved(a), saved(b)]);
	await expect.poll(() => sourceOf(b, 0)).toBe(await sourceOf(a, 0));
	await expect.poll(() => sourceOf(a, 1)).toBe('second = 2');
	const text = await sourceOf(a, 0);
	// Nothing lost, nothing doubled, and each one's letters in their order.
	expect(text.replace(/[^a-z]/g, '')).toBe(letters);
	expect(text.replace(/[^A-Z]/g, '')).toBe(letters.toUpperCase());
	expect(text).toContain('!');
});

test('a cell moved by one while the other types in it keeps every letter and stands once', async ({
	browser,
	site
}) => {
	const cleo = await site.seed.person('cleo', { admin: true, displayName: 'Cleo' });
	const dan = await site.seed.person('dan', { displayName: 'Dan' });
	const id = await site.seed.notebook(cleo);
	await site.seed.member(id, dan, 'editor');
	const a = await openNotebook(await site.signedIn(browser, cleo), site, id);
	const b = await openNotebook(await site.signedIn(browser, dan), site, id);
	await typeInto(a, 0, 'first');
	await a.getByTestId('add-code').last().click();
	await expect(cells(a)).toHaveCount(2);
	await typeInto(a, 1, 'second');
	await expect.poll(() => sourceOf(b, 1)).toBe('second');

	await editor(b, 0).click();
	await b.keyboard.press('Escape');
	await editor(a, 0).click();
	await a.keyboard.press('Control+End');
	const typing = a.keyboard.type(' and all these letters', { delay: 20 });
	await b.keyboard.press('Control+Shift+ArrowDown');
	await typing;
	await Promise.all([saved(a), saved(b)]);
	for (const page of [a, b]) {
		await expect.poll(() => sourceOf(page, 0)).toBe('second');
		await expect.poll(() => sourceOf(page, 1)).toBe('first and all these letters');
		await expect(cells(page)).toHaveCount(2);
	}
});

test('undo takes back my own edit, also a deleted cell, and leaves the other person’s', async ({
	browser,
	site
}) => {
	const eva = await site.seed.person('eva', { admin: true, displayName: 'Eva' });
	const finn = await site.seed.person('finn', { displayName: 'Finn' });
	const id = await site.seed.notebook(eva);
	await site.seed.member(id, finn, 'editor');
	const a = await openNotebook(await site.signedIn(browser, eva), site, id);
	const b = await openNotebook(await site.signedIn(browser, finn), site, id);
	await typeInto(a, 0, 'mine');
	await expect.poll(() => sourceOf(b, 0)).toBe('mine');
	await typeInto(b, 0, ' theirs');
	await expect.poll(() => sourceOf(a, 0)).toBe('mine theirs');
	await editor(a, 0).click();
	await a.keyboard.press('Control+z');
	await expect.poll(() => sourceOf(b, 0)).toBe(' theirs');

	await a.keyboard.press('Escape');
	await a.keyboard.press('b');
	await expect(cells(a)).toHaveCount(2);
	await typeInto(a, 1, 'keep me');
	await a.keyboard.press('Escape');
	await a.keyboard.press('d');
	await a.keyboard.press('d');
	await expect(cells(b)).toHaveCount(1);
	await a.keyboard.press('z');
	await expect(cells(b)).toHaveCount(2);
	await expect.poll(() => sourceOf(b, 1)).toBe('keep me');
});

test('the page says who is here and shows the other’s cursor with the name of their account', async ({
	browser,
	site
}) => {
	const gil = await site.seed.person('gil', { admin: true, displayName: 'Gil' });
	const hana = await site.seed.person('hana', { displayName: 'Hana Mori' });
	const id = await site.seed.notebook(gil);
	await site.seed.member(id, hana, 'editor');
	const a = await openNotebook(await site.signedIn(browser, gil), site, id);
	const b = await openNotebook(await site.signedIn(browser, hana), site, id);
	await typeInto(b, 0, 'here');
	await expect(cells(a).first().getByText('Hana Mori')).toBeAttached();
	await expect(a.getByRole('button', { name: /Hana Mori/ })).toBeVisible();
});

test('edits made while the line is down are kept, counted and merged afterwards', async ({
	browser,
	site
}) => {
	const ida = await site.seed.person('ida', { admin: true, displayName: 'Ida' });
	const id = await site.seed.notebook(ida);
	const context = await site.signedIn(browser, ida);
	const a = await openNotebook(context, site, id);
	await typeInto(a, 0, 'before');
	await saved(a);
	await site.server.kill();
	await typeInto(a, 0, ' during');
	await expect(a.getByTestId('saved-state')).toHaveText(/Offline.*changes? kept here/);
	site.server = await site.server.restart();
	await saved(a);
	const b = await openNotebook(await site.signedIn(browser, ida), site, id);
	await expect.poll(() => sourceOf(b, 0)).toBe('before during');
});
