/**
 * Authors as people type them, one a line: `Noether, Emmy; 0000-0002-1825-0097; University of Göttingen`. A group stands in
 * braces, as in BibTeX: `{CMS Collaboration}`.
 */
import { readOrcid } from './identifiers.ts';
import { group, readName, wholeFamily } from './names.ts';
import type { Author } from './paper.ts';

export function authorLines(authors: readonly Author[]): string {
	return authors.map(lineOf).join('\n');
}

/** Empty lines are left out. What is no ORCID iD behind a name is an affiliation. */
export function readAuthorLines(text: string): Author[] {
	return text.split('\n').flatMap((line) => {
		const [name = '', ...more] = line.split(';').map((part) => part.trim());
		const orcid = more.map((part) => readOrcid(part)).find((part) => part !== undefined);
		const extras = {
			orcid,
			affiliations: more.filter((part) => part !== '' && readOrcid(part) === undefined)
		};
		const [, braced] = /^\{(.+)\}$/.exec(name) ?? [];
		return (braced === undefined ? readName(name, extras) : group(braced, extras)) ?? [];
	});
}

function lineOf(author: Author): string {
	const rest = author.affiliations.map((name) => name.replaceAll(';', ','));
	if (author.kind === 'group') return [`{${author.name}}`, ...rest].join('; ');
	const name = [wholeFamily(author), author.suffix, author.given].filter(Boolean).join(', ');
	return [name.replaceAll(';', ' '), author.orcid, ...rest].filter(Boolean).join('; ');
}
