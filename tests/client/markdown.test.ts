import { describe, expect, test } from 'vitest';
import { headings, imageSource, renderMarkdown } from '#lib/render/markdown.ts';
import { renderTex, texParts } from '#lib/render/tex.ts';

/** What a hostile notebook may carry; each must come out inert. */
const PAYLOADS = [
	'<script>window.__xss=1</script>',
	'<img src=x onerror="window.__xss=1">',
	'<svg/onload=window.__xss=1>',
	'[click](javascript:window.__xss=1)',
	'[click](JaVaScRiPt:alert(1))',
	'[click](data:text/html;base64,PHNjcmlwdD4=)',
	'[click](vbscript:msgbox)',
	'![x](javascript:alert(1))',
	'![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)',
	'![" onerror="window.__xss=1](attachment:x.png)',
	'![x](https://tracker.example/pixel.png)',
	'<a id=MathJax href=javascript:1>x</a>',
	'$\\href{javascript:alert(1)}{x}$',
	'$\\includegraphics{https://tracker.example/x.png}$',
	'$\\htmlData{x=y}{z}$',
	'$$<img src=x onerror=alert(1)>$$',
	'```html\n<script>alert(1)</script>\n```'
];

describe('markdown is inert', () => {
	test.each(PAYLOADS)('%s', (source) => {
		const html = renderMarkdown(source);
		const tags = html.match(/<[a-z][^>]*>/gi) ?? [];
		for (const tag of tags) {
			expect(tag).not.toMatch(/^<(script|iframe|object|embed|form|style)/i);
			expect(tag.replace(/"[^"]*"/g, '""')).not.toMatch(/\son[a-z]+\s*=/i);
			expect(tag).not.toMatch(/(href|src)="\s*(javascript|vbscript|data:text|data:image\/svg)/i);
			expect(tag).not.toMatch(/src="https?:/i);
		}
	});
});

describe('math', () => {
	test.each([
		['$x^2$', 1],
		['a $$x$$ b', 1],
		['\\(x\\) and \\[y\\]', 2],
		['\\begin{align}a&=b\\\\c&=d\\end{align}', 1],
		['$$\na = b\n$$', 1],
		['- item\n\n  $$\n  a\n  $$', 1],
		['it costs $5 and $6 more', 0],
		['\\$x\\$', 0],
		['`$x$`', 0],
		['$ x $', 0]
	])('%s', (source, formulas) => {
		expect(renderMarkdown(source).match(/class="katex"/g)?.length ?? 0).toBe(formulas);
	});

	test('an expansion bomb ends and is shown as an error', () => {
		const bomb = '\\def\\a{\\a\\a}\\a';
		expect(renderTex(bomb, false)).toContain('katex-error');
	});

	test('text/latex with and without fences', () => {
		expect(texParts('$\\displaystyle x$')).toEqual([
			{ text: '\\displaystyle x', math: true, display: false }
		]);
		expect(texParts('x^2')).toEqual([{ text: 'x^2', math: true, display: true }]);
		expect(texParts('see $$x$$ there').map((part) => part.math)).toEqual([false, true, false]);
	});
});

describe('pictures and headings', () => {
	test('an attachment becomes data, anything else does not', () => {
		const attachments = { 'a b.png': { 'image/png': 'AAAA' }, bad: { 'text/html': 'x' } };
		expect(imageSource('attachment:a%20b.png', attachments)).toBe('data:image/png;base64,AAAA');
		expect(imageSource('attachment:bad', attachments)).toBeNull();
		expect(imageSource('attachment:toString', attachments)).toBeNull();
		expect(imageSource('plots/x.png', attachments)).toBeNull();
	});

	test('a picture elsewhere becomes a link that names the host', () => {
		expect(renderMarkdown('![plot](https://cern.ch/x.png)')).toContain('picture at cern.ch');
	});

	test('headings keep their text', () => {
		expect(headings('# A `b` c\n\ntext\n\n### D')).toEqual([
			{ level: 1, text: 'A b c' },
			{ level: 3, text: 'D' }
		]);
	});
});
