import type { Terminal } from '@xterm/xterm';

/**
 * Lets the terminal answer what programs ask it (device attributes, cursor position, colours, modes) only while `mayAnswer`.
 * What is replayed was answered long ago, and of several screens one has to answer: the answers are typed into the program.
 */
export function answerOnlyWhile(terminal: Terminal, mayAnswer: () => boolean): void {
	const { parser } = terminal;
	const hold = (): boolean => !mayAnswer();
	const asks = [
		{ final: 'c' },
		{ prefix: '>', final: 'c' },
		{ prefix: '=', final: 'c' },
		{ final: 'n' },
		{ prefix: '?', final: 'n' },
		{ intermediates: '$', final: 'p' },
		{ prefix: '?', intermediates: '$', final: 'p' },
		{ prefix: '>', final: 'q' },
		{ prefix: '?', final: 'u' },
		{ final: 't' }
	];
	for (const ask of asks) parser.registerCsiHandler(ask, hold);
	parser.registerDcsHandler({ intermediates: '$', final: 'q' }, hold);
	for (const colours of [4, 10, 11, 12]) {
		parser.registerOscHandler(colours, (data) => data.includes('?') && hold());
	}
	// OSC 52 would let a program on the machine write the reader's clipboard.
	parser.registerOscHandler(52, () => true);
}
