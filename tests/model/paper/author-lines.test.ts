import { expect, test } from 'vitest';
import { authorLines, readAuthorLines } from '#lib/model/paper/author-lines.ts';
import type { Author } from '#lib/model/paper/paper.ts';

const AUTHORS: Author[] = [
	{
		kind: 'person',
		family: 'Noether',
		given: 'Emmy',
		orcid: '0000-0002-1825-0097',
		affiliations: ['Göttingen']
	},
	{
		kind: 'person',
		family: 'Waals',
		given: 'Johannes',
		particle: 'van der',
		suffix: 'Jr.',
		affiliations: []
	},
	{ kind: 'person', family: 'Plato', affiliations: ['Academy, Athens', 'Syracuse'] },
	{ kind: 'group', name: 'ATLAS', affiliations: ['CERN'] }
];

test('authors come back from their lines as they were', () => {
	const lines = authorLines(AUTHORS);
	expect(lines.split('\n')).toEqual([
		'Noether, Emmy; 0000-0002-1825-0097; Göttingen',
		'van der Waals, Jr., Johannes',
		'Plato; Academy, Athens; Syracuse',
		'{ATLAS}; CERN'
	]);
	expect(readAuthorLines(lines)).toEqual(AUTHORS);
});

test('people type names in other orders, blank lines and ORCID iDs as addresses', () => {
	const text = '\n  Emmy Noether ; https://orcid.org/0000-0002-1825-0097\n\nCMS Collaboration\n';
	expect(readAuthorLines(text)).toEqual([
		{ kind: 'person', family: 'Noether', given: 'Emmy', orcid: '0000-0002-1825-0097', affiliations: [] },
		{ kind: 'group', name: 'CMS Collaboration', affiliations: [] }
	]);
});

test('an ORCID iD with a wrong digit is no identifier', () => {
	expect(readAuthorLines('Noether, Emmy; 0000-0002-1825-0098')).toEqual([
		{ kind: 'person', family: 'Noether', given: 'Emmy', affiliations: ['0000-0002-1825-0098'] }
	]);
});
