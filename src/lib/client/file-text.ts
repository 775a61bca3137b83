/** The bytes of a file as text, when they are text. */

export interface FileText {
	text: string;
	lineSeparator: '\n' | '\r\n';
	/** `latin1`: bytes that are no UTF-8, shown letter by letter; saving would change them. */
	encoding: 'utf-8' | 'latin1';
}

/** Null for what is not text. `cut`: the bytes end somewhere in the middle of the file. */
export function textOf(bytes: Uint8Array<ArrayBuffer>, cut: boolean): FileText | null {
	if (bytes.subarray(0, 8000).includes(0)) return null;
	let { length } = bytes;
	if (cut) {
		// Not half a line, which could be half a letter.
		const end = bytes.lastIndexOf(0x0a);
		if (end > 0) length = end + 1;
	}
	const part = bytes.subarray(0, length);
	try {
		const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(part);
		return { text, lineSeparator: separatorOf(text), encoding: 'utf-8' };
	} catch {
		const text = new TextDecoder('latin1').decode(part);
		return { text, lineSeparator: separatorOf(text), encoding: 'latin1' };
	}
}

/** CR LF only where every line ends so: in a mixture each CR stays where it is, as a letter. */
function separatorOf(text: string): '\n' | '\r\n' {
	let at = text.indexOf('\n');
	if (at < 0) return '\n';
	for (; at >= 0; at = text.indexOf('\n', at + 1)) if (text[at - 1] !== '\r') return '\n';
	return '\r\n';
}
