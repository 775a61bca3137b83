// What a tile of the gallery, a preview and a feed show of an abstract.
import { expect, test } from 'vitest';
import { abstractLead } from '#lib/model/paper/abstract-lead.ts';

test.each([
	['We measure $\\sqrt{s}$.\n\nThe result is **sharp**.', 'We measure $\\sqrt{s}$. The result is sharp.'],
	['# Abstract\n\n- one\n- *two*, and `three`', 'Abstract one two, and three'],
	['See [the code](https://example.org/a_b) and ![a plot](b.png).', 'See the code and a plot.'],
	['From 5 \\* 3 to \\$7, and a_b stays.', 'From 5 * 3 to $7, and a_b stays.'],
	['Costs 5 * 3 and more', 'Costs 5 * 3 and more'],
	['', '']
])('%j', (abstract, lead) => {
	expect(abstractLead(abstract, 200)).toBe(lead);
});

test('it is cut at a word, and never within a formula', () => {
	const abstract = 'A peak, at $m_{\\gamma\\gamma} = 125$ GeV, is seen by us';
	expect(abstractLead(abstract, 100)).toBe(abstract);
	expect(abstractLead(abstract, abstract.length)).toBe(abstract);
	expect(abstractLead(abstract, 20)).toBe('A peak, at…');
	expect(abstractLead(abstract, 42)).toBe('A peak, at $m_{\\gamma\\gamma} = 125$ GeV…');
	expect(abstractLead(abstract, 7)).toBe('A…');
	expect(abstractLead('我们测量了质量。𝛼𝛽结果很精确。', 9)).toBe('我们测量了质量。…');
});

test('however long and however odd, it takes no time', () => {
	for (const text of [
		'*'.repeat(20_000),
		'['.repeat(20_000),
		'`a'.repeat(10_000),
		'[a](b '.repeat(3000),
		'\\'.repeat(20_000)
	]) {
		expect(abstractLead(text, 300).length).toBeLessThanOrEqual(301);
	}
});
