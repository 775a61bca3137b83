import type * as Y from 'yjs';
import type { Cell } from '#lib/model/cell.ts';
import { writeNotebook } from '#lib/model/notebook-doc.ts';
import { widgetCells } from './widgets.ts';
import type { Output } from '#lib/model/output.ts';

const cell = (id: string, type: Cell['type'], source: string): Cell => ({ id, type, source, metadata: {} });

/** `demo` has a bit of everything, `empty` one empty cell, `none` nothing, `long-N` N cells. */
export function fillDemo(doc: Y.Doc, id: string): void {
	const long = /^long-(\d+)$/.exec(id);
	if (long) {
		const cells = Array.from({ length: Number(long[1]) }, (_, i) =>
			i % 4 === 0
				? cell(`c${i}`, 'markdown', `## Step ${i}\n\nWhat follows.`)
				: cell(`c${i}`, 'code', `x = ${i}\nprint(x)`)
		);
		writeNotebook(doc, 'A long notebook', cells, {});
	} else if (id.startsWith('widgets')) writeNotebook(doc, 'Widgets', widgetCells(id), {});
	else if (id.startsWith('empty')) writeNotebook(doc, '', [cell('first', 'code', '')], {});
	else if (id.startsWith('hostile')) writeNotebook(doc, '<b>x</b>', [cell('h', 'code', '# hostile')], {});
	else if (id.startsWith('none')) writeNotebook(doc, 'Nothing yet', [], {});
	else writeNotebook(doc, 'Dimuon mass spectrum', DEMO, {});
}

const DEMO = [
	cell(
		'intro',
		'markdown',
		'# Dimuon mass spectrum\n\nWe look for the $Z$ boson in pairs of muons. The invariant mass of two massless particles is\n\n$$m^2 = 2\\,p_{T1}\\,p_{T2}\\,(\\cosh\\Delta\\eta - \\cos\\Delta\\phi)$$\n\nand the resonance stands at $m_Z \\approx 91.2$ GeV. See the [open data](https://opendata.cern.ch) page.\n\n- 100 000 events\n- `pt > 20` for both muons'
	),
	cell(
		'imports',
		'code',
		'import numpy as np\nimport pandas as pd\n\nrng = np.random.default_rng(seed=1)  # the same for all'
	),
	cell('table', 'code', 'df = load("muons.csv")\ndf.head()'),
	cell(
		'cuts',
		'markdown',
		'## Selection\n\n| cut | events |\n|---|---|\n| all | 100 000 |\n| two muons | 41 882 |'
	),
	cell('print', 'code', 'for epoch in range(3):\n    print(f"epoch {epoch}: loss {1 / (epoch + 1):.3f}")'),
	cell(
		'plot',
		'code',
		'fig, ax = plt.subplots()\nax.hist(mass, bins=120, range=(60, 120))\nax.set_xlabel("m [GeV]")'
	),
	cell('slow', 'code', 'sleep(8)\nfit = minimise(model, data)'),
	cell('boom', 'code', 'df["mas"]  # error'),
	cell('frame', 'code', 'HTML("<script>…</script>")  # frame'),
	cell('json', 'code', 'fit.result  # json')
];

const TABLE = `<div><style scoped>.dataframe tbody tr th { vertical-align: top; }</style><table border="1" class="dataframe"><thead><tr style="text-align: right;"><th></th><th>run</th><th>pt1</th><th>pt2</th><th>mass</th></tr></thead><tbody>${[
	[165617, 54.71, 34.24, 82.46],
	[165617, 24.49, 28.54, 83.63],
	[165617, 31.71, 20.16, 308.07],
	[165617, 39.74, 24.01, 91.22]
]
	.map((row, i) => `<tr><th>${i}</th>${row.map((value) => `<td>${value}</td>`).join('')}</tr>`)
	.join('')}</tbody></table><p>4 rows × 4 columns</p></div>`;

const PLOT = `<svg xmlns="http://www.w3.org/2000/svg" width="520" height="260" viewBox="0 0 520 260"><rect width="520" height="260" fill="white"/><g fill="#4C72B0">${Array.from(
	{ length: 60 },
	(_, i) => {
		const h = 10 + 190 / (1 + ((i - 31) / 3) ** 2);
		return `<rect x="${30 + i * 8}" y="${230 - h}" width="7" height="${h}"/>`;
	}
).join('')}</g><text x="240" y="252" font-size="13" font-family="sans-serif">m [GeV]</text></svg>`;

export function answers(source: string): Output[] {
	if (source.includes('print(f')) {
		return [
			{
				type: 'stream',
				name: 'stdout',
				text: 'epoch 0: loss 1.000\nepoch 1: loss 0.500\n\u001b[32mepoch 2: loss 0.333\u001b[0m\n'
			},
			{ type: 'stream', name: 'stderr', text: 'UserWarning: the loss is a toy\n' }
		];
	}
	if (source.includes('head()')) {
		return [
			{
				type: 'execute_result',
				data: { 'text/html': TABLE, 'text/plain': 'a table' },
				metadata: {},
				executionCount: 2
			}
		];
	}
	if (source.includes('hist')) {
		return [
			{
				type: 'display_data',
				data: { 'image/svg+xml': PLOT, 'text/plain': '<Figure size 640x480 with 1 Axes>' },
				metadata: {}
			}
		];
	}
	if (source.includes('# error')) {
		return [
			{
				type: 'error',
				ename: 'KeyError',
				evalue: "'mas'",
				traceback: [
					'\u001b[31m---------------------------------------------------------------------------\u001b[39m',
					'\u001b[31mKeyError\u001b[39m                                  Traceback (most recent call last)',
					'\u001b[36mCell\u001b[39m\u001b[36m \u001b[39m\u001b[32mIn[8]\u001b[39m\u001b[32m, line 1\u001b[39m\n\u001b[32m----> 1\u001b[39m df[\u001b[33m"mas"\u001b[39m]',
					"\u001b[31mKeyError\u001b[39m: 'mas'"
				]
			}
		];
	}
	if (source.includes('# frame')) {
		const html =
			'<style>#b{padding:8px;border:1px solid var(--line)}</style><div id="b">waiting</div><script>document.getElementById("b").textContent = "drawn by a script at " + location.origin + " origin " + self.origin</script>';
		return [{ type: 'display_data', data: { 'text/html': html, 'text/plain': 'HTML' }, metadata: {} }];
	}
	if (source.includes('# json')) {
		return [
			{
				type: 'execute_result',
				data: {
					'application/json': {
						chi2: 41.2,
						ndf: 38,
						parameters: { mass: 91.19, width: 2.49 },
						converged: true
					},
					'text/plain': '{}'
				},
				metadata: {},
				executionCount: 9
			},
			{
				type: 'execute_result',
				data: { 'text/latex': '$\\displaystyle \\frac{\\Gamma}{m} = 0.027$', 'text/plain': '' },
				metadata: {},
				executionCount: 9
			}
		];
	}
	return source.includes('# hostile') ? HOSTILE : [];
}

/** What a hostile kernel or author sends; none of it may act in the page. */
export const HOSTILE: Output[] = [
	'<img src=x onerror="window.__xss=1">',
	'<div style="position:fixed;inset:0"><input type=password></div>',
	'<a href="javascript:window.__xss=1" id="MathJax">x</a>',
	'<form action="https://evil.example"><b>x</b></form>',
	'<math><mtext><table><mglyph><style><!--</style><img title="--><img src=1 onerror=window.__xss=1>">',
	'<svg><script>window.__xss=1</script></svg>',
	'<script>try { parent.__xss = 1 } catch {} ; try { top.location = "https://evil.example" } catch {}</script>'
].map((html) => ({ type: 'display_data', data: { 'text/html': html }, metadata: {} }));
HOSTILE.push(
	{
		type: 'display_data',
		data: { 'image/svg+xml': '<svg xmlns="http://www.w3.org/2000/svg" onload="window.__xss=1"/>' },
		metadata: {}
	},
	{
		type: 'display_data',
		data: { 'text/markdown': '<img src=x onerror=window.__xss=1> [x](javascript:alert(1))' },
		metadata: {}
	},
	{ type: 'display_data', data: { 'text/latex': '$\\href{javascript:window.__xss=1}{x}$' }, metadata: {} },
	{ type: 'stream', name: 'stdout', text: '\u001b[31m<img src=x onerror=window.__xss=1>\u001b[0m' },
	{
		type: 'error',
		ename: '<img src=x onerror=window.__xss=1>',
		evalue: '<b>',
		traceback: ['<img src=x onerror=window.__xss=1>\u001b[31m']
	}
);
