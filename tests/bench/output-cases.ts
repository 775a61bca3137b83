/** What the output benchmark prints: three cells, each long in another way. */
import { createHash } from 'node:crypto';

/** The last line of a text: nothing else on the page says it. */
export const END = 'END-OF-OUTPUT';

export interface OutputCase {
	name: 'prints' | 'bytes' | 'displays';
	source: string;
	/** What the last output says when all is there. */
	last: string;
	/** The text of a stream as a digest and a size in bytes; null where the outputs are displays. */
	text: { sha256: string; bytes: number } | null;
	/** How many outputs a notebook file of it would have. */
	outputs: number;
}

const PRINTS = 100_000;
const DISPLAYS = 2000;
const BLOCKS = 1000;
/** Lines of a block, each of 100 characters with its end: 100 MB in all. */
const LINES = 1000;

/** Small ones first: memory is looked at after each. */
export const CASES: OutputCase[] = [
	{
		name: 'displays',
		source: `for i in range(${DISPLAYS}):\n    display(i)`,
		last: String(DISPLAYS - 1),
		text: null,
		outputs: DISPLAYS
	},
	{
		name: 'prints',
		source: `for i in range(${PRINTS - 1}):\n    print(i)\nprint('${END}')`,
		last: END,
		text: digested(function* () {
			for (let i = 0; i < PRINTS - 1; i++) yield `${i}\n`;
			yield `${END}\n`;
		}),
		outputs: 1
	},
	{
		name: 'bytes',
		source:
			`for i in range(${BLOCKS}):\n` +
			`    print('\\n'.join(f'{n:099d}' for n in range(i * ${LINES}, (i + 1) * ${LINES})))\n` +
			`print('${END}')`,
		last: END,
		text: digested(function* () {
			for (let n = 0; n < BLOCKS * LINES; n++) yield `${String(n).padStart(99, '0')}\n`;
			yield `${END}\n`;
		}),
		outputs: 1
	}
];

function digested(lines: () => Generator<string>): { sha256: string; bytes: number } {
	const hash = createHash('sha256');
	let bytes = 0;
	let part = '';
	const take = (): void => {
		hash.update(part);
		bytes += part.length;
		part = '';
	};
	for (const line of lines()) {
		part += line;
		if (part.length > 1 << 16) take();
	}
	take();
	return { sha256: hash.digest('hex'), bytes };
}
