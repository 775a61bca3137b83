/** Widgets of real kernels: the same for everybody, through reloads and restarts, and in saved files. */
import type { FrameLocator, Page } from '@playwright/test';
import { cells, expect, openNotebook, saved, test } from './support.ts';

const COUNTER = `import anywidget, traitlets
class Counter(anywidget.AnyWidget):
    _esm = """
    export default {
      render({ model, el }) {
        const button = document.createElement('button');
        const show = () => { button.textContent = 'count is ' + model.get('value') + ' ' + (model.get('said') || 'silence'); };
        button.onclick = () => {
          model.set('value', model.get('value') + 1);
          model.save_changes();
          model.send({ clicked: model.get('value') });
        };
        model.on('change:value', show);
        model.on('msg:custom', (content) => { model.set('said', content.say); show(); });
        show();
        el.append(button);
      }
    };"""
    value = traitlets.Int(0).tag(sync=True)
counter = Counter()
counter.on_msg(lambda widget, content, buffers: widget.send({'say': f"kernel heard {content['clicked']}"}))
counter`;

function notebook(sources: Record<string, string>): string {
	return JSON.stringify({
		nbformat: 4,
		nbformat_minor: 5,
		metadata: {},
		cells: Object.entries(sources).map(([id, source]) => ({
			cell_type: 'code',
			id,
			metadata: {},
			source,
			outputs: [],
			execution_count: null
		}))
	});
}

function output(page: Page, cell: string) {
	return page.locator(`[data-cell-id=${cell}]`).getByTestId('output');
}

async function widget(page: Page, cell: string): Promise<FrameLocator> {
	const holder = page.locator(`[data-cell-id=${cell}]`).getByTestId('widget');
	await holder.scrollIntoViewIfNeeded();
	return holder.frameLocator('iframe');
}

async function run(page: Page, cell: string): Promise<void> {
	const section = page.locator(`[data-cell-id=${cell}]`);
	await section.scrollIntoViewIfNeeded();
	await section.hover();
	await section.getByTestId('run-cell').click();
	await expect(section).toHaveAttribute('data-state', /done|error/, { timeout: 30_000 });
}

async function press(page: Page, inside: FrameLocator, key: string, times: number): Promise<void> {
	await inside.getByRole('slider').first().focus();
	for (let i = 0; i < times; i++) await page.keyboard.press(key);
}

const shows = (inside: FrameLocator, value: string) =>
	expect(inside.locator('.widget-readout').first()).toHaveText(value);

test('a slider moved in one browser moves in the other and in the kernel, survives reload and a killed server', async ({
	browser,
	site
}) => {
	test.setTimeout(180_000);
	const ada = await site.seed.person('wada', { admin: true, displayName: 'Ada' });
	const bob = await site.seed.person('wbob', { displayName: 'Bob' });
	const id = await site.seed.notebook(
		ada,
		notebook({
			make: 'import ipywidgets as w\ns = w.IntSlider(value=3, max=20, description="bins")\ns',
			ask: 'print("the kernel has", s.value)',
			set: 's.value = 12'
		})
	);
	await site.seed.member(id, bob, 'editor');
	const a = await openNotebook(await site.signedIn(browser, ada), site, id);
	const b = await openNotebook(await site.signedIn(browser, bob), site, id);
	await run(a, 'make');
	await shows(await widget(a, 'make'), '3');
	await shows(await widget(b, 'make'), '3');

	await press(a, await widget(a, 'make'), 'ArrowRight', 5);
	await shows(await widget(a, 'make'), '8');
	await shows(await widget(b, 'make'), '8');
	await run(a, 'ask');
	await expect(output(a, 'ask')).toContainText('the kernel has 8');

	await press(b, await widget(b, 'make'), 'ArrowLeft', 1);
	await shows(await widget(a, 'make'), '7');
	await run(a, 'set');
	await shows(await widget(a, 'make'), '12');
	await shows(await widget(b, 'make'), '12');

	await Promise.all([a.reload(), b.reload()]);
	await shows(await widget(a, 'make'), '12');
	await shows(await widget(b, 'make'), '12');

	await site.killAndRestart();
	await Promise.all([saved(a), saved(b)]);
	await expect(a.getByTestId('kernel-chip')).toContainText('idle', { timeout: 30_000 });
	await expect(b.getByTestId('kernel-chip')).toContainText('idle', { timeout: 30_000 });
	await shows(await widget(a, 'make'), '12');
	await press(a, await widget(a, 'make'), 'ArrowRight', 2);
	await shows(await widget(b, 'make'), '14');
	await a.reload();
	await shows(await widget(a, 'make'), '14');
	await run(b, 'ask');
	await expect(output(b, 'ask')).toContainText('the kernel has 14');
});

test('anywidget speaks to the kernel and hears from it; interact and tqdm draw', async ({
	browser,
	site
}) => {
	test.setTimeout(180_000);
	const cleo = await site.seed.person('wcleo', { admin: true, displayName: 'Cleo' });
	const id = await site.seed.notebook(
		cleo,
		notebook({
			counter: COUNTER,
			ask: 'print("the kernel has", counter.value)',
			interact: 'import ipywidgets as w\n@w.interact(x=(0, 10))\ndef f(x=4):\n    print("square", x * x)',
			bar: 'from tqdm.notebook import tqdm\nfor _ in tqdm(range(7), desc="events"):\n    pass'
		})
	);
	const context = await site.signedIn(browser, cleo);
	const a = await openNotebook(context, site, id);
	await run(a, 'counter');
	const mine = await widget(a, 'counter');
	await expect(mine.getByRole('button')).toHaveText('count is 0 silence');
	await mine.getByRole('button').click();
	await expect(mine.getByRole('button')).toHaveText('count is 1 kernel heard 1');
	const b = await openNotebook(context, site, id);
	await expect((await widget(b, 'counter')).getByRole('button')).toContainText('count is 1');
	await (await widget(b, 'counter')).getByRole('button').click();
	await expect(mine.getByRole('button')).toHaveText('count is 2 kernel heard 2');
	await run(a, 'ask');
	await expect(output(a, 'ask')).toContainText('the kernel has 2');

	await run(a, 'interact');
	const inside = await widget(a, 'interact');
	await expect(inside.locator('.widget-output')).toHaveText('square 16');
	await press(a, inside, 'ArrowRight', 1);
	await expect(inside.locator('.widget-output')).toHaveText('square 25');

	await run(a, 'bar');
	const bar = await widget(a, 'bar');
	await expect(bar.getByText('7/7')).toBeVisible();
	await expect(bar.getByText('events')).toBeVisible();
});

test('a viewer sees a widget move and cannot move it; its frame reaches nothing', async ({
	browser,
	site
}) => {
	const dora = await site.seed.person('wdora', { admin: true, displayName: 'Dora' });
	const ewa = await site.seed.person('wewa', { displayName: 'Ewa' });
	const id = await site.seed.notebook(
		dora,
		notebook({
			make: 'import ipywidgets as w\ns = w.IntSlider(value=3, max=20)\ns',
			ask: 'print("has", s.value)'
		})
	);
	await site.seed.member(id, ewa, 'viewer');
	const a = await openNotebook(await site.signedIn(browser, dora), site, id);
	await run(a, 'make');
	const v = await openNotebook(await site.signedIn(browser, ewa), site, id);
	const hers = await widget(v, 'make');
	await shows(hers, '3');
	await expect(v.getByText('only people who may run cells can change it')).toBeVisible();
	await press(v, hers, 'ArrowRight', 3);
	await press(a, await widget(a, 'make'), 'ArrowRight', 1);
	await shows(hers, '4');
	await run(a, 'ask');
	await expect(output(a, 'ask')).toContainText('has 4');

	const frame = v.frames().find((one) => one.url().includes('/frame/widget'))!;
	const asked: string[] = [];
	// Whatever was answered has left the frame; what the policy refuses never does.
	v.on('response', (response) => asked.push(response.url()));
	const reached = await frame.evaluate(async () => {
		const load = (name: 'script' | 'img', src: string) =>
			new Promise<string>((resolve) => {
				const element = document.createElement(name as 'img');
				element.onload = () => resolve('loaded');
				element.onerror = () => resolve('refused');
				element.src = src;
				document.body.append(element);
			});
		const bundle = document.querySelector('script')!.src;
		return {
			origin: self.origin,
			fetch: await fetch('/api/notebooks').then(String, () => 'refused'),
			otherScript: await load('script', bundle.replace('widget-frame', 'other')),
			image: await load('img', new URL('/favicon.svg', bundle).href),
			parent: ((): string => {
				try {
					return String(parent.document.title);
				} catch {
					return 'refused';
				}
			})()
		};
	});
	expect(reached).toEqual({
		origin: 'null',
		fetch: 'refused',
		otherScript: 'refused',
		image: 'refused',
		parent: 'refused'
	});
	expect(asked).toEqual([]);
});

test('a saved notebook shows the last state of its widgets without a kernel', async ({ browser, site }) => {
	const finn = await site.seed.person('wfinn', { admin: true, displayName: 'Finn' });
	const id = await site.seed.notebook(
		finn,
		notebook({ make: 'import ipywidgets as w\nw.VBox([w.IntSlider(value=3, max=20), w.Text("hello")])' })
	);
	const context = await site.signedIn(browser, finn);
	const a = await openNotebook(context, site, id);
	await run(a, 'make');
	await press(a, await widget(a, 'make'), 'ArrowRight', 4);
	await shows(await widget(a, 'make'), '7');
	const { origin } = site.server;
	// The document is stored in batches: a file made right after a change may be one behind.
	const state = () =>
		a.request.get(`${origin}/api/notebooks/${id}?format=ipynb`).then((response) => response.text());
	await expect.poll(state).toContain('"value": 7');
	const file = JSON.parse(await state()) as {
		metadata: { widgets: Record<string, { version_major: number }> };
	};
	expect(file.metadata.widgets['application/vnd.jupyter.widget-state+json']!.version_major).toBe(2);

	const copy = await site.seed.notebook(finn, JSON.stringify(file));
	const b = await openNotebook(context, site, copy);
	await expect(cells(b)).toHaveCount(1);
	const inside = await widget(b, 'make');
	await shows(inside, '7');
	await expect(inside.locator('.widget-text input')).toHaveValue('hello');
	await expect(
		b.getByText('The kernel of this widget is not running; this is its last state.')
	).toBeVisible();
	await press(b, inside, 'ArrowRight', 2);
	await shows(inside, '7');
	const again = await b.request.get(`${origin}/api/notebooks/${copy}?format=ipynb`);
	expect((JSON.parse(await again.text()) as typeof file).metadata.widgets).toEqual(file.metadata.widgets);
});
