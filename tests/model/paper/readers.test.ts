/** What services and files say of a paper, read from stored answers (see answers/README.md) and from some that are made by hand. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { fullName } from '#lib/model/paper/names.ts';
import { mergeDrafts, paperDraftSchema, paperSchema, type PaperDraft } from '#lib/model/paper/paper.ts';
import { readArxivFeed } from '#lib/model/paper/read-arxiv.ts';
import { readCitationFile } from '#lib/model/paper/read-citation-file.ts';
import { readCsl } from '#lib/model/paper/read-csl.ts';
import { readFrontMatter, readNotebookFrontMatter } from '#lib/model/paper/read-front-matter.ts';
import { readInspireRecord } from '#lib/model/paper/read-inspire.ts';
import { random } from '../../support/seed.ts';

function answer(name: string): string {
	return readFileSync(new URL(`answers/${name}`, import.meta.url), 'utf8');
}
const csl = (name: string): PaperDraft => fits(readCsl(JSON.parse(answer(name))));

/** What a reader found must be storable as it is. */
function fits(draft: PaperDraft | null): PaperDraft {
	expect(draft).not.toBeNull();
	return v.parse(paperDraftSchema, draft);
}
const names = (draft: PaperDraft): string[] => (draft.authors ?? []).map(fullName);

describe('Crossref', () => {
	test('an article with affiliations, an ORCID iD, an abstract and a licence', () => {
		expect(csl('crossref-10.1155-2018-3804742.json')).toEqual({
			title: 'Multiobjective Optimization, Scalarization, and Maximal Elements of Preorders',
			authors: [
				{
					kind: 'person',
					given: 'Paolo',
					family: 'Bevilacqua',
					affiliations: ['DIA, Università di Trieste, 34127 Trieste, Italy']
				},
				{
					kind: 'person',
					given: 'Gianni',
					family: 'Bosi',
					orcid: '0000-0002-3799-4630',
					affiliations: ['DEAMS, Università di Trieste, 34127 Trieste, Italy']
				},
				{
					kind: 'person',
					given: 'Magalì',
					family: 'Zuanon',
					affiliations: ['DEM, Università di Brescia, 25122 Brescia, Italy']
				}
			],
			type: 'article',
			abstract: expect.stringMatching(/^We characterize .* characterized\.$/) as string,
			date: '2018-01-28',
			venue: 'Abstract and Applied Analysis',
			publisher: 'Hindawi Limited',
			volume: '2018',
			issue: '1',
			pages: '1-6',
			doi: '10.1155/2018/3804742',
			tags: ['Applied Mathematics', 'Analysis'],
			licence: 'CC-BY-4.0'
		});
	});

	test('an article without abstract, with a licence that SPDX does not list', () => {
		const draft = csl('crossref-10.1103-physrevb.33.3547.2.json');
		expect(draft).toMatchObject({
			date: '1986-03-01',
			venue: 'Physical Review B',
			volume: '33',
			pages: '3547-3548'
		});
		expect(names(draft)).toEqual(['Marcos H. Degani', 'Oscar Hipólito']);
		expect(draft.licence).toBeUndefined();
	});

	test('markup in the title', () => {
		const draft = csl('crossref-10.1086-366680.json');
		expect(draft.title).toBe(
			'The Best of the Achaens: Concepts of the Hero in Archaic Greek Poetry. Gregory Nagy'
		);
		expect(draft).toMatchObject({ date: '1982-01', language: 'en', type: 'article' });
	});

	test('a chapter', () => {
		expect(csl('crossref-10.1007-978-3-319-10590-1_53.json')).toMatchObject({
			type: 'chapter',
			date: '2014',
			venue: 'Lecture Notes in Computer Science',
			pages: '818-833'
		});
	});

	test('an abstract in JATS with mathematics (made by hand)', () => {
		const abstract =
			'<jats:title>Abstract</jats:title><jats:sec><jats:title>Results</jats:title><jats:p>The mass is ' +
			'<jats:inline-formula><jats:alternatives><jats:tex-math>\\documentclass{article}\\begin{document}$$m_{\\mathrm {H}}=125.09$$\\end{document}' +
			'</jats:tex-math><mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mi>m</mml:mi></mml:math></jats:alternatives>' +
			'</jats:inline-formula>&#8201;GeV at 95&nbsp;% and 10<jats:sup>-3</jats:sup>, <jats:italic>p</jats:italic> &lt; 0.05 *sic*.</jats:p>' +
			'<jats:p>With <mml:math><mml:mfrac><mml:mn>1</mml:mn><mml:msqrt><mml:mi>s</mml:mi></mml:msqrt></mml:mfrac></mml:math>.</jats:p></jats:sec>' +
			'<script>window.__xss = 1</script><jats:p><img src=x onerror=alert(1)></jats:p>';
		expect(fits(readCsl({ title: 'T', abstract })).abstract).toBe(
			'Results\n\nThe mass is $m_{\\mathrm {H}}=125.09$ GeV at 95 % and 10⁻³, p < 0.05 \\*sic\\*.\n\nWith $\\frac{1}{\\sqrt{s}}$.'
		);
	});

	test.each([
		[
			'MathML',
			'Search for <mml:math><mml:mover><mml:mi>B</mml:mi><mml:mo>¯</mml:mo></mml:mover><mml:msubsup><mml:mi>K</mml:mi><mml:mi>S</mml:mi><mml:mn>0</mml:mn></mml:msubsup></mml:math> at Belle',
			'Search for $\\bar{B}K_{S}^{0}$ at Belle'
		],
		[
			'LaTeX',
			'Proton--proton at $\\sqrt{s} = 13$ TeV by {\\it Schr\\"odinger}',
			'Proton–proton at $\\sqrt{s} = 13$ TeV by Schrödinger'
		],
		['HTML', 'H<sub>2</sub>O, x<sup>ab</sup> &amp; <b>bold</b>', 'H₂O, x$^{\\mathrm{ab}}$ & bold'],
		['no markup', 'For a<b and p < 0.05, costs of $5 and $6', 'For a<b and p < 0.05, costs of $5 and $6'],
		['a script', 'Safe<script>alert(1)</script> title<svg onload=alert(1)>', 'Safe title'],
		['an unclosed tag', 'Title <img src=x onerror=', 'Title <img src=x onerror='],
		['line feeds', 'One\n   two\u0000\u202e three', 'One two three']
	])('a title with %s (made by hand)', (_, title, expected) => {
		expect(fits(readCsl({ title })).title).toBe(expected);
	});

	test('an answer without a title is none', () => {
		for (const nothing of [null, 5, [], {}, { title: [] }, { title: '<script>x</script>' }, { message: {} }])
			expect(readCsl(nothing)).toBeNull();
	});

	test('nonsense in every field is left out, and what is left fits (made by hand)', () => {
		const odd = { a: [1, null, { b: 'x' }] };
		const fields =
			'author issued container-title publisher volume issue page DOI URL abstract language license keyword subject type ORCID event';
		for (const value of [odd, null, 7, '', '\u0007', [], [[]], [odd], 'x'.repeat(100_000), true]) {
			const all = Object.fromEntries(fields.split(' ').map((name) => [name, value]));
			fits(readCsl({ title: 'T', ...all }));
			fits(
				readCsl({
					title: 'T',
					author: [{ family: value, given: value, suffix: value, ORCID: value, affiliation: value }]
				})
			);
			fits(readCsl({ title: 'T', issued: { 'date-parts': [[value, value]] }, published: value }));
		}
	});
});

/** Each would take minutes, or all of the stack, where an expression went over it again from each sign. */
test.each([
	['dollars', '$'],
	['formulas that do not end', '\\('],
	['formulas that start with a blank', '$ a '],
	['comments', '<!--'],
	['instructions', '<?'],
	['raw pieces', '<![CDATA['],
	['brackets', '<'],
	['tags in tags', '<b>'],
	['formulas in formulas', '<math><mrow>'],
	['scripts in scripts', '<sup>'],
	['alternatives', '<alternatives>'],
	['blanks', '   \t'],
	['line feeds', '\n'],
	['braces', '{\\"'],
	['entities', '&amp;'],
	['backslashes', '\\']
])('a long text of %s is read (made by hand)', { timeout: 20_000 }, (_, sign) => {
	const text = `a${sign.repeat(Math.ceil(400_000 / sign.length))}b`;
	fits(readCsl({ title: `T ${text}`, abstract: text, author: [{ literal: text }], publisher: text }));
	fits(
		readInspireRecord({ titles: [{ title: `T ${text}` }], abstracts: [{ source: 'arXiv', value: text }] })
	);
	fits(
		readArxivFeed(
			`<feed><entry><id>http://arxiv.org/abs/0704.0001</id><title>T</title><summary>${text.replaceAll('<', '&lt;')}</summary></entry></feed>`
		)
	);
	readCitationFile(`cff-version: 1\ntitle: T\nabstract: ${JSON.stringify(text.slice(0, 100_000))}`);
	readNotebookFrontMatter([
		{ type: 'markdown', source: `---\nabstract: ${JSON.stringify(text.slice(0, 100_000))}\n---\n# ${text}` }
	]);
});

test('any text in any field is read, and what is left fits (made by hand)', () => {
	const text = fc.string({
		unit: fc.constantFrom(
			...'a1 <>/&;$\\{}()[]^_~*`#-\n"\'é😀\u202e',
			'<sup>',
			'</sup>',
			'<math>',
			'<mi>',
			'&lt;',
			'<p>',
			'\\it'
		),
		maxLength: 60
	});
	fc.assert(
		fc.property(text, text, text, (title, abstract, name) => {
			const csl = readCsl({ title, abstract, author: [{ family: name, given: title }, { literal: name }] });
			if (csl) fits(csl);
			const record = readInspireRecord({
				titles: [{ title }],
				abstracts: [{ source: 'arXiv', value: abstract }],
				authors: [{ full_name: name }]
			});
			if (record) fits(record);
			const file = readCitationFile(
				`cff-version: 1.2.0\ntitle: ${JSON.stringify(title)}\nabstract: ${JSON.stringify(abstract)}\nauthors: [{name: ${JSON.stringify(name)}}]\n`
			);
			if ('draft' in file) fits(file.draft);
		}),
		{ seed: random().seed, numRuns: 500 }
	);
});

describe('DataCite', () => {
	test('a preprint of arXiv by its DOI', () => {
		const draft = csl('datacite-10.48550-arxiv.1706.03762.json');
		expect(draft).toMatchObject({
			title: 'Attention Is All You Need',
			type: 'preprint',
			arxiv: '1706.03762',
			date: '2017'
		});
		expect(draft.doi).toBeUndefined();
		expect(draft.tags).toEqual(['Computation and Language (cs.CL)', 'Machine Learning (cs.LG)']);
		expect(names(draft)).toHaveLength(8);
	});

	test('software with a group among its authors, which DataCite splits like a person', () => {
		const draft = csl('datacite-10.5281-zenodo.3233986.json');
		expect(draft.authors?.[0]).toEqual({ kind: 'group', name: 'The Turing Way Community', affiliations: [] });
		expect(draft.authors?.[8]).toMatchObject({ family: "O'Reilly", given: 'Martin' });
		expect(draft).toMatchObject({ type: 'software', date: '2019-03-25', doi: '10.5281/zenodo.3233986' });
		expect(draft.abstract).not.toMatch(/<\w/);
		expect(draft.abstract).toContain('The Turing Way is a handbook');
	});
});

describe('arXiv', () => {
	test('a paper with an identifier of old', () => {
		expect(fits(readArxivFeed(answer('arxiv-hep-ex-0406020v1.xml')))).toEqual({
			title: 'Sparticle Reconstruction at LHC',
			authors: [
				{
					kind: 'person',
					given: 'Alessia',
					family: 'Tricomi',
					affiliations: ['for the ATLAS and CMS Collaborations']
				}
			],
			type: 'preprint',
			abstract: expect.stringMatching(/^In this report .* collaborations\.$/) as string,
			date: '2004-06-07',
			arxiv: 'hep-ex/0406020',
			arxivCategory: 'hep-ex',
			tags: ['hep-ex']
		});
	});

	test('names with particles, and one whose letters were broken on the way', () => {
		const draft = fits(readArxivFeed(answer('arxiv-1707.08567.xml'), '1707.08567'));
		expect(draft.authors).toHaveLength(34);
		expect(draft.authors).toContainEqual(
			expect.objectContaining({ given: 'Joost', particle: 'van der', family: 'Putten' })
		);
		expect(draft.authors).toContainEqual(
			expect.objectContaining({ given: 'Peter H. N.', particle: 'de', family: 'With' })
		);
		expect(names(draft)).toContain('Dirk Wübben');
	});

	test('no such paper', () => {
		expect(readArxivFeed(answer('arxiv-0000.0000.xml'))).toBeNull();
		expect(readArxivFeed(answer('arxiv-1707.08567.xml'), '1707.08568')).toBeNull();
		for (const nothing of ['', 'nonsense', '<html><body>Busy</body></html>', '<feed><entry/></feed>'])
			expect(readArxivFeed(nothing)).toBeNull();
	});

	test('a journal reference, a DOI, LaTeX, and entities that would grow (made by hand)', () => {
		const feed = (fields: string): string =>
			`<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><feed xmlns:arxiv="x"><entry>` +
			`<id>http://arxiv.org/abs/0704.0001v2</id><title>On $\\alpha_s$ &b;\n in K\\"ahler spaces</title>` +
			`<author><name>L. O'Raifeartaigh, Jr.</name></author><published>2007-04-02T19:18:42Z</published>${fields}</entry></feed>`;
		expect(
			readArxivFeed(
				feed(
					'<arxiv:journal_ref>Phys.Rev.D76:013009,2007</arxiv:journal_ref><arxiv:doi>10.1103/PhysRevD.76.013009</arxiv:doi>'
				)
			)
		).toMatchObject({
			title: 'On $\\alpha_s$ &b; in Kähler spaces',
			authors: [{ given: 'L.', family: "O'Raifeartaigh", suffix: 'Jr.' }],
			type: 'article',
			venue: 'Phys. Rev. D',
			volume: '76',
			pages: '013009',
			doi: '10.1103/physrevd.76.013009'
		});
		expect(
			readArxivFeed(feed('<arxiv:journal_ref>J. Chem. Phys. 115, 1626 (2001)</arxiv:journal_ref>'))
		).toMatchObject({
			venue: 'J. Chem. Phys.',
			volume: '115',
			pages: '1626'
		});
		expect(
			readArxivFeed(feed('<arxiv:journal_ref>In: Proc. of something</arxiv:journal_ref>'))
		).toMatchObject({
			venue: 'In: Proc. of something'
		});
	});
});

describe('INSPIRE', () => {
	test('an article', () => {
		const draft = fits(readInspireRecord(JSON.parse(answer('inspire-1510263.json'))));
		expect(draft).toMatchObject({
			title:
				'Rescattering effects in the hadronic-light-by-light contribution to the anomalous magnetic moment of the muon',
			type: 'article',
			date: '2017-06-09',
			venue: 'Phys. Rev. Lett.',
			volume: '118',
			issue: '23',
			pages: '232001',
			doi: '10.1103/physrevlett.118.232001',
			arxiv: '1701.06554',
			arxivCategory: 'hep-ph',
			inspire: '1510263',
			texkey: 'Colangelo:2017qdm',
			licence: 'CC-BY-4.0'
		});
		expect(names(draft)).toEqual([
			'Gilberto Colangelo',
			'Martin Hoferichter',
			'Massimiliano Procura',
			'Peter Stoffer'
		]);
		expect(draft.authors?.[1]?.affiliations).toHaveLength(2);
		expect(draft.abstract).toContain('$a_\\mu^{\\pi\\text{-box}}=-15.9(2)\\times 10^{-11}$');
		expect(draft.tags).toHaveLength(10);
	});

	test('a collaboration of 5 154 authors (made by hand), inside of an answer of the API', () => {
		const authors = Array.from({ length: 5154 }, (_, at) => ({
			full_name: `Author${at}, A.`,
			ids: at === 0 ? [{ schema: 'ORCID', value: '0000-0002-1825-0097' }] : [],
			raw_affiliations: [
				{ value: `Institute ${at % 344}, with a long address in a long street of a large town` }
			]
		}));
		const record = {
			titles: [{ title: 'Combined Measurement of the Higgs Boson Mass' }],
			collaborations: [{ value: 'ATLAS' }, { value: 'CMS Collaboration' }],
			authors: [...authors, { full_name: 'Editor, E.', inspire_roles: ['editor'] }],
			document_type: ['article'],
			publication_info: [
				{ journal_title: 'Phys.Rev.Lett.', material: 'erratum', year: 2016 },
				{ journal_title: 'Phys.Rev.Lett.', journal_volume: '114', page_start: '191803', year: 2015 }
			]
		};
		const draft = fits(
			readInspireRecord({ hits: { total: 1, hits: [{ id: '1356276', metadata: record }] } })
		);
		expect(draft.authors).toHaveLength(5156);
		expect(names(draft).slice(0, 3)).toEqual(['ATLAS Collaboration', 'CMS Collaboration', 'A. Author0']);
		expect(draft.authors?.[2]).toMatchObject({ orcid: '0000-0002-1825-0097' });
		expect(draft).toMatchObject({ volume: '114', pages: '191803', date: '2015' });
	});

	test('nothing found', () => {
		expect(readInspireRecord({ hits: { hits: [], total: 0 } })).toBeNull();
		expect(readInspireRecord({ status: 404, message: 'PID does not exist.' })).toBeNull();
	});
});

describe('CITATION.cff', () => {
	const draftOf = (text: string): PaperDraft => {
		const read = readCitationFile(text);
		if ('fault' in read) throw new Error(read.fault);
		return fits(read.draft);
	};

	test('of a program', () => {
		const draft = draftOf(answer('awkward-CITATION.cff'));
		expect(draft).toMatchObject({
			title: 'Awkward Array',
			type: 'software',
			date: '2018-10-12',
			doi: '10.5281/zenodo.4341376'
		});
		expect(draft.authors).toHaveLength(10);
		expect(draft.authors?.[7]).toEqual({
			kind: 'person',
			given: 'Santam',
			family: 'Roy Choudhury',
			orcid: '0000-0003-0153-9748',
			affiliations: ['National Institute of Technology, Durgapur']
		});
	});

	test('with the paper that is to be cited (made by hand)', () => {
		expect(
			draftOf(`cff-version: 1.2.0
message: Cite the paper.
title: fastfit
authors: [{name: The fastfit developers}]
doi: 10.5281/zenodo.1
repository-code: https://example.org/fastfit
keywords: [fit, physics, Fit]
license: [MIT, Apache-2.0]
preferred-citation:
  type: article
  title: Fitting fast
  authors:
    - {family-names: Waals, given-names: Anna, name-particle: van der, name-suffix: III, orcid: https://orcid.org/0000-0002-1825-0097}
    - {family-names: Nobody, given-names: N., orcid: https://orcid.org/0000-0002-1825-0098}
  year: 2024
  month: 3
  journal: JINST
  volume: 19
  start: 1
  end: 12
  doi: https://doi.org/10.1088/1748-0221/19/03/P03001
`)
		).toEqual({
			title: 'Fitting fast',
			authors: [
				{
					kind: 'person',
					given: 'Anna',
					particle: 'van der',
					family: 'Waals',
					suffix: 'III',
					orcid: '0000-0002-1825-0097',
					affiliations: []
				},
				{ kind: 'person', given: 'N.', family: 'Nobody', affiliations: [] }
			],
			type: 'article',
			date: '2024-03',
			venue: 'JINST',
			volume: '19',
			pages: '1-12',
			doi: '10.1088/1748-0221/19/03/p03001',
			codeUrl: 'https://example.org/fastfit',
			tags: ['fit', 'physics']
		});
	});

	test.each([
		['no YAML', 'cff-version: 1.2.0\ntitle: "x\n', /Line \d+ is no YAML/],
		['another file', 'name: x\n', /no CITATION\.cff/],
		['too long', `title: ${'x'.repeat(300_000)}`, /more than 256 kB/],
		[
			'aliases of aliases',
			`cff-version: 1.2.0\ntitle: x\na: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
				.split('')
				.map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]}`).join(',')}]`)
				.join('\n')}`,
			/cannot be read/
		]
	])('%s (made by hand)', (_, text, fault) => {
		expect(readCitationFile(text)).toEqual({ fault: expect.stringMatching(fault) as string });
	});
});

describe('front matter of MyST (made by hand)', () => {
	const TEXT = `---
title: Searching for \`dark\` photons
subtitle: A tutorial
authors:
  - name: Jane van der Berg
    orcid: 0000-0002-1825-0097
    affiliations: [ub, CERN]
  - name: {given: Louis, family: Broglie, non_dropping_particle: de}
  - ALICE Collaboration
affiliations:
  - {id: ub, name: University of Bonn, department: Physics, city: Bonn, country: Germany}
date: 2024/01/26
doi: https://doi.org/10.5281/zenodo.3233986
arxiv: https://arxiv.org/abs/1706.03762
github: example/dark-photons
license: {content: CC-BY-4.0, code: MIT}
keywords: dark matter, photons
venue: {title: "A Journal"}
volume: {number: 7}
first_page: 3
last_page: 9
parts:
  abstract: |
    We look at $\\epsilon$.

    And *more*.
---
# Heading

Text`;

	test('all of it', () => {
		const read = readFrontMatter(TEXT);
		if ('fault' in read) throw new Error(read.fault);
		expect(read.body).toBe('# Heading\n\nText');
		expect(fits(read.draft)).toEqual({
			title: 'Searching for `dark` photons: A tutorial',
			authors: [
				{
					kind: 'person',
					given: 'Jane',
					particle: 'van der',
					family: 'Berg',
					orcid: '0000-0002-1825-0097',
					affiliations: ['Physics, University of Bonn, Bonn, Germany', 'CERN']
				},
				{ kind: 'person', given: 'Louis', particle: 'de', family: 'Broglie', affiliations: [] },
				{ kind: 'group', name: 'ALICE Collaboration', affiliations: [] }
			],
			abstract: 'We look at $\\epsilon$.\n\nAnd *more*.',
			date: '2024-01-26',
			venue: 'A Journal',
			volume: '7',
			pages: '3-9',
			doi: '10.5281/zenodo.3233986',
			arxiv: '1706.03762',
			codeUrl: 'https://github.com/example/dark-photons',
			tags: ['dark matter', 'photons'],
			licence: 'CC-BY-4.0'
		});
	});

	test('of a notebook: the first cell, the cell with the abstract, the first heading', () => {
		expect(
			readNotebookFrontMatter([
				{ type: 'markdown', source: '---\nauthor: Ada Lovelace\ndate: 4 January 2025\n---\n' },
				{ type: 'code', source: '# not a heading' },
				{ type: 'markdown', source: '# A *fine* title #\ntext' },
				{ type: 'markdown', source: '## Abstract\n\nShort.', tags: ['abstract'] }
			])
		).toEqual({
			draft: {
				authors: [{ kind: 'person', given: 'Ada', family: 'Lovelace', affiliations: [] }],
				date: '2025-01-04',
				abstract: 'Short.',
				title: 'A fine title'
			}
		});
		expect(readNotebookFrontMatter([])).toEqual({ draft: {} });
	});

	test('none, or broken', () => {
		expect(readFrontMatter('Just text\n---\n')).toEqual({ draft: {}, body: 'Just text\n---\n' });
		expect(readFrontMatter('---\ntitle: [\n---\n')).toEqual({
			fault: expect.stringMatching(/^Front matter: Line/) as string
		});
		expect(readFrontMatter('---\n__proto__: {title: x}\nconstructor: 1\n---\n')).toMatchObject({ draft: {} });
	});
});

test('several sources together: the first that knows', () => {
	expect(
		mergeDrafts(
			{ title: 'A', tags: [] },
			{ title: 'B', tags: ['x'], authors: [] },
			{ authors: [{ kind: 'group', name: 'G', affiliations: [] }] }
		)
	).toEqual({ title: 'A', tags: ['x'], authors: [{ kind: 'group', name: 'G', affiliations: [] }] });
});

describe('a card', () => {
	const good = { title: 'T', authors: [{ kind: 'group', name: 'G' }] };
	test.each([
		['a title with a line feed', { ...good, title: 'a\nb' }],
		['no title', { ...good, title: '  ' }],
		['no authors', { ...good, authors: [] }],
		['a field of its own', { ...good, html: '<b>' }],
		['an author of its own kind', { ...good, authors: [{ kind: 'robot', name: 'x' }] }],
		[
			'a wrong ORCID iD',
			{ ...good, authors: [{ kind: 'person', family: 'x', orcid: '0000-0002-1825-0098' }] }
		],
		['a page that runs', { ...good, codeUrl: 'javascript:alert(1)' }],
		['a page with a password', { ...good, paperUrl: 'https://a:b@example.org/' }],
		['a day that is none', { ...good, date: '2023-02-29' }],
		['a DOI with its address', { ...good, doi: 'https://doi.org/10.1/x' }],
		['a DOI in capitals', { ...good, doi: '10.1234/X' }],
		['an arXiv identifier with its version', { ...good, arxiv: '1207.7214v2' }],
		['an unknown licence', { ...good, licence: 'mine' }],
		['a language in another spelling', { ...good, language: 'EN' }],
		['a sign that turns the text round', { ...good, title: 'a\u202eb' }],
		['too many tags', { ...good, tags: Array(31).fill('x') }],
		[
			'too much of affiliations',
			{
				...good,
				authors: Array(6000).fill({ kind: 'group', name: 'x'.repeat(200), affiliations: ['y'.repeat(500)] })
			}
		]
	])('refuses %s', (_, value) => {
		expect(v.safeParse(paperSchema, good).success).toBe(true);
		expect(v.safeParse(paperSchema, value).success).toBe(false);
	});
});
