/** What counts as the same output, by cases as notebooks have them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NbOutput } from '#lib/model/ipynb/nb-output.ts';
import { compareOutputs } from '#lib/model/paper/compare-outputs.ts';
import { RELATIVE, textDifference } from '#lib/model/paper/compare-text.ts';
import { PICTURE_THRESHOLD } from '#lib/model/paper/picture-difference.ts';
import { comparePng } from '#lib/server/picture-difference.ts';
import { png } from '../../support/paper.ts';
import { testPython } from '../../support/python.ts';

const printed = (text: string): NbOutput => ({ output_type: 'stream', name: 'stdout', text });
const warned = (text: string): NbOutput => ({ output_type: 'stream', name: 'stderr', text });
const shown = (data: Record<string, string>): NbOutput => ({
	output_type: 'display_data',
	data,
	metadata: {}
});
const failed = (ename: string, evalue: string): NbOutput => ({
	output_type: 'error',
	ename,
	evalue,
	traceback: []
});
const compare = (before: NbOutput[], after: NbOutput[]) => compareOutputs(before, after, comparePng);

describe('texts', () => {
	test.each([
		['the last digits of floating point', '0.30000000000000004', '0.3'],
		['the rest of a sum that should be zero', 'sum = -2.7e-17', 'sum = 5.5e-17'],
		['a number in a word', 'took mass=125.0900001GeV', 'took mass=125.09GeV'],
		['the address of an object', '<Foo object at 0x7f31aa>', '<Foo object at 0x55d2c8ef>'],
		['%%time', 'CPU times: user 1.2 s, sys: 3 ms\nWall time: 1.3 s\n42', 'Wall time: 9 s\n42'],
		['%timeit', '1.2 ms ± 3 µs per loop (mean ± std. dev. of 7 runs, 1,000 loops each)', ''],
		[
			'a bar of progress',
			'  0%|          | 0/3\r100%|██████████| 3/3 [00:01<00:00,  2.9it/s]\nfit done',
			'100%|██████████| 3/3 [00:07<00:00,  0.4it/s]\nfit done'
		],
		['a line written over', 'step 1\rstep 2\rstep 9', 'step 9'],
		['when it was', 'made 2024-03-01T12:00:00Z at 12:00:01', 'made 2026-11-26 05:00:00 at 05:00:01.5'],
		['a temporary file', 'wrote /tmp/tmpab12/x.root', 'wrote /var/folders/zz/T/tmp9/x.root'],
		['a file of the kernel', 'File /tmp/ipykernel_12/33.py', 'File /tmp/ipykernel_7/1.py'],
		[
			'a name nobody has chosen',
			'id 123e4567-e89b-12d3-a456-426614174000',
			'id 0b0f2b2a-57a0-4f0c-8bb0-9c2f7d1f5a11'
		],
		['colours', '\u001b[31mred\u001b[0m', 'red'],
		['spaces of columns', 'a   1.0\nb  -1.0  ', 'a  1.0\nb -1.0'],
		['ends of lines', 'a\r\nb\r\n', 'a\nb'],
		['not a number', 'nan inf', 'nan inf']
	])('%s is no difference', (_, before, after) => {
		expect(textDifference(before, after)).toBeNull();
		expect(textDifference(after, before)).toBeNull();
	});

	test.each([
		['another value', 'mean 0.42', 'mean 0.51', 'gives other numbers: “mean 0.51”, and it was “mean 0.42”'],
		['the fifth digit', 'x = 1.00001', 'x = 1.00002', 'gives other numbers'],
		['a count that is one off', '10000001 events', '10000002 events', 'gives other numbers'],
		['another sign', 'x = -1.5', 'x = 1.5', 'gives other'],
		['not a number', 'mean 0.42', 'mean nan', 'gives another text'],
		['another word', 'converged', 'diverged', 'gives another text: “diverged”, and it was “converged”'],
		['a line that is gone', 'a\nb', 'a', 'gives another text: one line, and it was 2 lines'],
		['a line between', 'a\nb', 'a\nx\nb', 'gives another text: 3 lines, and it was 2 lines'],
		['nothing', 'a', '', 'gives another text: nothing, and it was one line'],
		['a year in a title', 'Data of 2011', 'Data of 2012', 'gives other numbers'],
		['a version in a name', 'model-v2', 'model-v3', 'gives other numbers'],
		['NaN for inf', 'inf', 'nan', 'gives another text']
	])('%s is one', (_, before, after, words) => {
		expect(textDifference(before, after)).toContain(words);
	});

	test('a text is the same as itself, whatever is in it, and what is said of a difference is one line', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
				expect(textDifference(a, a)).toBeNull();
				expect(textDifference(a, b) ?? '').not.toMatch(/\n/);
				expect(textDifference(a, b) === null).toBe(textDifference(b, a) === null);
			})
		);
	});

	test('numbers within the tolerance are the same, those well above are not', () => {
		const number = fc.double({ min: 1e-6, max: 1e12, noNaN: true });
		fc.assert(
			fc.property(number, fc.double({ min: 0, max: 0.9, noNaN: true }), (value, part) => {
				const say = (x: number): string => `m = ${x.toExponential(17)} GeV`;
				expect(textDifference(say(value), say(value * (1 + part * RELATIVE)))).toBeNull();
				expect(textDifference(say(value), say(value * (1 + (3 + part) * RELATIVE)))).toMatch(/^gives other/);
			})
		);
	});
});

describe('outputs of a cell', () => {
	test.each<[string, NbOutput[], NbOutput[]]>([
		['warnings', [printed('1')], [warned('DeprecationWarning: soon'), printed('1')]],
		['a text in parts', [printed('a\nb\n')], [printed('a\n'), printed('b\n')]],
		['an error that was there', [failed('ValueError', 'at 0x1')], [failed('ValueError', 'at 0x2')]],
		[
			'a table with another style',
			[shown({ 'text/html': '<style>td{}</style><table><tr><td>1.0</td><td>a</td></tr></table>' })],
			[shown({ 'text/html': '<table class="x"><tr><td> 1.00000001 </td><td>a</td></tr>\n</table>' })]
		]
	])('%s are no difference', (_, before, after) => {
		expect(compare(before, after)).toEqual({ outcome: 'same', words: '', pictures: [] });
	});

	test('other numbers in a table are one', () => {
		const table = (n: string): NbOutput =>
			shown({ 'text/html': `<table><tr><td>mu</td><td>${n}</td></tr></table>`, 'text/plain': 'same' });
		expect(compare([table('1.5')], [table('1.7')])).toMatchObject({
			outcome: 'different',
			words: 'gives other numbers: “mu 1.7”, and it was “mu 1.5”'
		});
	});

	test('an error where none was is an error, and its name is said', () => {
		expect(compare([printed('1')], [printed('1'), failed('KeyError', "'mass'\nmore")])).toMatchObject({
			outcome: 'error',
			words: "ends with an error: KeyError: 'mass'"
		});
		expect(compare([failed('KeyError', 'a')], []).words).toMatch(/^ends without the error/);
		expect(compare([failed('KeyError', 'a')], [failed('ValueError', 'b')]).outcome).toBe('different');
	});

	test('where there is nothing to compare, nothing is said', () => {
		const widget = (id: string): NbOutput =>
			shown({ 'application/vnd.jupyter.widget-view+json': id, 'text/plain': `Slider(${id})` });
		expect(compare([], [])).toEqual({ outcome: 'unknown', words: '', pictures: [] });
		expect(compare([widget('1')], [widget('2')]).outcome).toBe('unknown');
		expect(compare([shown({ 'image/png': 'AAAA' })], [shown({ 'image/png': 'AAAB' })]).outcome).toBe(
			'unknown'
		);
	});

	test('an output more or less is a difference', () => {
		expect(compare([shown({ 'text/plain': '1' })], [])).toMatchObject({
			outcome: 'different',
			words: 'shows other outputs: 0, and it was 1'
		});
	});
});

describe('pictures', () => {
	/** Figures of the installed matplotlib, by what is drawn on their axes. */
	const drawn = draw({
		sine: 'a.plot(x, np.sin(x))',
		larger: 'f.set_dpi(110); a.plot(x, np.sin(x))',
		moved: 'a.plot(x, np.sin(x + 0.3))',
		cosine: 'a.plot(x, np.cos(x))',
		peak: 'hist(1, 500)',
		noise: 'hist(3, 500)',
		flat: 'hist(1, 0)',
		elsewhere: 'hist(1, 500, 150)'
	});
	const figure = (name: string): NbOutput => shown({ 'image/png': drawn[name]!, 'text/plain': '<Figure>' });
	// drawn by matplotlib 3.6.3 with the same lines
	const stored = (name: string): NbOutput =>
		shown({
			'image/png': readFileSync(
				fileURLToPath(new URL(`../../fixtures/figures/${name}-3.6.3.png`, import.meta.url))
			).toString('base64')
		});

	test.each<[string, NbOutput, NbOutput]>([
		['another version of matplotlib', stored('sine'), figure('sine')],
		['another version of matplotlib, of a histogram', stored('peak'), figure('peak')],
		['another resolution', figure('sine'), figure('larger')],
		['other noise of the same size', figure('peak'), figure('noise')]
	])('%s draws the same', (_, before, after) => {
		expect(compare([before], [after])).toMatchObject({ outcome: 'same' });
	});

	test.each<[string, NbOutput, NbOutput]>([
		['another curve', figure('sine'), figure('cosine')],
		['a curve that has moved', figure('sine'), figure('moved')],
		['a peak that is gone', figure('peak'), figure('flat')],
		['a peak that is elsewhere', stored('peak'), figure('elsewhere')]
	])('%s is seen', (_, before, after) => {
		expect(compare([printed('a'), before], [printed('a'), after])).toEqual({
			outcome: 'different',
			words: 'shows another picture',
			pictures: [{ before: 1, after: 1 }]
		});
	});

	test('pictures of any size compare, both ways alike, and with themselves as the same', () => {
		const size = fc.integer({ min: 1, max: 40 });
		fc.assert(
			fc.property(size, size, fc.integer({ min: 0, max: 255 }), (width, height, shade) => {
				const one = png(width, height, (x, y) => [x % 2 ? shade : 0, y % 3 ? 255 : shade, shade]);
				const other = png(width, height, () => [shade, 0, 0]);
				const [a, b] = [one.toString('base64'), other.toString('base64')];
				expect(comparePng(a, a)).toBe(0);
				expect(comparePng(a, b)).toBeCloseTo(comparePng(b, a)!, 9);
				expect(comparePng(a, b)).toBeGreaterThanOrEqual(0);
				expect(comparePng(a, b)).toBeLessThanOrEqual(1);
			}),
			{ numRuns: 50 }
		);
	});

	test('another shape is another picture, and a file that promises too much is not opened', () => {
		const wide = png(300, 100).toString('base64');
		expect(comparePng(wide, png(100, 300).toString('base64'))).toBeGreaterThan(PICTURE_THRESHOLD);
		const bomb = png(2, 2);
		bomb.writeUInt32BE(100_000, 16);
		bomb.writeUInt32BE(100_000, 20);
		expect(comparePng(wide, bomb.toString('base64'))).toBeNull();
	});
});

function draw(figures: Record<string, string>): Record<string, string> {
	const program = `
import base64, io, json, sys
import matplotlib; matplotlib.use('Agg')
import matplotlib.pyplot as plt, numpy as np
x, made = np.linspace(0, 10, 400), {}
def hist(seed, n, at=125):
    r = np.random.default_rng(seed)
    d = np.concatenate([100 + r.exponential(30, 5000), r.normal(at, 2, n)])
    a.hist(d, bins=60, range=(100, 200), histtype='step'); a.set_ylim(0, 420)
for name, lines in json.load(sys.stdin).items():
    f, a = plt.subplots(dpi=72); exec(lines); a.set_xlabel('x'); a.set_ylabel('y')
    file = io.BytesIO(); f.savefig(file, dpi=f.dpi, bbox_inches='tight'); plt.close(f)
    made[name] = base64.b64encode(file.getvalue()).decode()
print(json.dumps(made))`;
	const { stdout, stderr, status } = spawnSync(testPython(), ['-c', program], {
		input: JSON.stringify(figures),
		encoding: 'utf8',
		maxBuffer: 64 * 1024 * 1024
	});
	if (status !== 0) throw new Error(stderr);
	return JSON.parse(stdout) as Record<string, string>;
}
