/**
 * Text as a terminal shows it, for streams: carriage return, backspace, moving the cursor and erasing lines (ECMA-48),
 * so that progress bars of any make stay where they are. Colours (SGR) pass through untouched.
 */

/** Where the next character goes when that is not the end of the text, and what a chunk ended in the middle of. */
export interface Cursor {
	/** Lines above the last one. */
	up: number;
	/** Column in that line, in characters that are seen. */
	col: number;
	/** Colours in force there. */
	sgr?: string;
	/** The beginning of an escape sequence whose end has not come. */
	rest?: string;
}

export interface Screen {
	text: string;
	cursor?: Cursor;
}

/** So many lines can be reached by moving up: more than any terminal is high. */
const REACH = 200;

const MOVES = /[\r\b]|\x1b(?:\[[\d;?]*[A-LP-Zfsu@d`hl]|[78cDEHM=>]|\[?[\d;?]*$|\][^\x07]*$)/;

const TOKEN =
	/\x1b\[([\d;?]*)([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z\\^-~]|[\r\n\b]|[^\x1b\r\n\b]+/y;

const STYLE = /\x1b\[([\d;]*)m/g;
const RESET = '\x1b[0m';
const LONGEST_REST = 256;

/** `screen` after `added` was written to it. Plain text at the end of plain text costs no more than joining them. */
export function writeTerminal(screen: Screen, added: string): Screen {
	if (!screen.cursor && !MOVES.test(added)) return { text: screen.text + added };
	const start = reachableFrom(screen.text);
	const page = new Page(screen.text.slice(start), screen.cursor);
	page.write((screen.cursor?.rest ?? '') + added);
	const shown = page.screen();
	return { ...shown, text: screen.text.slice(0, start) + shown.text };
}

/** Where the last lines of a text begin that the cursor can reach. */
function reachableFrom(text: string): number {
	let at = text.length;
	for (let line = 0; line < REACH; line++) {
		const found = at > 0 ? text.lastIndexOf('\n', at - 1) : -1;
		if (found < 0) return 0;
		at = found;
	}
	return at + 1;
}

/** The last lines of a text, with a cursor in them. */
class Page {
	#lines: string[];
	#row: number;
	#col: number;
	#sgr: string;
	#rest = '';

	constructor(text: string, cursor: Cursor | undefined) {
		this.#lines = text.split('\n');
		const last = this.#lines.length - 1;
		this.#row = Math.max(0, last - (cursor?.up ?? 0));
		this.#col = cursor?.col ?? widthOf(this.#lines[last]!);
		this.#sgr = cursor ? (cursor.sgr ?? '') : styleAtEnd(this.#lines[last]!);
	}

	write(text: string): void {
		let at = 0;
		for (const token of tokensOf(text)) {
			const word = token[0];
			at += word.length;
			if (token[2] !== undefined) this.#control(token[1]!, token[2], word);
			else if (word === '\n') this.#newLine();
			else if (word === '\r') this.#col = 0;
			else if (word === '\b') this.#col = Math.max(0, this.#col - 1);
			else if (!word.startsWith('\x1b')) this.#print(word);
		}
		const rest = text.slice(at);
		if (rest.length <= LONGEST_REST) this.#rest = rest;
	}

	screen(): Screen {
		const last = this.#lines.length - 1;
		const line = this.#lines[last]!;
		const atEnd = this.#row === last && this.#rest === '' && this.#col === widthOf(line);
		if (atEnd && this.#sgr !== styleAtEnd(line)) this.#lines[last] = line + (this.#sgr || RESET);
		const text = this.#lines.join('\n');
		if (atEnd) return { text };
		return {
			text,
			cursor: {
				up: last - this.#row,
				col: this.#col,
				...(this.#sgr ? { sgr: this.#sgr } : {}),
				...(this.#rest ? { rest: this.#rest } : {})
			}
		};
	}

	#print(text: string): void {
		this.#lines[this.#row] = overwrite(this.#lines[this.#row]!, this.#col, text, this.#sgr);
		this.#col += text.length;
	}

	#newLine(): void {
		this.#row++;
		this.#col = 0;
		if (this.#row === this.#lines.length) this.#lines.push('');
	}

	#control(parameters: string, letter: string, word: string): void {
		const n = Math.max(1, Number.parseInt(parameters, 10) || 1);
		const mode = Number.parseInt(parameters, 10) || 0;
		const last = this.#lines.length - 1;
		switch (letter) {
			case 'm':
				this.#sgr = styled(this.#sgr, word);
				break;
			case 'A':
			case 'F':
				this.#row = Math.max(0, this.#row - n);
				if (letter === 'F') this.#col = 0;
				break;
			case 'B':
			case 'E':
				this.#row = Math.min(last, this.#row + n);
				if (letter === 'E') this.#col = 0;
				break;
			case 'C':
				this.#col += Math.min(n, 1000);
				break;
			case 'D':
				this.#col = Math.max(0, this.#col - n);
				break;
			case 'G':
				this.#col = Math.min(n, 1000) - 1;
				break;
			case 'K':
				this.#lines[this.#row] = erased(this.#lines[this.#row]!, this.#col, mode);
				break;
			case 'J':
				if (mode === 0) {
					this.#lines[this.#row] = erased(this.#lines[this.#row]!, this.#col, 0);
					this.#lines.length = this.#row + 1;
				} else {
					this.#lines = [''];
					this.#row = this.#col = 0;
				}
				break;
		}
	}
}

interface Cell {
	character: string;
	style: string;
}

/** A line with `text` over what stood from a column on. */
function overwrite(line: string, col: number, text: string, style: string): string {
	if (style === '' && !line.includes('\x1b')) {
		return line.slice(0, col).padEnd(col) + text + line.slice(col + text.length);
	}
	const cells = cellsOf(line);
	while (cells.length < col) cells.push({ character: ' ', style: '' });
	for (let i = 0; i < text.length; i++) cells[col + i] = { character: text[i]!, style };
	return lineOf(cells);
}

function erased(line: string, col: number, mode: number): string {
	if (mode === 2) return '';
	const cells = cellsOf(line);
	if (mode === 0) return lineOf(cells.slice(0, col));
	for (let i = 0; i <= col && i < cells.length; i++) cells[i] = { character: ' ', style: '' };
	return lineOf(cells);
}

function cellsOf(line: string): Cell[] {
	const cells: Cell[] = [];
	let style = '';
	for (const token of tokensOf(line)) {
		if (token[2] === 'm') style = styled(style, token[0]);
		else if (!token[0].startsWith('\x1b'))
			for (let i = 0; i < token[0].length; i++) cells.push({ character: token[0][i]!, style });
	}
	return cells;
}

/** The words of a text from its start on, up to the first that has no end. */
function* tokensOf(text: string): Generator<RegExpExecArray> {
	const pattern = new RegExp(TOKEN);
	for (let token = pattern.exec(text); token; token = pattern.exec(text)) yield token;
}

function lineOf(cells: Cell[]): string {
	let line = '';
	let style = '';
	for (const cell of cells) {
		if (cell.style !== style) line += (style ? RESET : '') + cell.style;
		style = cell.style;
		line += cell.character;
	}
	return line + (style ? RESET : '');
}

function widthOf(line: string): number {
	return line.includes('\x1b') ? cellsOf(line).length : line.length;
}

function styleAtEnd(line: string): string {
	let style = '';
	for (const [word] of line.matchAll(STYLE)) style = styled(style, word);
	return style;
}

/** The styles in force after one more sequence; a few are enough to say any look. */
function styled(style: string, word: string): string {
	const codes = word.slice(2, -1);
	if (codes === '' || /(^|;)0?$/.test(codes)) return '';
	return ((/^0;/.test(codes) ? '' : style) + word).slice(-120).replace(/^[^\x1b]*/, '');
}
