/** What we say of a paper to others, read back by parsers that are not ours: citation-js for BibTeX and RIS, citeproc for APA, saxes for XML. */
import { Cite } from '@citation-js/core';
import '@citation-js/plugin-bibtex';
import '@citation-js/plugin-csl';
import '@citation-js/plugin-ris';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { bibtexKey, bibtexOf } from '#lib/model/paper/bibtex.ts';
import { citationOf } from '#lib/model/paper/citation.ts';
import { cslOf } from '#lib/model/paper/csl.ts';
import { atomFeed, sitemap } from '#lib/model/paper/feed.ts';
import { fullName } from '#lib/model/paper/names.ts';
import { highwireTags, jsonForScript, openGraphTags, scholarlyArticle } from '#lib/model/paper/page-tags.ts';
import { authorSchema, paperSchema, type Paper } from '#lib/model/paper/paper.ts';
import { readArxivFeed } from '#lib/model/paper/read-arxiv.ts';
import { readCsl } from '#lib/model/paper/read-csl.ts';
import { readInspireRecord } from '#lib/model/paper/read-inspire.ts';
import { risOf } from '#lib/model/paper/ris.ts';
import { random } from '../../support/seed.ts';

const answer = (name: string): string => readFileSync(new URL(`answers/${name}`, import.meta.url), 'utf8');
const csl = (name: string): Paper => v.parse(paperSchema, readCsl(JSON.parse(answer(name))));

/** Real papers, by what they have that is not in the others. */
const REAL: [name: string, paper: Paper][] = [
	[
		'an article of INSPIRE',
		v.parse(paperSchema, readInspireRecord(JSON.parse(answer('inspire-1510263.json'))))
	],
	['an article of Crossref', csl('crossref-10.1155-2018-3804742.json')],
	['a chapter', csl('crossref-10.1007-978-3-319-10590-1_53.json')],
	['a preprint by its DOI', csl('datacite-10.48550-arxiv.1706.03762.json')],
	['software', csl('datacite-10.5281-zenodo.3233986.json')],
	['34 authors', v.parse(paperSchema, readArxivFeed(answer('arxiv-1707.08567.xml')))]
];

/** Made by hand: every sign that a format could read as its own. */
const HARD: Paper = v.parse(paperSchema, {
	title: 'The QCD axion & 50% of {all} $\\sqrt{s}_{NN}$ #1_x ~ ^ \\ “Düsseldorf” – A "test" at the LHC',
	authors: [
		{ kind: 'group', name: 'CMS and ATLAS Collaborations' },
		{ kind: 'person', given: 'Johannes Diderik', particle: 'van der', family: 'Waals', suffix: 'Jr.' },
		{
			kind: 'person',
			given: 'Łukasz',
			family: 'Żółć-Ångström',
			affiliations: ['U. & V'],
			orcid: '0000-0002-1825-0097'
		},
		{ kind: 'person', family: 'Plato' },
		{ kind: 'person', given: 'Ann, and Bob', family: 'de facto Smith' }
	],
	type: 'article',
	abstract: 'One *two*.\n\n</script><script>alert(1)</script> & $a<b$ ]]>',
	date: '2012-09-17',
	venue: 'Phys. Lett. B & more',
	publisher: 'Elsevier',
	volume: '716',
	issue: '1',
	pages: '1-29',
	doi: '10.1002/(sici)1521-3951(199911)216:1<135::aid{x}>3.0.co;2-#',
	arxiv: '1207.7214',
	arxivCategory: 'hep-ex',
	tags: ['Higgs', 'a & b', '<b>'],
	licence: 'CC-BY-4.0',
	language: 'en-GB'
});

const PAGE = {
	url: 'https://ansatz.example.org/papers/higgs/v2?a=1&b=2',
	site: 'Ansatz',
	image: { url: 'https://ansatz.example.org/i.png', alternative: 'A plot', width: 1200, height: 630 },
	published: '2026-01-02T03:04:05Z',
	modified: '2026-02-02T03:04:05Z'
};

/** The only item that a parser finds. */
function only(text: string): Record<string, unknown> {
	const { data } = new Cite(text);
	expect(data).toHaveLength(1);
	return data[0]!;
}
const familyNames = (item: Record<string, unknown>): unknown[] =>
	(item.author as Record<string, string>[]).map(({ family, literal }) => family ?? literal);
const textOnly = (value: unknown): string =>
	String(value)
		.replace(/<[^>]+>|[{}$\\]/g, '')
		.replace(/\s+/g, ' ');

describe('BibTeX', () => {
	test.each(REAL)('%s', (_, paper) => {
		for (const ascii of [false, true]) {
			const text = bibtexOf(paper, { ascii });
			if (ascii) expect(text).toMatch(/^[\n\u0020-\u007e]*$/);
			const item = only(text);
			expect(textOnly(item.title)).toBe(textOnly(paper.title));
			expect(familyNames(item)).toEqual(
				paper.authors.map((author) => (author.kind === 'group' ? author.name : author.family))
			);
			expect(item.DOI).toBe(paper.doi);
			if (paper.pages) expect(item.page).toBe(paper.pages);
			expect(item['citation-key']).toBe(bibtexKey(paper));
		}
	});

	test('every sign that BibTeX reads as its own', () => {
		expect(bibtexOf(HARD)).toBe(`@article{cms2012qcd,
  author = {{CMS and ATLAS Collaborations} and van der Waals, Jr., Johannes Diderik and Żółć-Ångström, Łukasz and Plato and {de facto Smith}, {Ann, and Bob}},
  title = {The {QCD} axion \\& 50\\% of \\{all\\} {$\\sqrt{s}_{NN}$} \\#1\\_x \\textasciitilde{} \\textasciicircum{} \\textbackslash{} {“Düsseldorf”} – {A} "test" at the {LHC}},
  collaboration = {CMS and ATLAS Collaborations},
  journal = {Phys. Lett. B \\& more},
  publisher = {Elsevier},
  volume = {716},
  number = {1},
  pages = {1--29},
  year = {2012},
  month = sep,
  doi = {10.1002/(sici)1521-3951(199911)216:1<135::aid%7Bx%7D>3.0.co;2-#},
  eprint = {1207.7214},
  archiveprefix = {arXiv},
  primaryclass = {hep-ex},
  keywords = {Higgs, a \\& b, <b>},
  langid = {en-GB}
}
`);
		const item = only(bibtexOf(HARD, { ascii: true }));
		expect(item.author).toMatchObject([
			{ family: 'CMS and ATLAS Collaborations' },
			{ family: 'Waals', 'non-dropping-particle': 'van der', given: 'Johannes Diderik', suffix: 'Jr.' },
			{ family: 'Żółć-Ångström', given: 'Łukasz' },
			{ family: 'Plato' },
			{ family: 'de facto Smith', given: 'Ann, and Bob' }
		]);
		expect(item.issued).toEqual({ 'date-parts': [[2012, 9]] });
		expect(item['container-title']).toBe('Phys. Lett. B & more');
	});

	test('keys are those of INSPIRE, or made, and never the same twice', () => {
		expect(bibtexKey(REAL[0]![1])).toBe('Colangelo:2017qdm');
		expect(bibtexKey(HARD, ['cms2012qcd'])).toBe('cms2012qcd-a');
		const taken: string[] = [];
		for (let count = 0; count < 40; count += 1) taken.push(bibtexKey(HARD, taken));
		expect(new Set(taken).size).toBe(40);
		expect(
			bibtexKey({ title: '中文', authors: [{ kind: 'person', family: '王', affiliations: [] }] })
		).toMatch(/^[\w:-]+$/);
	});
});

describe('RIS', () => {
	test.each([...REAL, ['every kind of sign', HARD] as const])('%s', (_, paper) => {
		const text = risOf(paper, PAGE.url);
		for (const line of text.slice(0, -2).split('\r\n')) expect(line).toMatch(/^[A-Z][A-Z0-9]  - [^\r\n]*$/);
		const item = only(text);
		expect(item.title).toBe(paper.title);
		expect((item.author as unknown[]).length).toBe(paper.authors.length);
		expect(item.DOI).toBe(paper.doi);
		expect(item['container-title']).toBe(paper.venue);
		if (paper.pages) expect(item.page).toBe(paper.pages);
		expect((item.issued as { 'date-parts': number[][] })['date-parts'][0]![0]).toBe(
			Number(paper.date!.slice(0, 4))
		);
	});
});

describe('CSL JSON', () => {
	test.each([...REAL, ['every kind of sign', HARD] as const])('%s comes back as it was', (_, paper) => {
		const again = v.parse(paperSchema, readCsl(JSON.parse(JSON.stringify(cslOf(paper, PAGE.url)))));
		const { title, date, venue, volume, issue, pages, doi, language } = paper;
		expect(again).toMatchObject(
			JSON.parse(JSON.stringify({ date, venue, volume, issue, pages, doi, language })) as object
		);
		expect(textOnly(again.title)).toBe(textOnly(title));
		// where a reader takes the start of a family name for a particle, the whole name is the same
		expect(again.authors.map(fullName)).toEqual(paper.authors.map(fullName));
		expect(again.authors.map(({ kind }) => kind)).toEqual(paper.authors.map(({ kind }) => kind));
	});
});

describe('a line of text', () => {
	/** What citeproc makes of our CSL JSON. */
	const apa = (paper: Paper): string =>
		new Cite(cslOf(paper)).format('bibliography', { format: 'text', template: 'apa', lang: 'en-US' }).trim();

	test.each([
		['an article of INSPIRE', REAL[0]![1]],
		['an article of Crossref', REAL[1]![1]]
	])('%s: as citeproc’s APA says it', (_, paper) => {
		expect(citationOf(paper)).toBe(apa(paper).replace(/\s+/g, ' '));
	});

	test('34 authors, and a paper of a collaboration', () => {
		expect(citationOf(REAL[5]![1])).toBe(
			'Immink, K. A. S., Baggen, S., Chaabane, F., Chen, Y., de With, P. H. N., Gassara, H., Gharbi, H., Ghazel, A., ' +
				'Grati, K., Grigoryan, N. M., Harutyunyan, A., Imanishi, M., Iwamoto, M., Iwata, K.-i., Kamabe, H., Kurkoski, B. M., ' +
				'Kuzuoka, S., Langenhuizen, P., Lewandowsky, J., … Yamamoto, H. (2017). Proceedings of Workshop AEW10: Concepts in ' +
				'Information Theory and Communications. arXiv:1707.08567. https://arxiv.org/abs/1707.08567'
		);
		const authors = [
			{ kind: 'group' as const, name: 'CMS Collaboration', affiliations: [] },
			...Array.from({ length: 3000 }, (_, at) => ({
				kind: 'person' as const,
				family: `A${at}`,
				affiliations: []
			}))
		];
		expect(citationOf({ title: 'A title?', authors })).toBe('CMS Collaboration. (n.d.). A title?');
	});
});

/** The names and contents of all elements of a document that saxes, which is strict, takes for well-formed. */
function parseXml(
	text: string
): { name: string; attributes: Record<string, string>; text: string; parent: string }[] {
	const found: { name: string; attributes: Record<string, string>; text: string; parent: string }[] = [];
	const open: typeof found = [];
	const parser = new SaxesParser();
	parser.on('error', (error) => {
		throw error;
	});
	parser.on('opentag', ({ name, attributes }) => {
		const element = {
			name,
			attributes: { ...(attributes as Record<string, string>) },
			text: '',
			parent: open.at(-1)?.name ?? ''
		};
		found.push(element);
		open.push(element);
	});
	parser.on('text', (piece) => {
		if (open.length) open.at(-1)!.text += piece;
	});
	parser.on('closetag', () => void open.pop());
	parser.write(text).close();
	return found;
}

describe('Atom', () => {
	const feed = {
		title: 'Papers & more',
		pageUrl: 'https://x.example/papers',
		feedUrl: 'https://x.example/papers/feed.xml',
		updated: '2026-01-01T00:00:00Z'
	};
	const entries = [...REAL.map(([, paper]) => paper), HARD].map((paper, at) => ({
		url: `https://x.example/papers/p${at}?a=1&b=2`,
		paper,
		published: `2026-01-0${at + 1}T00:00:00Z`,
		updated: `2026-02-0${at + 1}T00:00:00+01:00`
	}));

	test('holds what RFC 4287 wants of a feed and of each entry', () => {
		const elements = parseXml(atomFeed(feed, entries));
		const below = (parent: string, name: string) =>
			elements.filter((each) => each.parent === parent && each.name === name);
		for (const name of ['id', 'title', 'updated']) expect(below('feed', name)).toHaveLength(1);
		expect(below('feed', 'updated')[0]!.text).toBe('2026-02-07T00:00:00+01:00');
		expect(below('feed', 'link').map(({ attributes }) => attributes.rel)).toEqual(['self', 'alternate']);
		for (const name of ['id', 'title', 'updated', 'published', 'link', 'summary'])
			expect(below('entry', name)).toHaveLength(entries.length);
		for (const { text } of below('entry', 'updated'))
			expect(text).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+(Z|[+-]\d\d:\d\d)$/);
		// each entry has an author, for the feed has none
		for (const piece of atomFeed(feed, entries).split('<entry>').slice(1))
			expect(piece).toContain('<author><name>');
		expect(new Set(below('entry', 'id').map(({ text }) => text)).size).toBe(entries.length);
		expect(below('entry', 'title').at(-1)!.text).toBe(HARD.title);
		expect(below('entry', 'id').at(-1)!.text).toBe('https://x.example/papers/p6?a=1&b=2');
	});

	test('an empty one', () => {
		expect(parseXml(atomFeed(feed, [])).find(({ name }) => name === 'updated')?.text).toBe(feed.updated);
	});

	test('a sitemap', () => {
		const elements = parseXml(
			sitemap([
				{ url: 'https://x.example/papers/a?b&c', changed: '2026-01-01' },
				{ url: 'https://x.example/' }
			])
		);
		expect(elements[0]).toMatchObject({
			name: 'urlset',
			attributes: { xmlns: 'http://www.sitemaps.org/schemas/sitemap/0.9' }
		});
		expect(elements.filter(({ name }) => name === 'loc').map(({ text }) => text)).toEqual([
			'https://x.example/papers/a?b&c',
			'https://x.example/'
		]);
		expect(elements.filter(({ name }) => name === 'lastmod')).toHaveLength(1);
	});
});

describe('the head of the page', () => {
	test('Highwire tags: what Google Scholar wants, each author with the own affiliations behind', () => {
		expect(highwireTags(HARD, PAGE)).toEqual([
			['citation_title', HARD.title],
			['citation_author', 'CMS and ATLAS Collaborations'],
			['citation_author', 'van der Waals, Johannes Diderik, Jr.'],
			['citation_author', 'Żółć-Ångström, Łukasz'],
			['citation_author_institution', 'U. & V'],
			['citation_author_orcid', 'https://orcid.org/0000-0002-1825-0097'],
			['citation_author', 'Plato'],
			['citation_author', 'de facto Smith, Ann, and Bob'],
			['citation_publication_date', '2012/09/17'],
			['citation_journal_title', 'Phys. Lett. B & more'],
			['citation_publisher', 'Elsevier'],
			['citation_volume', '716'],
			['citation_issue', '1'],
			['citation_firstpage', '1'],
			['citation_lastpage', '29'],
			['citation_doi', HARD.doi],
			['citation_arxiv_id', '1207.7214'],
			['citation_language', 'en-GB'],
			['citation_keywords', 'Higgs; a & b; <b>'],
			['citation_abstract_html_url', PAGE.url],
			['citation_public_url', PAGE.url]
		]);
	});

	test('Open Graph', () => {
		expect(Object.fromEntries(openGraphTags(HARD, PAGE))).toMatchObject({
			'og:type': 'article',
			'og:title': HARD.title,
			'og:url': PAGE.url,
			'og:image': PAGE.image.url,
			'og:image:alt': 'A plot',
			'og:locale': 'en_GB',
			'twitter:card': 'summary_large_image'
		});
	});

	test.each([...REAL, ['every kind of sign', HARD] as const])('JSON-LD of %s', (_, paper) => {
		const text = jsonForScript(scholarlyArticle(paper, PAGE));
		expect(text).not.toMatch(/[<>&\u2028\u2029]/);
		const article = JSON.parse(text) as Record<string, unknown>;
		expect(article).toMatchObject({
			'@context': 'https://schema.org',
			'@type': 'ScholarlyArticle',
			name: paper.title
		});
		for (const name of ['headline', 'author', 'datePublished', 'publisher', 'url'])
			expect(article).toHaveProperty(name);
	});

	test('3 000 authors do not make the head heavy', () => {
		const authors = [
			...Array.from({ length: 3000 }, (_, at) => ({
				kind: 'person' as const,
				family: `A${at}`,
				affiliations: ['X'.repeat(200)]
			})),
			{ kind: 'group' as const, name: 'CMS Collaboration', affiliations: [] }
		];
		const paper = { title: 'T', authors };
		expect(JSON.stringify(highwireTags(paper, PAGE)).length).toBeLessThan(40_000);
		expect(jsonForScript(scholarlyArticle(paper, PAGE)).length).toBeLessThan(60_000);
		expect(JSON.stringify(scholarlyArticle(paper, PAGE))).toContain('CMS Collaboration');
	});
});

test('any text in any field: what comes out can be read', () => {
	const line = fc
		.string({
			unit: fc.constantFrom(...'aB1 {}$\\%&#_^~"\',;:<>[]()@=|/-–é中😀'),
			minLength: 1,
			maxLength: 40
		})
		.filter((text) => text.trim() !== '');
	const author = fc.oneof(
		fc.record(
			{ kind: fc.constant('person' as const), family: line, given: line, suffix: line },
			{ requiredKeys: ['kind', 'family'] }
		),
		fc.record({ kind: fc.constant('group' as const), name: line })
	);
	fc.assert(
		fc.property(
			line,
			fc.array(author, { minLength: 1, maxLength: 4 }),
			line,
			line,
			(title, authors, venue, tag) => {
				const paper: Paper = {
					...{ title, venue, tags: [tag], volume: tag, pages: venue, type: 'article' as const },
					authors: authors.map((each) => v.parse(authorSchema, each))
				};
				for (const ascii of [false, true]) {
					const text = bibtexOf(paper, { ascii });
					// braces in pairs, none of them escaped away, and nothing behind the entry
					const depths = [...text.replace(/\\[^a-zA-Z]/g, '')].reduce<number[]>(
						(all, sign) => [...all, (all.at(-1) ?? 0) + (sign === '{' ? 1 : sign === '}' ? -1 : 0)],
						[]
					);
					expect(Math.min(...depths)).toBe(0);
					expect(depths.indexOf(0, text.indexOf('{'))).toBe(depths.length - 2);
				}
				expect(risOf(paper).match(/^TY {2}- /gm)).toHaveLength(1);
				expect(risOf(paper).match(/^AU {2}- /gm)).toHaveLength(authors.length);
				parseXml(
					atomFeed({ title, pageUrl: 'x', feedUrl: 'y', updated: 'z' }, [
						{ url: venue, paper, published: tag, updated: tag }
					])
				);
				expect(jsonForScript(scholarlyArticle(paper, PAGE))).not.toMatch(/[<>&]/);
				expect(citationOf(paper)).not.toContain('undefined');
			}
		),
		{ seed: random().seed, numRuns: 300 }
	);
});
