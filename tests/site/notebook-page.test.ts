/** A notebook as a page without scripts: what a reader sees, and what a hostile notebook cannot do. */
import { HtmlValidate } from 'html-validate';
import { parseDocument } from 'htmlparser2';
import type { Element } from 'domhandler';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import { toHtml } from '#lib/server/html-export.ts';
import { notebookPage } from '#lib/server/page/notebook-page.ts';
import type { NotebookPage, PageOptions } from '#lib/server/page/options.ts';
import { outputFile } from '#lib/server/page/output-file.ts';
import { REAL } from '../model/ipynb-support.ts';
import {
	fullNotebook,
	hostileNotebook,
	notebookOf,
	PIXEL,
	shows,
	stream,
	text
} from '../support/page-notebook.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/notebooks');
const ADDRESS: PageOptions = { address: (cell, output, part) => `/x/${cell}/${output}/${part}` };

/** All elements of a piece of HTML. */
function elements(html: string): Element[] {
	const found: Element[] = [];
	const walk = (nodes: unknown[]): void => {
		for (const node of nodes as Element[]) {
			if (node.type === 'tag' || node.type === 'script' || node.type === 'style') found.push(node);
			if ('children' in node) walk(node.children);
		}
	};
	walk(parseDocument(html).children);
	return found;
}

const validator = new HtmlValidate({
	extends: ['html-validate:recommended'],
	rules: {
		// Jupyter's ids of headings begin with whatever the heading begins with.
		'valid-id': ['error', { relaxed: true }],
		// Lengths of formulas and terminal colours.
		'no-inline-style': 'off',
		// Text of terminals is as it is; the doctype is written as Prettier writes it.
		'no-trailing-whitespace': 'off',
		'doctype-style': 'off'
	}
});

async function faults(document: string): Promise<string[]> {
	const report = await validator.validateString(document);
	return report.results.flatMap(({ messages }) =>
		messages.map(
			({ ruleId, message, line, column }) =>
				`${ruleId}: ${message} (${line}:${column}) ${document.split('\n')[line - 1]?.slice(Math.max(0, column - 60), column + 60)}`
		)
	);
}

function documentOf({ html }: NotebookPage): string {
	return `<!doctype html>\n<html lang="en">\n<head><title>Page</title></head>\n<body>\n<main><h1>Page</h1>\n${html}\n</main></body></html>\n`;
}

describe('what a reader sees', () => {
	let page: NotebookPage;
	beforeAll(async () => {
		page = await notebookPage(fullNotebook(), { title: 'A fit of the Z resonance', ...ADDRESS });
	});

	test('headings have ids, no holes in their levels, and are listed; the title is not said twice', () => {
		expect(page.contents).toEqual([
			{ level: 2, id: 'Data', text: 'Data' },
			{ level: 3, id: 'Plots', text: 'Plots' },
			{ level: 2, id: 'The-results', text: 'The results' }
		]);
		expect(page.html).toContain('<h3 id="Plots">Plots</h3>');
		expect(page.html).toContain('<a href="#The-results">');
		expect(page.html).not.toMatch(/<h1|title: A fit/);
	});

	test('formulas are set, as KaTeX or as MathML alone', async () => {
		expect(page.html).toContain('class="katex-display"');
		expect(page.html).toContain('<math');
		const bare = await notebookPage(fullNotebook(), { maths: 'mathml' });
		expect(bare.html).toContain('<math');
		expect(bare.html).not.toContain('katex-html');
	});

	test('code has its colours, also under a magic of another language', () => {
		expect(page.html).toContain('<span class="syn-keyword">import</span> numpy');
		expect(page.html).toMatch(/%%bash<\/span>\n<span class="syn-keyword">for<\/span>/);
	});

	test.each([
		['R', 'f <- function(x) x', '<span class="syn-keyword">function</span>'],
		['julia', 'function f(x) x end', '<span class="syn-keyword">function</span>'],
		['bash', 'if true; then echo "a"; fi', '<span class="syn-keyword">if</span>'],
		['unheard', 'if <b>', 'if &#60;b&#62;'],
		['__proto__', 'x', '<code>x</code>']
	])('code of %s', async (language, source, found) => {
		const { html } = await notebookPage(notebookOf([{ source }], { language_info: { name: language } }));
		expect(html).toContain(found);
	});

	test('streams have terminal colours, errors their traceback', () => {
		expect(page.html).toContain('<span class="ansi-green-fg">ok</span>');
		expect(page.html).toContain('Standard error:');
		expect(page.html).toContain('<strong>ZeroDivisionError</strong> division by zero');
		expect(page.html).toContain('<span class="ansi-red-fg">ZeroDivisionError</span>');
	});

	test('a progress bar is shown as it ended', async () => {
		const { html } = await notebookPage(notebookOf([{ source: 'x', outputs: [stream('10%\r50%\r100%\n')] }]));
		expect(html).toContain('>100%\n</pre>');
	});

	test('pictures have words, size and an address; SVG is an image', () => {
		const image = elements(page.html).find(({ attribs }) => attribs.src === '/x/c4/0/picture');
		expect(image?.attribs).toMatchObject({ alt: 'The resonance at 91 GeV', width: '576', height: '288' });
		const inline = elements(page.html).filter(({ name }) => name === 'svg' || name === 'polyline');
		// KaTeX draws its roots; nothing else is drawn on the page.
		expect(inline.every(({ attribs }) => name(attribs, 'viewBox')?.startsWith('0 0 400000'))).toBe(true);
	});

	test('without an address a picture is on the page itself, and nobody names a figure by its repr', async () => {
		const { html } = await notebookPage(
			notebookOf([
				{
					source: 'x',
					outputs: [
						shows({ 'image/png': `${PIXEL.slice(0, 40)}\n${PIXEL.slice(40)}`, 'text/plain': '<Figure>' })
					]
				}
			])
		);
		expect(html).toContain(`src="data:image/png;base64,${PIXEL.replace(/=+$/, '')}`);
		expect(html).toContain('alt="code cell 1" width="1" height="1"');
	});

	test('a table is part of the page, its first column a heading of its row', () => {
		expect(page.html).toContain('<th scope="row">0</th><td>91.19</td>');
		expect(page.html).toContain('<th scope="col">mass</th>');
		expect(page.html).not.toMatch(/<th[^>]*><\/th>/);
	});

	test('what runs is loaded on demand, its picture shown before', () => {
		expect(page.interactive).toBe(true);
		expect(page.html).toMatch(
			/<img src="\/x\/c6\/0\/picture"[^>]*><details class="on-demand"><summary><span>Load the Plotly figure<\/span><\/summary><iframe sandbox="allow-scripts" src="\/x\/c6\/0\/frame"/
		);
	});

	test('what needs a library or a kernel says so', () => {
		expect(page.html).toMatch(/alt\.Chart[^]*This Vega chart needs the running notebook/);
		expect(page.html).toContain('This widget needs the running notebook');
	});

	test('a table with a style sheet of its own stands in a frame at once', () => {
		expect(page.html).toContain('<div class="output"><iframe sandbox="allow-scripts" src="/x/c8/0/frame"');
	});

	test('tags of Jupyter Book fold and remove', () => {
		expect(page.html).not.toMatch(/secret_setup|never shown/);
		expect(page.html).toMatch(
			/Show the code<\/summary>.*hidden_code.*<\/details><div class="outputs">\n.*although its code is folded/
		);
		expect(page.html).toMatch(/Show the output<\/summary><div class="outputs">\n.*folded output/);
	});

	test('a long output is cut, and the whole has an address', async () => {
		expect(page.html).toContain('line 0\n');
		expect(page.html).toContain('line 3999\n');
		expect(page.html).not.toContain('line 2500\n');
		expect(page.html.match(/line \d+\n/g)).toHaveLength(150);
		expect(page.html).toMatch(
			/characters between are not shown here\. <a href="\/x\/c19\/0\/whole">Show all of it \(39 kB\)/
		);
		expect(outputFile(fullNotebook(), 'c19', 0, 'whole')?.body).toContain('line 2500\n');
		const whole = await notebookPage(fullNotebook(), { whole: true });
		expect(whole.html).toContain('line 2500\n');
	});

	test('two notebooks on one page keep their ids apart', async () => {
		const { html, contents } = await notebookPage(fullNotebook(), { idPrefix: 'b-' });
		expect(contents[1]!.id).toBe('b-Data');
		expect(html).toContain('href="#b-The-results"');
		expect(
			elements(html).every(({ attribs }) => attribs.id === undefined || attribs.id.startsWith('b-'))
		).toBe(true);
	});

	test('headings that say the same have different ids', async () => {
		const { contents } = await notebookPage(notebookOf([text('# A\n# A\n# A-2\n# A')]));
		expect(new Set(contents.map(({ id }) => id)).size).toBe(4);
	});

	test('relative links and pictures lead where the files are, or nowhere', async () => {
		const content = notebookOf([text('[data](data/x.csv) ![plot](plots/a.png)')]);
		expect((await notebookPage(content)).html).not.toContain('href');
		const { html } = await notebookPage(content, { resolve: (path) => `https://git.example/raw/${path}` });
		expect(html).toContain('href="https://git.example/raw/data/x.csv"');
	});
});

function name(attribs: Record<string, string>, wanted: string): string | undefined {
	return Object.entries(attribs).find(([key]) => key.toLowerCase() === wanted.toLowerCase())?.[1];
}

/** What stands on a page: nothing that runs, loads or takes input. */
function harmful(html: string): string[] {
	return elements(html).flatMap(({ name: tag, attribs }) => {
		const wrong: string[] = [];
		if (
			/^(script|style|object|embed|form|input|button|textarea|select|meta|base|link|template|noscript|xmp|plaintext|foreignobject|use|image|animate|set)$/i.test(
				tag
			)
		)
			wrong.push(`<${tag}>`);
		for (const [key, value] of Object.entries(attribs)) {
			if (/^on/i.test(key)) wrong.push(`${tag} ${key}`);
			if (/^(srcset|background|action|formaction|name|xlink:href|ping|is|slot)$/i.test(key))
				wrong.push(`${tag} ${key}`);
			if (key === 'href' && !/^(https?:|mailto:|#|\/(?!\/))/i.test(value)) wrong.push(`${tag} href=${value}`);
			if (
				key === 'src' &&
				tag !== 'iframe' &&
				!/^(data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]|\/x\/)/.test(value)
			)
				wrong.push(`${tag} src=${value}`);
			if (key === 'style' && /url|position:\s*(fixed|sticky)|expression|@import/i.test(value))
				wrong.push(`${tag} style=${value}`);
			if (key === 'id' && !(/^cell /.test(attribs.class ?? '') && /^cell-/.test(value)) && !/^h\d$/.test(tag))
				wrong.push(`${tag} id=${value}`);
		}
		if (
			tag === 'iframe' &&
			(attribs.sandbox === undefined || /same-origin|top|popups|forms/.test(attribs.sandbox))
		)
			wrong.push('an open frame');
		return wrong;
	});
}

describe('what a hostile notebook cannot do', () => {
	test.each([
		['on its own', {}],
		['with addresses', ADDRESS],
		['in whole', { whole: true, maths: 'mathml' as const }]
	])('a page %s holds nothing that runs, loads or takes input', async (_, options) => {
		const { html } = await notebookPage(hostileNotebook(), options);
		expect(harmful(html)).toEqual([]);
	});

	test('the check sees what it looks for', () => {
		for (const bad of [
			'<script>1</script>',
			'<b onclick=x>',
			'<a href="javascript:1">',
			'<img src=//x>',
			'<iframe src=/x>',
			'<b id=x>'
		])
			expect(harmful(bad)).toHaveLength(1);
	});

	test('nothing closes the elements around it', async () => {
		const { html } = await notebookPage(hostileNotebook());
		const cells = elements(html).filter(({ attribs }) => /^cell /.test(attribs.class ?? ''));
		expect(cells.length).toBeGreaterThan(80);
		expect(cells.every(({ parent }) => (parent as Element).attribs.class === 'notebook')).toBe(true);
	});

	test('files of outputs run nothing in our origin, whatever they hold', () => {
		const content = hostileNotebook();
		const seen = new Set<string>();
		for (const [cell, { outputs }] of Object.entries(content.outputs)) {
			for (const index of outputs.keys()) {
				for (const part of ['frame', 'picture', 'whole'] as const) {
					const file = outputFile(content, cell, index, part);
					if (!file) continue;
					seen.add(`${part} ${file.headers['Content-Type']}`);
					expect(file.headers['Content-Security-Policy']).toMatch(/(^|; )sandbox( allow-scripts)?;/);
					expect(file.headers['Content-Security-Policy']).toContain("default-src 'none'");
					expect(file.headers['X-Content-Type-Options']).toBe('nosniff');
					expect(file.headers['Content-Type']).toMatch(
						/^(image\/|text\/(plain|html); charset=utf-8$|application\/json$)/
					);
				}
			}
		}
		expect([...seen].some((one) => one.startsWith('frame'))).toBe(true);
		expect([...seen].some((one) => one === 'picture image/svg+xml')).toBe(true);
		expect(outputFile(content, 'constructor', 0, 'whole')).toBeNull();
	});

	test('ten megabytes of anything leave a page of less than one', async () => {
		const big = 'x'.repeat(10_000_000);
		const rows = `<table>${'<tr><td>1</td></tr>'.repeat(400_000)}</table>`;
		const content = notebookOf([
			{ source: 'a', outputs: [stream(big)] },
			{ source: 'b', outputs: [shows({ 'text/html': rows })] },
			{
				source: 'c',
				outputs: [
					shows({
						'application/json': Array.from({ length: 100_000 }, (_, i) => ({ i, words: 'y'.repeat(90) }))
					})
				]
			},
			{ source: 'd', outputs: [shows({ 'text/markdown': '*'.repeat(5_000_000) })] },
			{ source: 'e', outputs: [shows({ 'text/latex': `$${'{'.repeat(1_000_000)}$` })] },
			{ source: 'f', outputs: [shows({ 'image/png': 'A'.repeat(10_000_000) })] },
			{ source: 'g', outputs: [{ output_type: 'error', ename: big, evalue: big, traceback: [big] }] },
			{ source: 'h', outputs: Array.from({ length: 5_000 }, () => stream('one of many\n')) },
			{ source: 'i', outputs: [shows({ 'text/plain': '[['.repeat(2_000_000) })] }
		]);
		const { html } = await notebookPage(content, ADDRESS);
		expect(html.length).toBeLessThan(1_000_000);
		expect(html).toContain('4800 more outputs of this cell');
		expect(html).toContain('/x/c1/0/whole');
	}, 30_000);

	test('nesting without end ends', async () => {
		const deep = (depth: number): unknown => (depth === 0 ? 1 : [deep(depth - 1)]);
		const content = notebookOf([
			text('>'.repeat(5_000)),
			text('- '.repeat(2_000)),
			text('['.repeat(50_000)),
			{
				source: 'a',
				outputs: [
					shows({ 'text/html': '<div>'.repeat(20_000) }),
					shows({ 'application/json': deep(2_000) as never })
				]
			}
		]);
		expect((await notebookPage(content)).html.length).toBeLessThan(3_000_000);
	}, 30_000);
});

describe('the cleaner', () => {
	test('keeps no element and no attribute that the one in the notebook would take away', async () => {
		const { ALLOWED } = await import('#lib/server/page/clean-html.ts');
		const purifier = readFileSync(
			new URL('../../node_modules/dompurify/dist/purify.es.mjs', import.meta.url),
			'utf8'
		);
		const list = (name: string): string[] =>
			[
				...new RegExp(`const ${name.replace('$', '\\$')} = freeze\\(\\[([^\\]]*)\\]`)
					.exec(purifier)![1]!
					.matchAll(/"([^"]+)"/g)
			].map((match) => match[1]!);
		const tags = new Set([...list('html$1'), ...list('mathMl$1')]);
		const attributes = new Set([...list('html'), ...list('mathMl')]);
		expect(tags.size).toBeGreaterThan(100);
		expect(ALLOWED.tags.filter((tag) => !tags.has(tag))).toEqual([]);
		expect(
			ALLOWED.attributes.filter((attribute) => !attributes.has(attribute) && attribute !== 'target')
		).toEqual([]);
	});
});

describe('valid HTML', () => {
	const real = [REAL, FIXTURES].flatMap((folder) =>
		existsSync(folder)
			? readdirSync(folder)
					.filter((file) => file.endsWith('.ipynb'))
					.map((file) => join(folder, file))
			: []
	);

	test.each(real)('%s', async (file) => {
		let content: NotebookContent;
		try {
			content = importNotebook(readFileSync(file, 'utf8'));
		} catch (error) {
			expect((error as Error).name).toBe('ProblemError');
			return;
		}
		const page = await notebookPage(content, { title: 'Page', ...ADDRESS });
		expect(await faults(documentOf(page))).toEqual([]);
		expect(harmful(page.html)).toEqual([]);
		expect(await faults(await toHtml('Page', content))).toEqual([]);
	});

	test('a notebook with everything', async () => {
		expect(
			await faults(documentOf(await notebookPage(fullNotebook(), { title: 'Page', ...ADDRESS })))
		).toEqual([]);
		expect(await faults(await toHtml('Page', fullNotebook()))).toEqual([]);
	});
});

test('the file that stands alone loads nothing and runs nothing', async () => {
	const html = await toHtml('A </title><script>1</script> fit', fullNotebook());
	expect(html).toContain("default-src 'none'");
	expect(html).not.toMatch(/<script|@import|@font-face|url\(/);
	expect(
		elements(html)
			.filter(({ name: tag }) => tag === 'iframe')
			.every(({ attribs }) => attribs.sandbox === '' && attribs.src === undefined)
	).toBe(true);
	expect(html).toContain('line 2500\n');
	expect(html).toContain('<nav class="contents"');
});
