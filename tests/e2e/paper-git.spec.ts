/** From a repository on a forge to a page with data that anybody takes along, and to its next version. */
import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { startGitServer, type GitServer } from '../support/git-server.ts';
import { createAuthority } from '../support/https-server.ts';
import { png } from '../support/paper.ts';
import {
	commit,
	createExample,
	exampleNotebook,
	MASSES,
	readingLoopback
} from '../support/paper-repository.ts';
import { pictures } from './pictures.ts';
import { test as base, expect, startSite, type Site } from './support.ts';

interface Forge {
	server: GitServer;
	caFile: string;
}

const test = base.extend<object, { forge: Forge; site: Site }>({
	forge: [
		async ({}, use) => {
			const authority = createAuthority(['localhost']);
			const server = await startGitServer(authority);
			await use({ server, caFile: authority.caFile });
			await server.close();
			authority.remove();
		},
		{ scope: 'worker' }
	],
	site: [
		async ({ forge }, use) => {
			const site = await startSite(readingLoopback(forge.caFile));
			await use(site);
			await site.end();
		},
		{ scope: 'worker' }
	]
});

/** A falling spectrum with a bump. */
const PLOT = png(480, 320, (x, y) => {
	const height = 250 * Math.exp(-x / 200) + 50 * Math.exp(-(((x - 250) / 20) ** 2)) + 20;
	return x < 3 || y > 316 ? [27, 26, 23] : 320 - y < height ? [157, 172, 255] : [255, 255, 255];
});
const DRAWN =
	'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30"><script>document.title = "run"</script>' +
	'<path d="M2 28 C 12 2, 24 30, 38 4" fill="none" stroke="#2740c8" stroke-width="2"/></svg>';

async function expectClean(page: Page): Promise<void> {
	const { violations } = await new AxeBuilder({ page }).analyze();
	expect(
		violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' ')}`)
	).toEqual([]);
	const [content, screen] = await page.evaluate(() => [
		document.documentElement.scrollWidth,
		window.innerWidth
	]);
	expect(content).toBeLessThanOrEqual(screen!);
}

// What is public is seen by everybody, and settings hold for all.
test.use({ own: 'paper-git' });

test('an author publishes from a tag with data, a visitor takes it along, and a newer tag makes v2', async ({
	browser,
	site,
	forge: { server: forge }
}, info) => {
	const picture = (name: string): string => info.outputPath(name);
	const first = await createExample(forge, 'peakfit', {
		'examples/peak/peak.ipynb': exampleNotebook('The spectrum', PLOT),
		'examples/peak/data/run.root': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n',
		'examples/widths/widths.ipynb': exampleNotebook('Widths')
	});
	forge.git('peakfit', ['tag', 'v1.0']);
	const ada = await site.seed.person('ada', { displayName: 'Ada Lovelace' });
	const author = await (await site.signedIn(browser, ada)).newPage();
	const complaints: string[] = [];
	author.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));

	await site.seed.notebook(ada);
	await author.goto(site.server.origin);
	await pictures(author, picture, 'home');
	await author.getByRole('link', { name: 'Publish from git' }).click();
	await expect(author.getByRole('heading', { name: 'Publish from a git repository' })).toBeVisible();
	await author.goto(`${site.server.origin}/papers`);
	await author.getByRole('link', { name: 'Publish' }).click();
	await expect(author.getByRole('heading', { name: 'Publish from a git repository' })).toBeVisible();
	await expectClean(author);
	await pictures(author, picture, 'empty');

	// What is wrong with an address is told where it was typed.
	const url = `https://localhost:${forge.port}/peakfit.git`;
	await author.getByLabel('Address').fill(`https://localhost:${forge.port}/nothing.git`);
	await author.getByRole('button', { name: 'Look into it' }).click();
	await expect(author.getByText('There is no git repository at this address.')).toBeVisible();
	await author.getByLabel('Address').fill(url);
	await author.getByLabel('Tag, branch or commit').fill('v1.0');
	// The forge takes its time: something is to be seen meanwhile.
	let answer!: () => void;
	const asked = new Promise<void>((resolve) => {
		forge.instead = (request, response) => {
			forge.instead = null;
			answer = () => response.writeHead(302, { location: request.url }).end();
			resolve();
			return true;
		};
	});
	await author.getByRole('button', { name: 'Look into it' }).click();
	await asked;
	await expect(author.getByRole('progressbar', { name: /The repository is read/ })).toBeVisible();
	await author.screenshot({ path: picture('reading.png') });
	answer();
	await expect(author.getByText('The repository is at another address.')).toBeVisible();
	await author.getByRole('button', { name: 'Look into it' }).click();

	await expect(author.getByText(first)).toBeVisible();
	await expect(author.getByLabel('Notebook', { exact: true })).toHaveValue('examples/peak/peak.ipynb');
	await expect(author.getByRole('checkbox', { name: /data\/masses\.csv/ })).toBeChecked();
	await expect(author.getByRole('checkbox', { name: /spectrum\.py/ })).toBeChecked();
	await expect(author.getByRole('checkbox', { name: /unused\.csv/ })).not.toBeChecked();
	await expect(author.getByRole('checkbox', { name: /run\.root/ })).toBeDisabled();
	await expect(author.getByLabel('Title')).toHaveValue('Observation of a peak in two-photon events');
	await expect(author.getByLabel('Authors')).toHaveValue(/Noether, Emmy; 0000-0002-1825-0097/);
	await expect(author.getByLabel('Licence')).toHaveValue('');

	// Another notebook brings its own pictures and files; what was typed stays.
	await author.getByLabel('Licence').fill('CC-BY-4.0');
	await author.getByLabel('Notebook', { exact: true }).selectOption('examples/widths/widths.ipynb');
	await expect(author.getByText('There are no other files beside the notebook or below.')).toBeVisible();
	await author.getByLabel('Notebook', { exact: true }).selectOption('examples/peak/peak.ipynb');
	await expect(author.getByRole('checkbox', { name: /data\/masses\.csv/ })).toBeChecked();
	await expect(author.getByLabel('Licence')).toHaveValue('CC-BY-4.0');

	// Nothing is published without words for the plot.
	await author.getByRole('button', { name: 'Publish v1' }).click();
	await expect(author.getByText('Say in a sentence what it shows.')).toBeVisible();
	await author.getByLabel('What the plot shows').fill('A falling mass spectrum with a peak at 125 GeV.');
	await expectClean(author);
	await pictures(author, picture, 'found');
	await author.screenshot({ path: picture('found-whole.png'), fullPage: true });
	await author.setViewportSize({ width: 390, height: 844 });
	await author.screenshot({ path: picture('found-whole-390.png'), fullPage: true });
	await author.setViewportSize({ width: 1280, height: 800 });
	await author.getByRole('button', { name: 'Publish v1' }).click();
	await expect(author).toHaveURL(/\/papers\/observation-of-a-peak/);

	const visitor = await (await browser.newContext()).newPage();
	visitor.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
	await visitor.goto(author.url());
	await expect(visitor.getByRole('heading', { name: 'Data' })).toBeVisible();
	await expect(visitor.getByText(first.slice(0, 12))).toBeVisible();
	await expectClean(visitor);
	await pictures(visitor, picture, 'card');
	await visitor.getByRole('heading', { name: 'Data' }).scrollIntoViewIfNeeded();
	await pictures(visitor, picture, 'data');
	const [download] = await Promise.all([
		visitor.waitForEvent('download'),
		visitor.getByRole('link', { name: 'data/masses.csv' }).click()
	]);
	expect(download.suggestedFilename()).toBe('masses.csv');
	expect(readFileSync(await download.path(), 'utf8')).toBe(MASSES);
	const [zip] = await Promise.all([
		visitor.waitForEvent('download'),
		visitor.getByRole('link', { name: 'Notebook and data together (.zip)' }).click()
	]);
	expect(zip.suggestedFilename()).toMatch(/-v1\.zip$/);

	// The same commit is no news; a newer one makes v2, with a plot from a file.
	await author.goto(`${site.server.origin}/publish?url=${encodeURIComponent(url)}`);
	await author.getByRole('button', { name: 'Look into it' }).click();
	await expect(author.getByText(/is published at this commit already: v1/)).toBeVisible();
	await commit(forge, 'peakfit', { 'examples/peak/data/masses.csv': `${MASSES}127.0\n` });
	forge.git('peakfit', ['tag', 'v2.0']);
	await author.getByLabel('Tag, branch or commit').fill('v2.0');
	await author.getByRole('button', { name: 'Look into it' }).click();
	await expect(author.getByRole('radio', { name: /^v2 of “Observation of a peak/ })).toBeChecked();
	await expect(author.getByLabel('Licence')).toHaveValue('CC-BY-4.0');
	await expect(author.getByLabel('What the plot shows')).toHaveValue(/^A falling mass spectrum/);
	const file = author.getByLabel('Picture from a file');
	await file.setInputFiles({ name: 'plot.pdf', mimeType: 'image/png', buffer: Buffer.from('%PDF-1.7') });
	await expect(author.getByText('“plot.pdf” is neither PNG, JPEG, WebP nor SVG.')).toBeVisible();
	await file.setInputFiles({ name: 'plot.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(DRAWN) });
	await expect(author.getByRole('radio', { name: 'plot.svg' })).toBeChecked();
	await author.getByLabel('What the plot shows').fill('A curve drawn by hand.');
	await author.getByRole('radio', { name: 'plot.svg' }).scrollIntoViewIfNeeded();
	await author.screenshot({ path: picture('second.png') });
	await expectClean(author);
	await author.getByRole('button', { name: 'Publish v2' }).click();
	await expect(author.getByRole('link', { name: 'v1', exact: true })).toBeVisible();
	const drawn = author.getByAltText('A curve drawn by hand.');
	await expect(drawn).toBeVisible();
	expect(await drawn.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
	await expect(author).not.toHaveTitle('run');
	await author.screenshot({ path: picture('second-card.png') });
	expect(complaints.filter((text) => !/404|502|409/.test(text))).toEqual([]);
});
