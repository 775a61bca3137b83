/** A web service in the batch job of a notebook's kernel: from the kernel panel to its page, and to the job's end. */
import AxeBuilder from '@axe-core/playwright';
import { plainResources } from '#lib/model/job.ts';
import { withoutClusters } from '../support/cluster.ts';
import { startHTCondor, type HTCondor } from '../support/htcondor.ts';
import { pictures } from './pictures.ts';
import { cells, expect, openNotebook, test } from './support.ts';

let pool: HTCondor;

const missing = withoutClusters();
test.skip(missing !== null, missing ?? '');

test.beforeAll(async () => {
	pool = await startHTCondor();
});
test.afterAll(() => pool?.stop());

/** A page of files by the standard library, as somebody would start one. */
const SOURCE = `import os, subprocess, sys, tempfile
folder = tempfile.mkdtemp()
open(folder + "/losses.txt", "w").write("in " + os.environ["_CONDOR_SCRATCH_DIR"])
server = subprocess.Popen([sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"], cwd=folder,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
print(server.stdout.readline().decode())`;

test('from the kernel panel to a service in the job, which is gone with it', async ({
	browser,
	site
}, info) => {
	test.setTimeout(240_000);
	const nora = await site.seed.person('nora', { displayName: 'Nora' });
	const workspace = await site.seed.workspace(nora, pool, []);
	const cell = {
		id: 'c0',
		cell_type: 'code',
		metadata: {},
		source: SOURCE,
		outputs: [],
		execution_count: null
	};
	const metadata = { title: 'Training' };
	const ipynb = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells: [cell] });
	const id = await site.seed.notebook(nora, ipynb);
	const context = await site.signedIn(browser, nora);
	const { origin } = site.server;
	const post = async (path: string, data: object) => {
		const answer = await context.request.post(origin + path, { data, headers: { origin } });
		expect(answer.ok(), await answer.text()).toBe(true);
		return answer.json();
	};
	const credential = { kind: 'key', privateKey: pool.privateKey };
	await post(`/api/workspaces/${workspace}/connect`, { signIn: { hop: 0, credential } });
	const resources = { ...plainResources('htcondor'), memory: 400 };
	await post(`/api/notebooks/${id}/kernel`, { action: 'start', workspace, resources });
	const page = await openNotebook(context, site, id);
	await cells(page).first().hover();
	await cells(page).first().getByTestId('run-cell').click();
	await expect(cells(page).first()).toContainText(/port \d+/, { timeout: 60_000 });
	await page.getByTestId('kernel-chip').click();
	await pictures(page, (name) => info.outputPath(name), 'panel');
	await page.getByTestId('job-state').getByRole('link', { name: 'Web services in it' }).click();

	const section = page.getByTestId('job-services');
	await expect(section.getByRole('heading')).toHaveText('In the job of Training');
	await expect(section).toContainText('HTCondor');
	const link = section.getByRole('link', { name: /Files by Python/ });
	await expect(link).toBeVisible();
	await pictures(page, (name) => info.outputPath(name), 'services');
	const { violations } = await new AxeBuilder({ page }).analyze();
	expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);

	const [shown] = await Promise.all([context.waitForEvent('page'), link.click()]);
	await shown.getByRole('link', { name: 'losses.txt' }).click();
	await expect(shown.locator('body')).toContainText(/^in \/.*dir_/);
	const port = Number(/^j(\d+)-/.exec(new URL(shown.url()).hostname)![1]);
	await page.getByLabel('Port').fill(String(port));
	await page.getByLabel('On', { exact: true }).selectOption({ index: 1 });
	const [again] = await Promise.all([
		context.waitForEvent('page'),
		page.getByRole('button', { name: 'Open' }).click()
	]);
	await expect(again.getByRole('link', { name: 'losses.txt' })).toBeVisible();

	await post(`/api/notebooks/${id}/kernel`, { action: 'shutdown' });
	await expect(async () => {
		await shown.reload();
		await expect(shown.locator('body')).toContainText('The job in which this service ran has ended.');
	}).toPass({ timeout: 60_000 });
	await page.getByRole('button', { name: 'Look again' }).click();
	await expect(section).toHaveCount(0);
	await expect(page.getByLabel('On', { exact: true })).toHaveCount(0);
	await context.close();
});
