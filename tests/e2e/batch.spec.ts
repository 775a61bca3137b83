/** A cell on a node of the cluster: the form, the queue, the run, the list of jobs; with a real HTCondor pool. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { withoutClusters } from '../support/cluster.ts';
import { startHTCondor, type HTCondor } from '../support/htcondor.ts';
import { pictures } from './pictures.ts';
import { cells, expect, openNotebook, test, typeInto } from './support.ts';

let pool: HTCondor;

const missing = withoutClusters();
test.skip(missing !== null, missing ?? '');

test.beforeAll(async () => {
	pool = await startHTCondor();
});
test.afterAll(() => pool?.stop());

async function faultless(page: Page): Promise<void> {
	const { violations } = await new AxeBuilder({ page }).analyze();
	expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

test('an administrator names presets: they are offered where they are for, and are nobody’s to forget', async ({
	browser,
	site
}, info) => {
	const shot = (name: string): string => info.outputPath(name);
	const root = await site.seed.person('root', { admin: true });
	const { origin } = site.server;
	const context = await site.signedIn(browser, root);
	const page = await context.newPage();
	await page.goto(`${origin}/settings`);
	const add = async (name: string, hosts: string): Promise<void> => {
		await page.getByRole('button', { name: 'Add a preset…' }).click();
		await page.getByLabel('Name of the preset').fill(name);
		await page.getByLabel('For workspaces at').fill(hosts);
		await page.getByLabel('Cores').fill('many');
		await page.getByRole('form').getByRole('button', { name: 'Save' }).click();
		await expect(page.getByRole('form')).toContainText('A whole number, please.');
		await page.getByLabel('Cores').fill('1');
		await page.getByLabel('Memory in GB').fill('0.3');
		if (name === 'Here') {
			await pictures(page, shot, 'preset');
			await faultless(page);
		}
		await page.getByRole('form').getByRole('button', { name: 'Save' }).click();
		await expect(page.getByText(`“${name}” is offered from now on.`)).toBeVisible();
	};
	await add('Here', '127.0.0.0/8');
	await add('Elsewhere', 'login*.cluster.org');
	await expect(page.getByTestId('site-preset')).toHaveText([
		/Here\s+HTCondor, at 127\.0\.0\.0\/8: 1 core, 307 MB, 1 h/,
		/Elsewhere\s+HTCondor, at login\*\.cluster\.org: /
	]);
	await pictures(page, shot, 'presets');
	await faultless(page);

	const workspace = await site.seed.workspace(root, pool, []);
	const connected = await context.request.post(`${origin}/api/workspaces/${workspace}/connect`, {
		data: { signIn: { hop: 0, credential: { kind: 'key', privateKey: pool.privateKey } } },
		headers: { origin }
	});
	expect(await connected.json()).toMatchObject({ state: 'connected' });
	const notebook = await openNotebook(context, site, await site.seed.notebook(root));
	await notebook.getByTestId('kernel-chip').click();
	await notebook.getByRole('button', { name: /Group node ada@/ }).click();
	await notebook.getByRole('radio', { name: /A batch job \(HTCondor\)/ }).check();
	const form = notebook.getByTestId('resource-form');
	await form.getByLabel('Cores').fill('2');
	await form
		.getByRole('group', { name: 'Presets: Of this installation' })
		.getByRole('button', { name: 'Here' })
		.click();
	await expect(form.getByLabel('Memory in GB')).toHaveValue('0.3');
	await expect(form.getByLabel('Cores')).toHaveValue('1');
	await expect(form.getByRole('button', { name: /Elsewhere|Forget/ })).toHaveCount(0);
	await pictures(notebook, shot, 'offered');

	await page.bringToFront();
	for (const name of ['Here', 'Elsewhere'])
		await page.getByRole('button', { name: `Remove “${name}”` }).click();
	await expect(page.getByText('“Elsewhere” is offered no more.')).toBeVisible();
	await expect(page.getByTestId('site-preset')).toHaveCount(0);
});

test('from the form through the queue to an output, with the way out at every step', async ({
	browser,
	site
}, info) => {
	test.setTimeout(240_000);
	const shot = (name: string): string => info.outputPath(name);
	const cora = await site.seed.person('cora', { displayName: 'Cora' });
	const workspace = await site.seed.workspace(cora, pool, []);
	const id = await site.seed.notebook(cora);
	const context = await site.signedIn(browser, cora);
	const { origin } = site.server;
	const connected = await context.request.post(`${origin}/api/workspaces/${workspace}/connect`, {
		data: { signIn: { hop: 0, credential: { kind: 'key', privateKey: pool.privateKey } } },
		headers: { origin }
	});
	expect(await connected.json()).toMatchObject({ state: 'connected' });
	const page = await openNotebook(context, site, id);
	await page.getByTestId('kernel-chip').click();
	await page.getByRole('button', { name: /Group node ada@/ }).click();
	await page.getByRole('radio', { name: /A batch job \(HTCondor\)/ }).check();
	const form = page.getByTestId('resource-form');
	await expect(form).toContainText('2 of 2 cores free');

	// What cannot be is said at its field, and nothing starts.
	await form.getByLabel('Cores').fill('many');
	await page
		.getByRole('button', { name: /^Python 3/ })
		.first()
		.click();
	await expect(form).toContainText('A whole number, please.');
	await form.getByLabel('Cores').fill('1');
	await form.getByLabel('Memory in GB').fill('0.4');
	await form.getByLabel('Time').selectOption({ label: '2 h' });
	await form.getByRole('button', { name: 'Keep as a preset…' }).click();
	await form.getByLabel('Name of the preset').fill('small');
	await page.keyboard.press('Enter');
	await expect(form.getByRole('button', { name: 'small', exact: true })).toBeVisible();
	await pictures(page, shot, 'form');
	await faultless(page);

	// No machine has that: it waits, everybody is told why, and a cell can be queued behind it.
	await form.getByText('More').click();
	await form.getByLabel('Requirements').fill('Machine == "nowhere"');
	await page
		.getByRole('button', { name: /^Python 3/ })
		.first()
		.click();
	const job = page.getByTestId('job-state');
	await expect(job).toHaveAttribute('data-state', 'queued', { timeout: 30_000 });
	await expect(page.getByTestId('kernel-chip')).toContainText('in the queue');
	await expect(job).toContainText('1 core, 410 MB, 2 h');
	await typeInto(page, 0, 'import os; print("scratch", "_CONDOR_SCRATCH_DIR" in os.environ)');
	await page.keyboard.press('Control+Enter');
	await expect(cells(page).first()).toHaveAttribute('data-state', 'queued');
	await pictures(page, shot, 'queued');
	await faultless(page);
	await page.reload();
	await expect(job).toHaveAttribute('data-state', 'queued');
	await job.getByRole('button', { name: 'Cancel the job' }).click();
	await expect(page.getByTestId('kernel-chip')).toContainText('no kernel');
	await expect.poll(async () => (await pool.run('condor_q -af ClusterId')).stdout.trim()).toBe('');

	// The form is as it was left, the preset is there.
	await page.getByRole('button', { name: /Group node ada@/ }).click();
	await expect(form.getByLabel('Requirements')).toHaveValue('Machine == "nowhere"');
	await form.getByRole('button', { name: 'small', exact: true }).click();
	await page
		.getByRole('button', { name: /^Python 3/ })
		.first()
		.click();
	await expect(job).toHaveAttribute('data-state', 'running', { timeout: 60_000 });
	await cells(page).first().hover();
	await cells(page).first().getByTestId('run-cell').click();
	await expect(cells(page).first()).toContainText('scratch True', { timeout: 30_000 });
	await expect(page.getByTestId('countdown')).toHaveText(/^1:59:/);
	await pictures(page, shot, 'running');
	await job.getByRole('button', { name: '30 more minutes' }).click();
	await expect(page.getByTestId('countdown')).toHaveText(/^2:2\d:/);

	await page.goto(`${origin}/workspaces/${workspace}/jobs`);
	const row = page.getByTestId('job');
	await expect(row).toHaveCount(1);
	await expect(row).toHaveAttribute('data-state', 'running');
	await expect(row.getByRole('link', { name: 'Untitled' })).toHaveAttribute('href', `/notebooks/${id}`);
	await pictures(page, shot, 'jobs');
	await faultless(page);
	await row.getByRole('button', { name: 'Log' }).click();
	await expect(page.getByRole('dialog')).toContainText(/Job (submitted|executing)/i);
	await page.keyboard.press('Escape');
	await row.getByRole('button', { name: 'Remove' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click();
	await expect(page.getByText('No job of yours is in the batch system.')).toBeVisible({ timeout: 30_000 });

	await page.goto(`${origin}/notebooks/${id}`);
	await expect(page.getByTestId('kernel-chip')).toContainText('dead', { timeout: 30_000 });
	await expect(page.getByText(/The batch job of the kernel was removed/).first()).toBeVisible();
	await pictures(page, shot, 'removed');
});
