import { describe, expect, test } from 'vitest';
import { ansiToHtml, stripAnsi } from '#lib/render/ansi.ts';
import { needsFrame, scriptPage } from '#lib/render/html-rules.ts';
import { preferredMime, viewOf } from '#lib/render/mime.ts';
import { duration, elapsed, ordinal } from '#lib/client/render/words.ts';

describe('where HTML goes', () => {
	test.each([
		['<table class="dataframe"><tr><td>1</td></tr></table>', false],
		['<div><style scoped>.dataframe{}</style><table></table></div>', false],
		['<b>bold</b> and <a href="https://x.org">link</a>', false],
		['<style>#T_1{color:red}</style><table id="T_1"></table>', true],
		['<script>draw()</script>', true],
		['<SCRIPT >draw()</SCRIPT>', true],
		['<img src=x onerror=alert(1)>', true],
		['<img src=x/onerror=alert(1)>', true],
		['<iframe src="https://x.org"></iframe>', true],
		['<svg><circle/></svg>', true],
		['<video controls></video>', true],
		['<my-widget></my-widget>', true],
		['<button>Go</button>', true]
	])('%s', (html, framed) => {
		expect(needsFrame(html)).toBe(framed);
	});

	test('a script cannot close its own element', () => {
		expect(scriptPage('"</script><img>"')).toBe('<script>"<\\/script><img>"</script>');
	});
});

describe('the richest form of a bundle', () => {
	test.each([
		[{ 'text/plain': 'x', 'text/html': '<b>' }, 'text/html'],
		[{ 'text/plain': 'x', 'image/png': 'AA' }, 'image/png'],
		[{ 'image/png': 'AA', 'image/svg+xml': '<svg>' }, 'image/svg+xml'],
		[{ 'text/latex': '$x$', 'text/plain': 'x' }, 'text/latex'],
		[{ 'application/vnd.jupyter.widget-view+json': {}, 'text/plain': 'IntSlider' }, 'text/plain'],
		[{ 'application/vnd.plotly.v1+json': {} }, 'application/vnd.plotly.v1+json'],
		[{}, null]
	])('%j', (bundle, mime) => {
		expect(preferredMime(bundle)).toBe(mime);
	});

	test('SVG is only ever an image', () => {
		expect(viewOf('image/svg+xml')).toBe('image');
	});
});

describe('terminal text', () => {
	test('is escaped and coloured by class', () => {
		expect(ansiToHtml('\u001b[31m<b>\u001b[0m')).toBe('<span class="ansi-red-fg">&lt;b&gt;</span>');
	});

	test('a sequence cut off at the end swallows nothing', () => {
		expect(ansiToHtml('kept \u001b[3')).toMatch(/^kept /);
		expect(ansiToHtml('kept \u001b]8;;https://x.org')).toContain('x.org');
	});

	test('no link but http', () => {
		const link = (url: string) => ansiToHtml(`\u001b]8;;${url}\u0007text\u001b]8;;\u0007`);
		expect(link('https://x.org')).toContain('href="https://x.org"');
		expect(link('javascript:alert(1)')).not.toContain('href');
	});

	test('the clipboard gets the text alone', () => {
		expect(stripAnsi('\u001b[1;31mKeyError\u001b[0m: x')).toBe('KeyError: x');
	});
});

test('numbers as words', () => {
	expect([3, 980, 1500, 12_400, 61_000, 3_700_000].map(duration)).toEqual([
		'3 ms',
		'1 s',
		'1.5 s',
		'12 s',
		'1 min 1 s',
		'1 h 1 min'
	]);
	expect([0, 61_000, 3_661_000].map(elapsed)).toEqual(['0 s', '1:01', '1:01:01']);
	expect([1, 2, 3, 4, 11, 12, 21, 112].map(ordinal)).toEqual([
		'1st',
		'2nd',
		'3rd',
		'4th',
		'11th',
		'12th',
		'21st',
		'112th'
	]);
});
