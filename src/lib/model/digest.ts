/**
 * A 53-bit digest of a text (cyrb53, public domain), as hex. Only to notice that a source changed since it ran: it is
 * computed at every keystroke's idle moment in the browser, where SHA-256 would be asynchronous.
 */
export function digest(text: string): string {
	let a = 0xdeadbeef;
	let b = 0x41c6ce57;
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		a = Math.imul(a ^ code, 2654435761);
		b = Math.imul(b ^ code, 1597334677);
	}
	a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
	b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
	return ((b >>> 0) * 0x100000 + (a >>> 12)).toString(16);
}
