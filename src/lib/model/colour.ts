import type { UserId } from './ids.ts';

/** Collaborator colours are `--who-1` … `--who-8` of the style sheet. */
const COLOURS = 8;

/** The colour number (1…8) of a person: the same in every notebook and on every page. */
export function colourOf(user: UserId): number {
	let sum = 0;
	for (const letter of user) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
	return (sum % COLOURS) + 1;
}
