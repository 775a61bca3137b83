/** An author has an example checked, sees that it fails and where, puts a badge into a README and looks at who reads. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { eq } from 'drizzle-orm';
import { paperChecks, paperCounts, papers } from '#db/schema-papers.ts';
import { newId } from '#lib/model/ids.ts';
import { caller } from '../support/api.ts';
import { notebookWithPlots, PAPER, plotPlace, png } from '../support/paper.ts';
import { pythonFolders, TEST_ENVIRONMENT } from '../support/python.ts';
import { startSshd, type Sshd } from '../support/sshd.ts';
import { pictures } from './pictures.ts';
import { expect, test } from './support.ts';

let sshd: Sshd;
/** A kernel starts and draws with matplotlib, on a machine that has more to do. */
const CHECK_MS = 60_000;
test.beforeAll(async () => {
	sshd = await startSshd({ readable: pythonFolders() });
});
test.afterAll(async () => {
	await sshd?.stop();
});

const PLOT = png(640, 420, (x, y) => {
	const height = 330 * Math.exp(-x / 260) + 60 * Math.exp(-(((x - 330) / 26) ** 2)) + 20;
	return x < 3 || y > 416 ? [27, 26, 23] : 420 - y < height ? [157, 172, 255] : [255, 255, 255];
});
const code = (id: string, source: string, text: string): object => ({
	...{ cell_type: 'code', id, metadata: {}, execution_count: 1, source },
	outputs: [{ output_type: 'stream', name: 'stdout', text }]
});

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
test.use({ own: 'paper-checks' });

test('an example that gives something else fails, with the cell and both pictures', async ({
	browser,
	site
}, info) => {
	test.slow();
	const picture = (name: string): string => info.outputPath(name);
	const ada = await site.seed.person('ada', { displayName: 'Ada Lovelace' });
	const workspace = await site.seed.workspace(ada, sshd, [TEST_ENVIRONMENT]);
	const call = caller(site.server, ada.token);
	const credential = { kind: 'password', password: sshd.password };
	await call('POST', `/api/workspaces/${workspace}/connect`, { signIn: { hop: 0, credential } });
	const cells = [
		code('mean', 'print("mean mass", 125.1)', 'mean mass 125.3\n'),
		code('n', 'print(3)', '3\n')
	];
	const notebook = await site.seed.notebook(ada, notebookWithPlots(cells, PLOT));
	const title = 'Observation of a peak at $125\\,\\mathrm{GeV}$ in two-photon events';
	const made = await call('POST', `/api/notebooks/${notebook}/paper`, {
		paper: { ...PAPER, title },
		plot: plotPlace
	});
	const slug = made.body.slug as string;

	const context = await site.signedIn(browser, ada);
	const page = await context.newPage();
	await page.goto(`${site.server.origin}/papers-check/${slug}`);
	await expect(page.getByText('No check yet.')).toBeVisible();
	await expect(page.getByText('Nobody has read it yet.')).toBeVisible();
	await expectClean(page);
	await pictures(page, picture, 'before');

	await page.getByLabel('On', { exact: true }).selectOption('Group node');
	await expect(page.getByText('It runs under your account there')).toBeVisible();
	await page.getByRole('button', { name: 'Save' }).click();
	// The page hears of the end by itself, and so does every other one of hers.
	await expect(page.getByText(/Failed .*: cell 2 shows another picture, one more differs/)).toBeVisible({
		timeout: CHECK_MS
	});
	await expect(
		page.getByText('Cell 3 gives other numbers: “mean mass 125.1”, and it was “mean mass 125.3”')
	).toBeVisible();
	await expect(page.getByText('Cell 4 gives what it gave')).toBeVisible();
	await expect(
		page.getByText('The example of “Observation of a peak at 125 GeV in two-photon events” fails.')
	).toBeVisible();
	for (const alternative of ['As published, cell 2', 'Drawn anew, cell 2']) {
		const image = page.getByRole('img', { name: alternative });
		await image.scrollIntoViewIfNeeded();
		await expect
			.poll(() => image.evaluate((each: HTMLImageElement) => each.naturalWidth))
			.toBeGreaterThan(100);
	}
	await expect(page.getByRole('button', { name: 'Save' })).toBeDisabled();

	await page.getByRole('button', { name: 'Check now' }).click();
	await expect(page.getByText('It is being run. You can leave this page.')).toBeVisible();
	await expect(page.getByText(/Failed .*: cell 2/)).toHaveCount(2, { timeout: CHECK_MS });

	// Readers of half a year, and checks of other days.
	const [row] = await site.seed.db.select().from(papers).where(eq(papers.slug, slug));
	const { id } = row!;
	const day = (ago: number): string => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
	await site.seed.db.insert(paperCounts).values(
		Array.from({ length: 60 }, (_, at) => ({
			...{ paperId: id, number: 1, day: day(3 * at) },
			...{ kind: 'view' as const, n: 3 + ((at * 7) % 23) }
		}))
	);
	await page.reload();
	await expect(page.getByRole('img', { name: /Views in each of the last 26 weeks/ })).toBeVisible();
	await expectClean(page);
	await pictures(page, picture, 'after');
	await page.getByRole('heading', { name: 'Badge' }).scrollIntoViewIfNeeded();
	await pictures(page, picture, 'badge');

	// What everybody sees, without an account.
	const visitor = await (await browser.newContext()).newPage();
	await visitor.goto(`${site.server.origin}/papers/${slug}`);
	await expect(visitor.getByText(/Failed .*: cell 2/)).toBeVisible();
	await expectClean(visitor);
	await visitor.getByRole('link', { name: 'All checks' }).click();
	await expect(visitor.getByRole('heading', { name: 'Checks of the example' })).toBeVisible();
	await expectClean(visitor);
	await pictures(visitor, picture, 'checks');
	await site.seed.db.insert(paperChecks).values({
		...{ id: newId(), paperId: id, number: 1, state: 'verified' },
		...{ startedAt: new Date(), finishedAt: new Date(Date.now() - 2 * 86_400_000) },
		report: { seconds: 41, cpus: 1, words: '', cells: [{ index: 1, outcome: 'same', words: '' }] }
	});
	await visitor.goto(`${site.server.origin}/papers/${slug}`);
	await expect(visitor.getByText('Verified 2 days ago, 41 s on one CPU')).toBeVisible();
	await pictures(visitor, picture, 'card');
	await visitor.goto(`${site.server.origin}/papers`);
	await expect(visitor.getByText('Verified 2 days ago, 41 s on one CPU')).toBeVisible();
	await expectClean(visitor);
	await pictures(visitor, picture, 'gallery');
});
