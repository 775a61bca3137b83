/** A count of bytes or characters as people read it. */
export function sizeWords(count: number): string {
	if (count < 1_000) return `${count} B`;
	if (count < 1_000_000) return `${Math.round(count / 1_000)} kB`;
	return `${(count / 1_000_000).toFixed(count < 10_000_000 ? 1 : 0)} MB`;
}
