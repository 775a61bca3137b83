/** What is around a card: its owners' page, an administrator's look, collections, results in pages of others, paper. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inflateSync } from 'node:zlib';
import { notebookWithPlots, PAPER, plotPlace, png } from '../support/paper.ts';
import { pictures } from './pictures.ts';
import { expect, test, type Site } from './support.ts';

const PLOT = png(640, 420, (x, y) => {
	const height = 330 * Math.exp(-x / 260) + 60 * Math.exp(-(((x - 330) / 26) ** 2)) + 20;
	return 420 - y < height ? [157, 172, 255] : [255, 255, 255];
});
const FIGURE = {
	...{ cell_type: 'code', id: 'figure', metadata: {}, execution_count: 2, source: 'figure.show()' },
	outputs: [
		{
			...{ output_type: 'display_data', metadata: {} },
			data: {
				'text/html': '<p id="said">at rest</p><script>said.textContent = "drawn by its script"</script>'
			}
		}
	]
};

async function publish(
	site: Site,
	person: { token: string },
	notebook: string,
	title: string
): Promise<string> {
	const answer = await fetch(`${site.server.origin}/api/notebooks/${notebook}/paper`, {
		method: 'POST',
		headers: { Authorization: `Bearer ${person.token}`, 'Content-Type': 'application/json' },
		body: JSON.stringify({ paper: { ...PAPER, title }, plot: plotPlace })
	});
	expect(answer.status).toBe(201);
	return ((await answer.json()) as { slug: string }).slug;
}

/** Nothing for axe to complain of, light and dark, and nothing wider than the screen. */
async function expectClean(page: Page): Promise<void> {
	for (const colorScheme of ['dark', 'light'] as const) {
		// A word that is just fading in or out would be measured half there.
		await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
		const { violations } = await new AxeBuilder({ page }).exclude('.notebook table').analyze();
		expect(
			violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' ')}`)
		).toEqual([]);
	}
	const [content, screen] = await page.evaluate(() => [
		document.documentElement.scrollWidth,
		window.innerWidth
	]);
	expect(content).toBeLessThanOrEqual(screen!);
}

// What is public is seen by everybody, and settings hold for all.
test.use({ own: 'shelf' });

test('a card is looked at, refused with words, corrected, let through, and put into a collection', async ({
	browser,
	site
}, info) => {
	const picture = (name: string): string => info.outputPath(name);
	const ada = await site.seed.person('ada', { displayName: 'Ada Lovelace' });
	const root = await site.seed.person('root', { admin: true, displayName: 'Grace Hopper' });
	const { origin } = site.server;
	const desk = await (await site.signedIn(browser, root)).newPage();
	await desk.goto(`${origin}/settings`);
	await desk.getByRole('link', { name: 'Papers to look at' }).click();
	await expect(desk.getByText('No paper waits.')).toBeVisible();
	await desk.getByRole('radio', { name: /Looked at first/ }).check();
	await expect(desk.getByText('New papers wait to be looked at.')).toBeVisible();

	const notebook = await site.seed.notebook(ada, notebookWithPlots([FIGURE], PLOT));
	const slug = await publish(site, ada, notebook, 'Peak at $125\\,\\mathrm{GeV}$');
	const author = await (await site.signedIn(browser, ada)).newPage();
	await author.goto(`${origin}/cards`);
	await expect(author.getByText('Waits to be looked at')).toBeVisible();
	await expectClean(author);
	await pictures(author, picture, 'my-papers');
	const visitor = await (await browser.newContext()).newPage();
	expect((await visitor.goto(`${origin}/papers/${slug}`))?.status()).toBe(404);

	await desk.reload();
	await desk.getByRole('button', { name: 'Refuse…' }).click();
	await desk.getByLabel('Why not').fill('The title says neither what nor where.');
	await expectClean(desk);
	await pictures(desk, picture, 'queue');
	await desk.getByRole('button', { name: 'Refuse it' }).click();
	await expect(desk.getByText('No paper waits.')).toBeVisible();
	// told at once, where the author is
	await expect(author.getByText(/was not let through/)).toBeVisible();

	await author.getByRole('link', { name: /Peak at/ }).click();
	// on the page, whether the word of it still stands in its corner or not
	const page = author.getByRole('main');
	await expect(page.getByText('The title says neither what nor where.')).toBeVisible();
	await author.getByLabel('Title').fill('');
	await author.getByRole('button', { name: 'Save the card' }).click();
	await expect(author.getByLabel('Title')).toBeFocused();
	await author.getByLabel('Title').fill('A peak in two-photon events');
	await author.getByRole('button', { name: 'Save the card' }).click();
	await expect(author.getByText('The card is saved.')).toBeVisible();
	await expectClean(author);
	await pictures(author, picture, 'card-changed');
	await author.getByRole('button', { name: 'Hand it in again' }).click();
	await expect(author.getByText('It waits for an administrator')).toBeVisible();

	await desk.reload();
	await desk.getByRole('button', { name: 'Let it through' }).click();
	await expect(desk.getByText('No paper waits.')).toBeVisible();
	await visitor.reload();
	await expect(visitor.getByRole('heading', { level: 1 })).toHaveText('A peak in two-photon events');

	// a collection, from the owners' page
	await author.goto(`${origin}/cards`);
	await author.getByLabel('A new collection').fill('Higgs group');
	await author.getByRole('button', { name: 'Make it' }).click();
	await expect(author.getByRole('heading', { level: 1 })).toHaveText('Higgs group');
	await author.getByLabel('What it is for').fill('What we measured.\n\nWith the data of 2012.');
	await author.getByLabel('Another paper, by its address').fill(`${origin}/papers/${slug}/v/1`);
	await author.getByRole('button', { name: 'Put in' }).last().click();
	await expect(author.getByRole('button', { name: /^Take out “A peak/ })).toBeVisible();
	await expectClean(author);
	await pictures(author, picture, 'collection-changed');
	await author.getByRole('button', { name: 'Save', exact: true }).click();
	await expect(author).toHaveURL(`${origin}/cards`);
	await author.goto(`${origin}/cards/${slug}`);
	const box = author.getByRole('checkbox', { name: 'Higgs group' });
	await expect(box).toBeChecked();
	await box.uncheck();
	await author.reload();
	await expect(box).not.toBeChecked();
	await box.check();
	await author.reload();
	await expect(box).toBeChecked();

	await visitor.goto(`${origin}/papers`);
	await visitor.getByRole('link', { name: 'Collections' }).click();
	await expectClean(visitor);
	await pictures(visitor, picture, 'collections');
	await visitor.getByRole('link', { name: 'Higgs group' }).click();
	await expect(visitor.getByText('With the data of 2012.')).toBeVisible();
	await expect(visitor.getByRole('link', { name: 'A peak in two-photon events' })).toBeVisible();
	await expectClean(visitor);
	await pictures(visitor, picture, 'collection');

	// taken back, and published again
	await author.getByRole('button', { name: 'Take it back' }).click();
	await expect(author.getByText('A draft.')).toBeVisible();
	expect((await visitor.goto(`${origin}/papers/${slug}`))?.status()).toBe(404);
	await author.getByRole('button', { name: 'Publish it again' }).click();
	await expect(author.getByText('It waits for an administrator')).toBeVisible();
	await desk.reload();
	await desk.getByRole('radio', { name: /Public at once/ }).check();
	await expect(desk.getByText('New papers are public at once.')).toBeVisible();
});

test('a result stands in a page of others, without a script of ours, and draws there when asked to', async ({
	browser,
	site
}, info) => {
	const picture = (name: string): string => info.outputPath(name);
	const ada = await site.seed.person('embedder');
	const { origin } = site.server;
	const notebook = await site.seed.notebook(ada, notebookWithPlots([FIGURE], PLOT));
	const slug = await publish(site, ada, notebook, 'A result for others');
	const visitor = await (await browser.newContext()).newPage();
	await visitor.goto(`${origin}/papers/${slug}`);
	await visitor.getByText('Show a result in another page').click();
	const lines = await visitor
		.getByLabel(/^(The result alone|With its code)/)
		.evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value));
	expect(lines).toHaveLength(4);
	await expectClean(visitor);
	await visitor.getByText('Show a result in another page').scrollIntoViewIfNeeded();
	await visitor.screenshot({ path: picture('embed-lines.png') });

	// another site: another port is another origin, and so is this name
	const elsewhere = createServer((_, response) =>
		response
			.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
			.end(
				`<!doctype html><title>Slides</title><h1>Slides</h1>${lines.join('\n')}<iframe id="whole" src="${origin}/papers/${slug}"></iframe>`
			)
	);
	await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
	try {
		const scripts: string[] = [];
		visitor.on('request', (request) => {
			if (request.resourceType() === 'script') scripts.push(request.url());
		});
		await visitor.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`);
		const [alone, , figure] = await Promise.all(
			[0, 1, 2].map((n) => visitor.locator('iframe').nth(n).contentFrame())
		);
		await expect(alone!.getByRole('img')).toBeVisible();
		await expect(alone!.getByRole('link', { name: 'A result for others' })).toHaveAttribute(
			'href',
			`${origin}/papers/${slug}/v/1`
		);
		const drawn = await alone!.getByRole('img').evaluate((image) => (image as HTMLImageElement).naturalWidth);
		expect(drawn).toBe(640);
		await figure!.getByText(/^Load the/).click();
		const inner = figure!.locator('iframe').contentFrame();
		await expect(inner.getByText('drawn by its script')).toBeVisible();
		expect(scripts).toEqual([]);
		await visitor.screenshot({ path: picture('embedded.png'), fullPage: true });
		// the page itself does not let itself be framed
		const whole = visitor.frames().find((frame) => frame.parentFrame() && !frame.url().includes('/embed/'));
		await expect(whole!.getByText('A result for others')).toHaveCount(0);
		expect(await whole!.evaluate(() => document.querySelector('article'))).toBeNull();
	} finally {
		elsewhere.closeAllConnections();
		elsewhere.close();
	}

	for (const path of [`embed/plot`, `embed/figure/0?theme=dark`]) {
		await visitor.goto(`${origin}/papers/${slug}/v/1/${path}`);
		await expectClean(visitor);
		await pictures(visitor, picture, path.replace(/\W/g, '-'));
	}
});

test('printed, a card is pages of text', async ({ browser, site }) => {
	const ada = await site.seed.person('printer');
	const text = {
		cell_type: 'markdown',
		id: 'long',
		metadata: {},
		source: 'A sentence of the example. '.repeat(400)
	};
	const notebook = await site.seed.notebook(ada, notebookWithPlots([text], PLOT));
	const slug = await publish(site, ada, notebook, 'A printed paper');
	const page = await (await browser.newContext()).newPage();
	await page.goto(`${site.server.origin}/papers/${slug}`);
	const pdf = (await page.pdf({ format: 'A4' })).toString('latin1');
	expect(pdf.match(/\/Type\s*\/Page\b/g)!.length).toBeGreaterThanOrEqual(2);
	// letters, not a picture of them: shown by text operators, with a map back to Unicode
	const streams = [...pdf.matchAll(/stream\r?\n([^]*?)\r?\nendstream/g)].flatMap(([, data]) => {
		try {
			return [inflateSync(Buffer.from(data!, 'latin1')).toString('latin1')];
		} catch {
			return [];
		}
	});
	const shown = streams.filter((stream) => /\bBT\b/.test(stream) && /T[jJ]\b/.test(stream));
	expect(shown.length).toBeGreaterThanOrEqual(2);
	expect(pdf).toContain('/ToUnicode');
	// what is for the screen is not on paper
	await page.emulateMedia({ media: 'print' });
	await expect(page.getByRole('link', { name: 'Run example' })).toBeHidden();
	await expect(page.getByText('Show a result in another page')).toBeHidden();
	await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});
