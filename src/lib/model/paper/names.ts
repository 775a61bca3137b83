/** Names of authors: their parts, and whether a name is that of a group. */
import { readOrcid } from './identifiers.ts';
import { latexToText } from './latex.ts';
import { PAPER_LIMITS, type Author, type Person } from './paper.ts';
import { listOf, oneLine } from './text.ts';

/** What sorts before a family name, in lower case, as names of Europe, the Near East and South America have it. */
const PARTICLES = new Set(
	(
		'al ap ben bin bint da das de degli dei del della delle dello den der des di do dos du el het ibn la las le les lo los ' +
		"in 't op te ten ter van vande vander vom von y zu zum zur af av och auf dem"
	).split(' ')
);
const SUFFIX = /^(?:jr|sr|jnr|snr|junior|senior|ii|iii|iv|v|vi|filho|neto)\.?$/i;
const GROUP =
	/\b(?:collaborations?|consortium|consortia|collective|committee|community|team|working group|study group|group|task force|network|project|developers|contributors|authors|society|association|foundation|university|institute|laboratory|organi[sz]ation)\b/i;

/** What a source says of an author besides the name. */
export interface AuthorExtras {
	orcid?: unknown;
	affiliations?: unknown[];
}

/** Whether a whole name looks like that of a collaboration or an organisation, not of a person. */
export function isGroupName(name: string): boolean {
	return GROUP.test(name) && !/,/.test(name);
}

/** A person by the parts that a source gives. The particle may still be at the start of the family name or the end of the given one. */
export function person(
	{
		family,
		given,
		particle,
		suffix
	}: { family: unknown; given?: unknown; particle?: unknown; suffix?: unknown },
	extras: AuthorExtras = {}
): Person | undefined {
	let last = nameText(family);
	let first = nameText(given);
	let before = nameText(particle, PAPER_LIMITS.short);
	let after = nameText(suffix, PAPER_LIMITS.short);
	if (last === undefined) {
		// one name only
		[last, first] = [first, undefined];
		if (last === undefined) return undefined;
	}
	if (!before) {
		const words = last.split(' ');
		const count = words.findIndex((word) => !isParticle(word));
		if (count > 0) [before, last] = [words.slice(0, count).join(' '), words.slice(count).join(' ')];
		else if (first) {
			const names = first.split(' ');
			const from = names.findLastIndex((word) => !isParticle(word)) + 1;
			if (from > 0 && from < names.length)
				[before, first] = [names.slice(from).join(' '), names.slice(0, from).join(' ')];
		}
	}
	if (!after) {
		const [, name, end] = /^(.+?),? (\S+)$/.exec(last) ?? [];
		if (end && SUFFIX.test(end) && !/^v$/i.test(end)) [last, after] = [name!, end];
		else {
			const [, names, title] = /^(.+?),? (\S+)$/.exec(first ?? '') ?? [];
			if (title && SUFFIX.test(title) && !/^v\.?$/i.test(title)) [first, after] = [names, title];
		}
	}
	const orcid = typeof extras.orcid === 'string' ? readOrcid(extras.orcid) : undefined;
	return {
		kind: 'person',
		family: last,
		...(first && { given: first }),
		...(before && { particle: before }),
		...(after && { suffix: after }),
		...(orcid && { orcid }),
		affiliations: affiliationsOf(extras.affiliations)
	};
}

/** A group by its name. */
export function group(name: unknown, extras: AuthorExtras = {}): Author | undefined {
	const text = nameText(name);
	return text === undefined
		? undefined
		: { kind: 'group', name: text, affiliations: affiliationsOf(extras.affiliations) };
}

/**
 * An author out of one text: `Family, Given`, `Family, Jr., Given` (BibTeX's order), `Given van Family Jr.`, or a group such as
 * `CMS Collaboration`.
 */
export function readName(text: unknown, extras: AuthorExtras = {}): Author | undefined {
	const name = nameText(text);
	if (name === undefined) return undefined;
	if (isGroupName(name)) return group(name, extras);
	const parts = name.split(/\s*,\s*/).filter((part) => part !== '');
	if (parts.length >= 3) {
		const [family, middle, last] = parts as [string, string, string];
		return SUFFIX.test(middle)
			? person({ family, suffix: middle, given: last }, extras)
			: person({ family, given: middle, suffix: last }, extras);
	}
	if (parts.length === 2) {
		const [family, given] = parts as [string, string];
		if (!SUFFIX.test(given)) return person({ family, given }, extras);
		return suffixed(family, given, extras);
	}
	return suffixed(parts[0] ?? name, undefined, extras);
}

/** `Given van Family` with a suffix that was found behind it, or is still its last word. */
function suffixed(text: string, suffix: string | undefined, extras: AuthorExtras): Author | undefined {
	const words = text.split(' ');
	let end = suffix;
	if (!end && words.length > 2 && SUFFIX.test(words.at(-1)!)) end = words.pop();
	// The family name starts at the first particle behind the first word, else it is the last word.
	const particle = words.findIndex((word, at) => at > 0 && at < words.length - 1 && isParticle(word));
	const from = particle > 0 ? particle : words.length - 1;
	const given = words.slice(0, from).join(' ');
	return person({ family: words.slice(from).join(' '), given: given || undefined, suffix: end }, extras);
}

/** A name as one text: `Given van Family Jr.`, or that of the group. */
export function fullName(author: Author): string {
	if (author.kind === 'group') return author.name;
	return [author.given, author.particle, author.family, author.suffix].filter(Boolean).join(' ');
}

/** The family name with what belongs before it: `van der Waals`. */
export function wholeFamily({ particle, family }: Person): string {
	return particle ? `${particle}${/['’]$/.test(particle) ? '' : ' '}${family}` : family;
}

/** `J.-P. R.` for `Jean-Pierre Robert`. */
export function initials(given: string): string {
	return given
		.split(/[\s.]+/)
		.filter((word) => word !== '')
		.map((word) =>
			word
				.split(/[-‐]/)
				.filter((part) => part !== '')
				// the first is a capital; what follows a hyphen stays as it is written (Ken-ichi)
				.map((part, at) => (at === 0 ? [...part][0]!.toLocaleUpperCase('en') : [...part][0]!))
				.map((letter) => `${letter}.`)
				.join('-')
		)
		.join(' ');
}

/** The same author named twice stays once; what only one of the two says is kept. The list ends at the most a paper may have. */
export function authorList(authors: (Author | undefined)[]): Author[] {
	const seen = new Map<string, Author>();
	for (const author of authors) {
		if (!author) continue;
		const key =
			author.kind === 'person' && author.orcid
				? author.orcid
				: `${author.kind} ${fullName(author).toLocaleLowerCase('en')} ${author.affiliations.join('; ')}`;
		if (!seen.has(key) && seen.size < PAPER_LIMITS.authors) seen.set(key, author);
	}
	return withinLimit([...seen.values()]);
}

/** Without affiliations, then without anything but names, where the list would be too long. */
function withinLimit(authors: Author[]): Author[] {
	if (JSON.stringify(authors).length <= PAPER_LIMITS.authorsJson) return authors;
	return authors.map((author) => ({ ...author, affiliations: [] }));
}

function affiliationsOf(values: unknown[] = []): string[] {
	const texts = values.flatMap((value) => oneLine(value, PAPER_LIMITS.affiliation) ?? []);
	return [...new Set(texts)].slice(0, PAPER_LIMITS.affiliations);
}

function isParticle(word: string): boolean {
	return PARTICLES.has(word) || /^(?:d|dell|degl|l|al|el|'t|’t|d|o)['’]$/.test(word);
}

function nameText(value: unknown, most: number = PAPER_LIMITS.name): string | undefined {
	const [text] = listOf(value);
	return oneLine(typeof text === 'string' ? latexToText(text.slice(0, 2_000)) : text, most);
}
