import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { Cell } from '#lib/model/cell.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import { toMarkdown } from '#lib/model/ipynb/markdown.ts';
import { commentMagics } from '#lib/model/ipynb/python-lines.ts';
import { toScript } from '#lib/model/ipynb/script.ts';
import { fixture } from './ipynb-support.ts';

const cell = (type: Cell['type'], source: string, metadata: Cell['metadata'] = {}): Cell => ({ id: source, type, source, metadata }); // prettier-ignore
const cells = [
	cell('markdown', '# Title\n\ntext'),
	cell('code', 'a = 1\n', { tags: ['parameters', 'x'] }),
	cell('raw', 'raw'),
	cell('code', ''),
	cell('code', 'b')
];

test('a script in percent format', () => {
	expect(toScript(cells, {})).toBe(
		'# %% [markdown]\n# # Title\n#\n# text\n\n# %% tags=["parameters","x"]\na = 1\n\n# %% [raw]\n# raw\n\n# %%\n\n# %%\nb\n'
	);
	expect(toScript([], {})).toBe('');
	expect(toScript([cell('code', 'x <- 1')], { kernelspec: { language: 'R' } })).toBe(
		'# The code of this notebook is r, not Python.\n\n# %%\n# x <- 1\n'
	);
});

test.each([
	['%matplotlib inline\nx = 5 %3', '# %matplotlib inline\nx = 5 %3'],
	['!ls\n  !ls', '# !ls\n  pass  # !ls'],
	['len?\n?len\nx.y??', '# len?\n# ?len\n# x.y??'],
	['\n%%bash\nls', '#\n# %%bash\n# ls'],
	['t = """\n%time\n!x\n"""\n%time', 't = """\n%time\n!x\n"""\n# %time'],
	['f(1,\n%x)\n!x', 'f(1,\n%x)\n# !x'],
	['a = 1 \\\n%b\n%c', 'a = 1 \\\n%b\n# %c'],
	['s = "(" # [\n!x', 's = "(" # [\n# !x'],
	["s = '\\'('\n!x", "s = '\\'('\n# !x"]
])('lines of IPython: %j', (source, expected) => {
	expect(commentMagics(source)).toBe(expected);
});

test('a script with magics compiles', () => {
	const source = toScript(
		[cell('code', '%time x = 1\ny = 2\nif x:\n\t!ls'), cell('code', '%%bash\nls |')],
		{}
	);
	try {
		execFileSync('python3', ['--version'], { stdio: 'ignore' });
	} catch {
		return;
	}
	execFileSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], { input: source });
});

test('Markdown with code, outputs and attached images', () => {
	const all = [...cells.slice(0, 3), cell('code', 'print("````")')];
	expect(toMarkdown(all, {}, { 'a = 1\n': 'out\n' })).toBe(
		'# Title\n\ntext\n\n```python\na = 1\n```\n\n```text\nout\n```\n\n```\nraw\n```\n\n`````python\nprint("````")\n`````\n'
	);
	const imported = importNotebook(fixture('v4.2.ipynb'));
	expect(toMarkdown(imported.cells, imported.metadata)).toContain('![](data:image/png;base64,iVBOR');
});
