/** The badge of an example, for the README of its repository: drawn here, read by screen readers, with no font of its own. */
import type { Health } from './check-words.ts';
import { plainTitle } from './plain-title.ts';

const LABEL = 'example';
/** White on each of them has a contrast of at least 4.5. */
const COLOURS = { verified: '#1a7f37', failed: '#c62828', none: '#5f6672' };
const HEIGHT = 20;
const PADDING = 6;

/** SVG. `health` null: it was never checked. The date is that of the check, as what shows the badge keeps it for a while. */
export function badgeSvg(health: Health | null): string {
	const message = badgeWords(health);
	const colour = COLOURS[health?.state ?? 'none'];
	const [left, right] = [width(LABEL), width(message)];
	const all = left + right;
	const title = `${LABEL}: ${message}`;
	const text = (words: string, x: number, size: number): string =>
		`<text x="${x}" y="14" textLength="${size - 2 * PADDING}">${words}</text>`;
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" width="${all}" height="${HEIGHT}" role="img" aria-label="${title}">`,
		`<title>${title}</title>`,
		`<clipPath id="r"><rect width="${all}" height="${HEIGHT}" rx="3"/></clipPath>`,
		`<g clip-path="url(#r)"><rect width="${left}" height="${HEIGHT}" fill="#3b4049"/>`,
		`<rect x="${left}" width="${right}" height="${HEIGHT}" fill="${colour}"/></g>`,
		'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" aria-hidden="true">',
		`${text(LABEL, PADDING, left)}${text(message, left + PADDING, right)}</g>`,
		'</svg>'
	].join('');
}

/** `verified 24 Nov 2026`. */
export function badgeWords(health: Health | null): string {
	if (health === null) return 'not checked';
	const day = new Date(health.at).toLocaleDateString('en-GB', {
		day: 'numeric',
		month: 'short',
		year: 'numeric',
		timeZone: 'UTC'
	});
	return `${health.state} ${day}`;
}

/** What to put into a file of a repository, by its language. */
export function badgeSnippets(
	card: string,
	badge: string,
	title: string
): Record<'Markdown' | 'HTML' | 'reST', string> {
	// what means something in one of the three languages
	const plain = plainTitle(title).replace(/[\\[\]<>&"|`*_]/g, '');
	const alternative = `Example of “${plain}”`;
	return {
		Markdown: `[![${alternative}](${badge})](${card})`,
		HTML: `<a href="${card}"><img src="${badge}" alt="${alternative}"></a>`,
		reST: `.. image:: ${badge}\n   :target: ${card}\n   :alt: ${alternative}`
	};
}

/** Of words in 11 px of Verdana, in px: narrow, wide and other letters. */
function width(words: string): number {
	const letters = [...words].map((letter) =>
		/[ijl.,:I ]/.test(letter) ? 3.9 : /[mwMW]/.test(letter) ? 10.2 : 6.9
	);
	return Math.round(letters.reduce((sum, one) => sum + one, 0)) + 2 * PADDING;
}
