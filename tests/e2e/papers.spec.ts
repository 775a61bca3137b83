/** From a notebook to a page that anybody reads, and from there to a notebook of one's own. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { notebookWithPlots, png } from '../support/paper.ts';
import { pictures } from './pictures.ts';
import { cells, expect, openNotebook, test } from './support.ts';

/** A falling spectrum with a bump, as a picture of some size. */
const PLOT = png(640, 420, (x, y) => {
	const height = 330 * Math.exp(-x / 260) + 60 * Math.exp(-(((x - 330) / 26) ** 2)) + 20;
	const axis = x < 3 || y > 416;
	return axis ? [27, 26, 23] : 420 - y < height ? [157, 172, 255] : [255, 255, 255];
});

const TABLE = {
	cell_type: 'code',
	id: 'table',
	metadata: {},
	execution_count: 2,
	source: 'frame.describe()',
	outputs: [
		{
			output_type: 'execute_result',
			execution_count: 2,
			metadata: {},
			data: {
				'text/html':
					'<table><thead><tr><th></th><th>mass</th><th>width</th></tr></thead><tbody><tr><th>mean</th><td>125.3</td><td>4.1</td></tr><tr><th>std</th><td>0.6</td><td>0.3</td></tr></tbody></table>',
				'text/plain': '       mass  width\nmean  125.3    4.1'
			}
		}
	]
};

async function expectClean(page: Page): Promise<void> {
	const { violations } = await new AxeBuilder({ page }).analyze();
	// An empty corner of a table is the notebook's own.
	const ours = violations.filter(({ id }) => id !== 'empty-table-header');
	expect(
		ours.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' ')}`)
	).toEqual([]);
	const [content, screen] = await page.evaluate(() => [
		document.documentElement.scrollWidth,
		window.innerWidth
	]);
	expect(content).toBeLessThanOrEqual(screen!);
}

// What is public is seen by everybody, and settings hold for all.
test.use({ own: 'papers' });

test('an author publishes, a visitor reads without an account and takes a copy, and v2 follows', async ({
	browser,
	site
}, info) => {
	const picture = (name: string): string => info.outputPath(name);
	const ada = await site.seed.person('ada', { displayName: 'Ada Lovelace' });
	const bob = await site.seed.person('bob', { displayName: 'Bob Reader' });
	const id = await site.seed.notebook(ada, notebookWithPlots([TABLE], PLOT));
	const author = await openNotebook(await site.signedIn(browser, ada), site, id);

	await author.getByRole('button', { name: 'More for this notebook' }).click();
	await author.getByRole('menuitem', { name: 'Publish…' }).click();
	await expect(author.getByRole('heading', { name: 'Publish “Example”' })).toBeVisible();

	// Nothing is published with something missing, and each field says what.
	await author.getByRole('button', { name: 'Publish v1' }).click();
	await expect(author.getByText('Must be at least one.')).toBeVisible();
	await expect(author.getByText('Say in a sentence what it shows.')).toBeVisible();
	await expect(author.getByLabel('Authors')).toBeFocused();

	await author
		.getByLabel('Title')
		.fill('Observation of a peak at $125\\,\\mathrm{GeV}$ in two-photon events');
	await author
		.getByLabel('Authors')
		.fill('Noether, Emmy; 0000-0002-1825-0097; University of Göttingen\nLovelace, Ada\n{CMS Collaboration}');
	await author
		.getByLabel('Abstract')
		.fill(
			'A peak is seen in the mass $m = \\sqrt{2 E_1 E_2 (1 - \\cos\\theta)}$ of photon pairs, with a local significance of $5.0\\,\\sigma$. The example makes the spectrum from 2 MB of public data in a few seconds.'
		);
	await author.getByLabel('Date').fill('2012-09-17');
	await author.getByLabel('Venue').fill('Physics Letters B');
	await author.getByLabel('DOI').fill('https://doi.org/10.1016/j.physletb.2012.08.020');
	await author.getByLabel('Address of the full code').fill('https://example.org/code');
	await author.getByLabel('Tags').fill('Higgs, photons');
	await author.getByLabel('Licence').fill('cc-by-4.0');
	await author.getByLabel('What the plot shows').fill('A falling mass spectrum with a peak at 125 GeV.');
	await expect(author.getByRole('heading', { name: /Observation of a peak/ })).toBeVisible();
	await expectClean(author);
	await pictures(author, picture, 'publish');
	await author.screenshot({ path: picture('publish-whole.png'), fullPage: true });
	await author.getByRole('button', { name: 'Publish v1' }).click();
	await expect(author).toHaveURL(/\/papers\/observation-of-a-peak/);

	// Anybody, and no script of ours comes along.
	const scripts: string[] = [];
	const visitor = await (await browser.newContext()).newPage();
	visitor.on('response', (response) => {
		if (response.request().resourceType() === 'script') scripts.push(new URL(response.url()).pathname);
	});
	const complaints: string[] = [];
	visitor.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
	await visitor.goto(`${site.server.origin}/papers`);
	await expect(visitor.getByAltText('A falling mass spectrum with a peak at 125 GeV.')).toBeVisible();
	await expectClean(visitor);
	await pictures(visitor, picture, 'gallery');
	await visitor.getByRole('searchbox').fill('noether photons');
	await visitor.getByRole('button', { name: 'Search' }).click();
	await expect(visitor.getByText('One paper.')).toBeVisible();
	await visitor.getByRole('link', { name: /Observation of a peak/ }).click();
	await expect(visitor.getByRole('heading', { level: 1 })).toContainText('Observation of a peak');
	await expect(visitor.getByRole('cell', { name: '125.3' })).toBeVisible();
	await expectClean(visitor);
	await pictures(visitor, picture, 'card');
	await visitor.screenshot({ path: picture('card-whole.png'), fullPage: true });
	expect(new Set(scripts)).toEqual(new Set(['/theme.js']));
	expect(complaints).toEqual([]);

	// Who is signed in takes it along.
	const reader = await (await site.signedIn(browser, bob)).newPage();
	await reader.goto(visitor.url());
	await reader.getByRole('button', { name: 'Run example' }).click();
	await expect(reader.getByText('you have none here yet')).toBeVisible();
	await reader.goto(`${visitor.url()}/v/1/copy`);
	await expect(reader.getByText('a notebook of your own, made from v1')).toBeVisible();
	await expectClean(reader);
	await reader.getByRole('button', { name: 'Open as a copy' }).click();
	await expect(cells(reader).first()).toContainText('A copy of v1 of Observation of a peak');

	// v2 of the same card: what was typed is there again, and both lead to each other.
	await author.goto(`${site.server.origin}/notebooks/${id}/publish`);
	await expect(author.getByLabel('Authors')).toHaveValue(/Noether, Emmy; 0000-0002-1825-0097/);
	await author.getByLabel('Title').fill('Observation of a peak, corrected');
	await author.getByRole('button', { name: 'Publish v2' }).click();
	await expect(author.getByRole('heading', { level: 1 })).toHaveText('Observation of a peak, corrected');
	await author.getByRole('link', { name: 'v1', exact: true }).click();
	await expect(author.getByText('There is a newer version')).toBeVisible();
	await expect(author.getByRole('heading', { level: 1 })).toContainText('in two-photon events');
	await author.screenshot({ path: picture('old-version.png') });
});
