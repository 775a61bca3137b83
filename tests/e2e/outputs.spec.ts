/** What a kernel answers, as it stands on the screen; and what an answer may not do. */
import { cells, expect, openNotebook, saved, test } from './support.ts';
import type { Page } from '@playwright/test';

const SOURCES = {
	stream: 'import sys\nprint("plain"); print("\\x1b[31mred\\x1b[0m"); print("to stderr", file=sys.stderr)',
	result: '{"a": 1}',
	error: '1/0',
	png: 'import matplotlib.pyplot as plt\nplt.plot([1, 4, 9]);',
	svg: "from IPython.display import SVG\nSVG(\"<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20'><rect width='40' height='20'/><script>window.top.__xss = 1</script></svg>\")",
	table:
		'from IPython.display import HTML\nHTML("<table><tr><th colspan=2>mass</th></tr><tr><td>125.1</td><td><a href=/account>x</a><img src=/api/notebooks></td></tr></table>")',
	latex: 'from IPython.display import Math\nMath(r"\\sqrt{\\frac{a}{b}}")',
	json: 'from IPython.display import JSON\nJSON({"depth": {"deeper": [1, 2]}})',
	markdown: 'from IPython.display import Markdown\nMarkdown("**bold** and $x^2$")',
	clear: 'from IPython.display import clear_output\nprint("old")\nclear_output(wait=True)\nprint("new")',
	update: 'from IPython.display import display\nh = display("first", display_id=True)\nh.update("second")',
	script:
		"HTML(\"<div id=t>waiting</div><script>document.getElementById('t').textContent = 'ran in ' + self.origin; try { parent.__xss = 1 } catch (e) {} fetch('/api/notebooks').catch(() => {})</script>\")",
	handler: 'HTML("<img src=x onerror=\'window.__xss = 1\'><b>after</b>")'
};

function notebook(): string {
	return JSON.stringify({
		nbformat: 4,
		nbformat_minor: 5,
		metadata: {},
		cells: Object.entries(SOURCES).map(([id, source]) => ({
			cell_type: 'code',
			id,
			metadata: {},
			source,
			outputs: [],
			execution_count: null
		}))
	});
}

test('every kind of output is shown, and HTML with script runs in the frame only', async ({
	browser,
	site
}) => {
	test.setTimeout(180_000);
	const una = await site.seed.person('una', { admin: true, displayName: 'Una' });
	const id = await site.seed.notebook(una, notebook());
	const page = await openNotebook(await site.signedIn(browser, una), site, id);
	const calls: string[] = [];
	page.on('request', (request) => {
		if (request.url().includes('/api/notebooks') && request.frame() !== page.mainFrame())
			calls.push(request.url());
	});
	for (const name of Object.keys(SOURCES)) await runCell(page, name);
	await expect(out(page, 'error')).toContainText('ZeroDivisionError');

	await expect(out(page, 'stream').first()).toContainText('plain');
	await expect(out(page, 'stream').last()).toContainText('to stderr');
	await expect(out(page, 'stream').locator('.ansi-red-fg', { hasText: 'red' })).toBeVisible();
	await expect(out(page, 'result')).toContainText("{'a': 1}");
	const image = out(page, 'png').locator('img');
	await expect(image).toBeVisible();
	expect(await image.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBeGreaterThan(100);
	await expect(out(page, 'svg').locator('img')).toBeVisible();
	await expect(out(page, 'table').locator('td').first()).toHaveText('125.1');
	await expect(out(page, 'table').locator('th')).toHaveAttribute('colspan', '2');
	await expect(out(page, 'table').locator('a')).not.toHaveAttribute('href');
	await expect(out(page, 'table').locator('img')).not.toHaveAttribute('src');
	// The root is drawn, not a letter: a cleaner that is too keen leaves a gap.
	await expect(out(page, 'latex').locator('.katex svg path')).toHaveAttribute('d', /^M/);
	await expect(out(page, 'json')).toContainText('depth');
	await expect(out(page, 'markdown').locator('strong')).toHaveText('bold');
	await expect(out(page, 'markdown').locator('.katex')).toBeVisible();
	await expect(out(page, 'clear')).toHaveText(/^\s*new\s*$/);
	await expect(out(page, 'update')).toContainText('second');
	await expect(out(page, 'update')).not.toContainText('first');
	await out(page, 'script').scrollIntoViewIfNeeded();
	await expect(out(page, 'script').frameLocator('iframe').locator('#t')).toHaveText('ran in null');
	await expect(cells(page).nth(0)).toHaveAttribute('data-state', 'done');
	expect(await page.evaluate(() => (window as unknown as { __xss?: number }).__xss)).toBeUndefined();
	expect(calls).toEqual([]);
});

test('interrupt stops a cell, restart gives a new kernel, and both are said', async ({ browser, site }) => {
	const vic = await site.seed.person('vic', { admin: true, displayName: 'Vic' });
	const id = await site.seed.notebook(
		vic,
		JSON.stringify({
			nbformat: 4,
			nbformat_minor: 5,
			metadata: {},
			cells: [
				{
					cell_type: 'code',
					id: 'a',
					metadata: {},
					source: 'x = 1\nimport time\nprint("going", flush=True)\ntime.sleep(600)',
					outputs: [],
					execution_count: null
				},
				{ cell_type: 'code', id: 'b', metadata: {}, source: 'x', outputs: [], execution_count: null }
			]
		})
	);
	const page = await openNotebook(await site.signedIn(browser, vic), site, id);
	await page.locator('[data-cell-id=a]').getByTestId('run-cell').click();
	await expect(out(page, 'a')).toContainText('going', { timeout: 30_000 });
	await page.getByRole('button', { name: 'Stop' }).first().click();
	await expect(page.locator('[data-cell-id=a]')).toHaveAttribute('data-state', 'interrupted');
	await expect(out(page, 'a').last()).toContainText('KeyboardInterrupt');
	await runCell(page, 'b');
	await expect(out(page, 'b')).toHaveText(/^\s*1\s*$/);
	const response = await page.request.post(`${site.server.origin}/api/notebooks/${id}/kernel`, {
		data: { action: 'restart' },
		headers: { Origin: site.server.origin }
	});
	expect(response.ok()).toBe(true);
	await expect(page.getByTestId('kernel-chip')).toContainText('idle', { timeout: 30_000 });
	await page.locator('[data-cell-id=b]').getByTestId('run-cell').click();
	await expect(out(page, 'b')).toContainText('NameError');
	await saved(page);
});

function out(page: Page, cell: string) {
	return page.locator(`[data-cell-id=${cell}]`).getByTestId('output');
}

async function runCell(page: Page, cell: string): Promise<void> {
	const section = page.locator(`[data-cell-id=${cell}]`);
	await section.scrollIntoViewIfNeeded();
	await section.hover();
	await section.getByTestId('run-cell').click();
	await expect(section).toHaveAttribute('data-state', /done|error/, { timeout: 30_000 });
}
