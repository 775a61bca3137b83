/** A fault in a JSON text: where, and what is wrong there. */
export class JsonTextFault extends Error {
	readonly offset: number;

	constructor(offset: number, message: string) {
		super(message);
		this.name = 'JsonTextFault';
		this.offset = offset;
	}
}

/** What may be noticed on the way through a text. */
export interface ScanListener {
	/** A key that stands a second time in the same object: the last one counts (as in Python and in JavaScript). */
	duplicateKey?(key: string, offset: number): void;
	/** A whole number that no JavaScript number holds exactly. */
	inexactNumber?(text: string, offset: number): void;
}

const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const WORD = /-?[A-Za-z_]+/y;

/**
 * Walks through a JSON text (RFC 8259) without building anything: says exactly where a fault is, which `JSON.parse`
 * does not, and finds what `JSON.parse` passes over in silence. Depth and number of lists and objects are
 * limited, so that nothing after it needs to fear for stack and memory.
 */
export class JsonScanner {
	offset = 0;
	private depth = 0;
	private nests = 0;
	private readonly text: string;
	private readonly maxDepth: number;
	private readonly maxNests: number;
	private readonly listener: ScanListener;

	constructor(text: string, maxDepth: number, maxNests: number, listener: ScanListener = {}) {
		this.text = text;
		this.maxDepth = maxDepth;
		this.maxNests = maxNests;
		this.listener = listener;
	}

	/** Walks the whole text. Throws `JsonTextFault`. */
	document(): void {
		this.space();
		if (this.offset === this.text.length) throw new JsonTextFault(this.offset, 'the file is empty');
		this.value();
		this.space();
		if (this.offset < this.text.length) this.unexpected('the end of the file');
	}

	/** Walks one value, beginning at `offset`. Throws `JsonTextFault`. */
	value(): void {
		const head = this.text[this.offset];
		if (head === '"') this.string();
		else if (head === '{') this.object();
		else if (head === '[') this.array();
		else if (head === '-' || (head !== undefined && head >= '0' && head <= '9')) this.number();
		else this.word();
	}

	/** Walks white space. */
	space(): void {
		for (let at = this.offset; ; at += 1) {
			const code = this.text.charCodeAt(at);
			if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) continue;
			this.offset = at;
			return;
		}
	}

	/** Walks a string in double quotes and gives what it says. Throws `JsonTextFault`. */
	string(): string {
		const start = this.offset;
		let escaped = false;
		this.offset += 1;
		for (;;) {
			this.match(PLAIN);
			const next = this.text[this.offset];
			if (next === '"') break;
			if (next === undefined) throw new JsonTextFault(start, 'a text in quotes begins here and has no end');
			if (next !== '\\') throw new JsonTextFault(this.offset, 'expected \\n or another escape, found a line end or control character inside a text'); // prettier-ignore
			if (this.match(ESCAPE) === '') throw new JsonTextFault(this.offset, 'expected an escape such as \\n or \\u00e9 after the backslash'); // prettier-ignore
			escaped = true;
		}
		this.offset += 1;
		if (escaped) return JSON.parse(this.text.slice(start, this.offset)) as string;
		return this.text.slice(start + 1, this.offset - 1);
	}

	/** Steps over one expected sign, with white space around it. Gives false where it is not there. */
	sign(sign: string): boolean {
		this.space();
		if (this.text[this.offset] !== sign) return false;
		this.offset += 1;
		this.space();
		return true;
	}

	private object(): void {
		this.enter();
		if (!this.sign('}')) {
			let first: string | undefined;
			let keys: Set<string> | undefined;
			do {
				if (this.text[this.offset] !== '"') this.unexpected('a key in double quotes');
				const start = this.offset;
				const key = this.string();
				if (key === first || keys?.has(key)) this.listener.duplicateKey?.(key, start);
				if (first === undefined) first = key;
				else (keys ??= new Set()).add(key);
				if (!this.sign(':')) this.unexpected('a colon after the key');
				this.value();
			} while (this.sign(','));
			this.close('}', 'a comma or }');
		}
		this.depth -= 1;
	}

	private array(): void {
		this.enter();
		if (!this.sign(']')) {
			do this.value();
			while (this.sign(','));
			this.close(']', 'a comma or ]');
		}
		this.depth -= 1;
	}

	private enter(): void {
		this.depth += 1;
		if (this.depth > this.maxDepth) {
			throw new JsonTextFault(this.offset, `lists and objects are nested more than ${this.maxDepth} deep`);
		}
		this.nests += 1;
		if (this.nests > this.maxNests) {
			throw new JsonTextFault(this.offset, `there are more than ${this.maxNests} lists and objects`);
		}
		this.offset += 1;
		this.space();
	}

	private close(sign: string, expected: string): void {
		if (this.text[this.offset] !== sign) this.unexpected(expected);
		this.offset += 1;
	}

	private number(): void {
		const start = this.offset;
		if (this.smallNumber()) return;
		NUMBER.lastIndex = start;
		const found = NUMBER.exec(this.text);
		if (!found) return this.word();
		this.offset = NUMBER.lastIndex;
		const number = Number(found[0]);
		if (!Number.isFinite(number)) throw new JsonTextFault(start, `the number ${found[0].slice(0, 40)} is too large`); // prettier-ignore
		if (Number.isSafeInteger(number) || found[1] !== undefined || found[2] !== undefined) return;
		if (BigInt(number) !== BigInt(found[0])) this.listener.inexactNumber?.(found[0], start);
	}

	/** The quick way for most numbers: up to 15 digits, nothing else. */
	private smallNumber(): boolean {
		let at = this.offset;
		let code = this.text.charCodeAt(at);
		if (code === 0x30) code = this.text.charCodeAt(++at);
		else while (code >= 0x30 && code <= 0x39) code = this.text.charCodeAt(++at);
		const digits = at - this.offset;
		if (
			digits === 0 ||
			digits > 15 ||
			(code >= 0x30 && code <= 0x39) ||
			code === 0x2e ||
			code === 0x45 ||
			code === 0x65
		)
			return false;
		this.offset = at;
		return true;
	}

	private word(): void {
		const start = this.offset;
		const word = this.match(WORD);
		if (word === 'true' || word === 'false' || word === 'null') return;
		this.offset = start;
		this.unexpected('a value', word);
	}

	private match(pattern: RegExp): string {
		pattern.lastIndex = this.offset;
		const found = pattern.exec(this.text)?.[0] ?? '';
		this.offset += found.length;
		return found;
	}

	private unexpected(expected: string, word = ''): never {
		const rest = this.text.slice(this.offset, this.offset + 24);
		let found = word || [...rest][0] || 'the end of the file';
		if (/^(NaN|-?Infinity)$/.test(word)) found = `${word}, which Python writes but JSON does not have`;
		if (/^(<<<<<<<|=======|>>>>>>>)/.test(rest)) found = `a merge conflict mark of git (${rest.slice(0, 7)})`;
		throw new JsonTextFault(this.offset, `expected ${expected}, found ${found}`);
	}
}
