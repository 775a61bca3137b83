/** Parts of a date as formats of citations want them. */

/** Year, month and day, as far as the date has them. */
export function dateParts(date: string): [year: string, month?: string, day?: string] {
	return date.split('-') as [string, string?, string?];
}

/** First and last page; an article number is a first page without a last. */
export function pageRange(pages: string): { first: string; last?: string } {
	const [, first, last] = /^\s*([\w.]+)\s*-{1,2}\s*([\w.]+)\s*$/.exec(pages) ?? [];
	return first === undefined ? { first: pages } : { first, last: last! };
}
