/** The tokens keep their promise: every pair of text and ground the look uses has the contrast WCAG 2.2 AA asks for. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const css = readFileSync(new URL('../../src/lib/components/tokens.css', import.meta.url), 'utf8');

/** The custom properties of all blocks with this selector that stand at this depth of tabs. */
function tokensOf(selector: string): Record<string, string> {
	const tokens: Record<string, string> = {};
	let at = css.indexOf(`${selector} {`);
	if (at < 0) throw new Error(`tokens.css has no block ${selector}`);
	for (; at >= 0; at = css.indexOf(`${selector} {`, at + 1)) {
		const body = css.slice(css.indexOf('{', at) + 1, css.indexOf('}', at));
		for (const [, name, value] of body.matchAll(/--([\w-]+):\s*([^;]+);/g)) tokens[name!] = value!.trim();
	}
	return tokens;
}

function luminance(hex: string): number {
	if (!/^#[0-9a-f]{6}$/.test(hex)) throw new Error(`not a plain colour: ${hex}`);
	const [r, g, b] = [1, 3, 5].map((at) => {
		const part = parseInt(hex.slice(at, at + 2), 16) / 255;
		return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
	const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
	return (high! + 0.05) / (low! + 0.05);
}

const GROUNDS = ['paper', 'paper-raised', 'paper-sunken', 'code-bg'];
const SYNTAX = ['keyword', 'string', 'number', 'comment', 'function', 'type', 'operator', 'name'];
const HUES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
const PEOPLE = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `who-${n}`);

/** [text, ground, least ratio]: 4.5 for text, 3 for the edges of controls and for carets. */
const PAIRS: [string, string, number][] = [
	...GROUNDS.flatMap((ground) =>
		['ink', 'ink-muted', 'ink-faint', 'accent', 'accent-strong', 'error', 'warning', 'ok'].map(
			(text): [string, string, number] => [text, ground, 4.5]
		)
	),
	...GROUNDS.flatMap((ground) => [
		['line-strong', ground, 3] as [string, string, number],
		['focus', ground, 3] as [string, string, number]
	]),
	['accent-ink', 'accent', 4.5],
	['accent-ink', 'accent-strong', 4.5],
	...['accent', 'error', 'warning', 'ok'].flatMap((name): [string, string, number][] => [
		[name, `${name}-soft`, 4.5],
		['ink', `${name}-soft`, 4.5],
		['ink-muted', `${name}-soft`, 4.5]
	]),
	['ink', 'sel', 4.5],
	...['paper', 'code-bg'].flatMap((ground) =>
		SYNTAX.map((name): [string, string, number] => [`syn-${name}`, ground, 4.5])
	),
	...['paper', 'code-bg'].flatMap((ground) =>
		HUES.flatMap((hue): [string, string, number][] => [
			[`ansi-${hue}`, ground, 4.5],
			[`ansi-bright-${hue}`, ground, 4.5]
		])
	),
	...PEOPLE.flatMap((who): [string, string, number][] => [
		['who-ink', who, 4.5],
		[who, 'paper', 3],
		[who, 'code-bg', 3]
	])
];

const light = tokensOf('\n:root');
const dark = tokensOf("\n:root[data-theme='dark']");

describe.each([
	['light', light],
	['dark', { ...light, ...dark }]
])('%s', (_, tokens) => {
	test.each(PAIRS)('%s on %s has at least %d : 1', (text, ground, least) => {
		expect(contrast(tokens[text]!, tokens[ground]!)).toBeGreaterThanOrEqual(least);
	});
});

test('dark by the system and dark by choice are one design', () => {
	expect(tokensOf("\t:root:not([data-theme='light'])")).toEqual(dark);
});

test('light and dark name the same colours', () => {
	const colours = Object.keys(light).filter((name) => light[name]!.startsWith('#'));
	expect(Object.keys(dark).filter((name) => dark[name]!.startsWith('#'))).toEqual(colours);
});
