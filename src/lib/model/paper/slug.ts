/** Names of cards in addresses: `/papers/<slug>`. */

const MOST = 60;
/** Addresses below /papers that mean something else. */
const RESERVED = new Set([
	'feed',
	'lookup',
	'mine',
	'new',
	'collections',
	'tags',
	'search',
	'moderation',
	'embed',
	'api',
	'sitemap',
	'lookup',
	'repositories'
]);

const LETTERS: Record<string, string> = {
	...{ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' },
	...{
		α: 'alpha',
		β: 'beta',
		γ: 'gamma',
		δ: 'delta',
		ε: 'epsilon',
		ζ: 'zeta',
		η: 'eta',
		θ: 'theta',
		κ: 'kappa'
	},
	...{
		λ: 'lambda',
		μ: 'mu',
		µ: 'mu',
		ν: 'nu',
		ξ: 'xi',
		π: 'pi',
		ρ: 'rho',
		σ: 'sigma',
		τ: 'tau',
		υ: 'upsilon'
	},
	...{ φ: 'phi', χ: 'chi', ψ: 'psi', ω: 'omega' }
};

/** A slug for a title: lower-case ASCII words with hyphens, cut between words, never empty and never a reserved one. */
export function slugOf(title: string): string {
	const words =
		[...title.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()]
			.map((character) => LETTERS[character] ?? character)
			.join('')
			.replace(/\\[a-z]+\{|['’]/g, '')
			.match(/[a-z0-9]+/g) ?? [];
	let slug = '';
	for (const word of words) {
		if (slug.length + word.length + 1 > MOST) break;
		slug += slug === '' ? word : `-${word}`;
	}
	if (slug === '') slug = words[0]?.slice(0, MOST) ?? 'paper';
	return RESERVED.has(slug) ? `paper-${slug}` : slug;
}

/** The slug, or with the first number behind it that is free. */
export function freeSlug(slug: string, isTaken: (slug: string) => boolean): string {
	if (!isTaken(slug)) return slug;
	for (let number = 2; ; number += 1) {
		const end = `-${number}`;
		const next = `${slug.slice(0, MOST - end.length).replace(/-$/, '')}${end}`;
		if (!isTaken(next)) return next;
	}
}

export function isSlug(text: string): boolean {
	return /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(text) && text.length <= MOST && !RESERVED.has(text);
}
