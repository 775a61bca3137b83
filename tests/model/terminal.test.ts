import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeTerminal, type Screen } from '#lib/model/terminal.ts';

/** What stands on the screen after these chunks. */
function shown(...chunks: string[]): string {
	return chunks.reduce<Screen>((screen, chunk) => writeTerminal(screen, chunk), { text: '' }).text;
}

/** Without colours. */

const plain = (text: string): string => text.replace(/\x1b\[[\d;]*m/g, '');

test('tqdm: one bar stays one line, two bars stay two', () => {
	expect(shown('\r  0%|   | 0/3', '\r 33%|█  | 1/3', '\r100%|███| 3/3', '\n', 'done\n')).toBe(
		'100%|███| 3/3\ndone\n'
	);
	// Two bars at positions 0 and 1, as tqdm moves between them.
	const bars = [0, 1, 2].map((i) => `\router ${i}\n\rinner ${i}\x1b[A`);
	expect(shown(...bars, '\n\n')).toBe('outer 2\ninner 2\n');
});

test('rich: lines are erased and the cursor goes up, colours stay with their characters', () => {
	const frame = (done: string): string => `\x1b[38;5;70m${done}\x1b[0m of all\nsecond line`;
	const next = '\r\x1b[2K\x1b[1A\x1b[2K';
	const text = shown('\x1b[?25l', frame('10%'), next, frame('55%'), next, frame('99%'), '\x1b[?25h\n');
	expect(plain(text)).toBe('99% of all\nsecond line\n');
	expect(text).toContain('\x1b[38;5;70m99%\x1b[0m');
});

test('pip: a bar drawn with erase-to-end leaves no rest of a longer line', () => {
	expect(shown('Downloading 1.0/9.9 MB eta 0:00:10\r', '\x1b[KDone')).toBe('Done');
	expect(shown('abcdef', '\x1b[3D\x1b[K')).toBe('abc');
	expect(shown('abcdef\x1b[3G\x1b[1KX')).toBe('  Xdef');
});

test('backspace moves, what follows overwrites', () => {
	expect(shown('12%\b\b\b13%')).toBe('13%');
	expect(shown('|', '\b/', '\b-', '\b\\')).toBe('\\');
});

test('an overwritten line keeps the colours of what is left of it', () => {
	const text = shown('\x1b[31mred and more\x1b[0m', '\rRED');
	expect(plain(text)).toBe('RED and more');
	expect(text).toBe('RED\x1b[31m and more\x1b[0m');
});

test('plain text and colours pass unchanged', () => {
	expect(shown('a\r\nb\n', '\x1b[1mbold\x1b[0m\n')).toBe('a\nb\n\x1b[1mbold\x1b[0m\n');
});

test('however a text is cut into chunks, the screen is the same', () => {
	const token = fc.constantFrom(
		'a',
		'bc ',
		'\n',
		'\r',
		'\b',
		'\r\n',
		'\x1b[A',
		'\x1b[2A',
		'\x1b[B',
		'\x1b[K',
		'\x1b[2K',
		'\x1b[31m',
		'\x1b[0m',
		'\x1b[5G',
		'ö'
	);
	fc.assert(
		fc.property(
			fc.array(token, { maxLength: 40 }),
			fc.array(fc.nat(80), { maxLength: 6 }),
			(tokens, cuts) => {
				const whole = tokens.join('');
				const places = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
				const chunks = places.slice(1).map((end, i) => whole.slice(places[i], end));
				expect(plain(shown(...chunks))).toBe(plain(shown(whole)));
			}
		),
		{ numRuns: 500 }
	);
});
