/** Paths of a machine in a URL: the bytes of their names, whatever these are. See files.ts. */

/** Percent-encodes a path: letters, digits and `/-_.~` stay, everything else by its bytes. */
export function encodePath(path: string): string {
	let out = '';
	for (const letter of path) {
		const code = letter.codePointAt(0)!;
		if (/[A-Za-z0-9/\-_.~]/.test(letter)) out += letter;
		else if (code >= 0xdc80 && code <= 0xdcff) out += '%' + (code - 0xdc00).toString(16).toUpperCase();
		// any other lone surrogate is no name a machine has
		else if (code >= 0xd800 && code <= 0xdfff) out += '%EF%BF%BD';
		else
			out += encodeURIComponent(letter).replace(
				/[!'()*]/g,
				(sign) => '%' + sign.charCodeAt(0).toString(16).toUpperCase()
			);
	}
	return out;
}

/** The path a percent-encoded text stands for; bytes that are no UTF-8 become U+DC80 to U+DCFF. Undefined for a broken escape. */
export function decodePath(text: string): string | undefined {
	if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
	const bytes: number[] = [];
	const encoder = new TextEncoder();
	for (let at = 0; at < text.length;) {
		if (text[at] === '%') {
			bytes.push(parseInt(text.slice(at + 1, at + 3), 16));
			at += 3;
		} else {
			const letter = String.fromCodePoint(text.codePointAt(at)!);
			bytes.push(...encoder.encode(letter));
			at += letter.length;
		}
	}
	return fromBytes(Uint8Array.from(bytes));
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function fromBytes(bytes: Uint8Array): string {
	let out = '';
	for (let at = 0; at < bytes.length;) {
		const first = bytes[at]!;
		const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
		const piece = decoded(bytes.subarray(at, at + length), length);
		out += piece ?? String.fromCharCode(0xdc00 + first);
		at += piece === undefined ? 1 : length;
	}
	return out;
}

function decoded(piece: Uint8Array, length: number): string | undefined {
	if (length === 0 || piece.length < length) return undefined;
	try {
		return strict.decode(piece);
	} catch {
		return undefined;
	}
}

/** The value of `name` in a raw query string (`?a=b&path=%FF`), as a path; undefined when absent or broken. */
export function pathInQuery(search: string, name: string): string | undefined {
	return pathsInQuery(search, name)[0];
}

/** All values of `name` in a raw query string, as paths. Broken ones are left out. */
export function pathsInQuery(search: string, name: string): string[] {
	return search
		.replace(/^\?/, '')
		.split('&')
		.filter((part) => part.startsWith(`${name}=`))
		.flatMap((part) => decodePath(part.slice(name.length + 1).replace(/\+/g, ' ')) ?? []);
}
