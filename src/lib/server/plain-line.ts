/** A name or a title as one line: control characters become blanks. PostgreSQL's text holds no U+0000 at all. */
export function plainLine(text: string): string {
	return text.replace(/\p{Cc}+/gu, ' ').trim();
}

/** Whether a text may be an identifier of ours; PostgreSQL is not asked about others. */
export function isPlainId(text: string): boolean {
	return /^[a-zA-Z0-9_-]{1,64}$/.test(text);
}
