/** What people paste: DOIs, arXiv and INSPIRE identifiers, ORCID iDs; slugs and licences. */
import { describe, expect, test } from 'vitest';
import { identifierUrl, isOrcid, readIdentifier, readOrcid } from '#lib/model/paper/identifiers.ts';
import { isLicence, readLicence } from '#lib/model/paper/licence.ts';
import { freeSlug, isSlug, slugOf } from '#lib/model/paper/slug.ts';

describe('a paper', () => {
	test.each([
		// DOIs
		['10.1016/j.physletb.2012.08.020', 'doi', '10.1016/j.physletb.2012.08.020'],
		['  https://doi.org/10.1016/j.physletb.2012.08.020 ', 'doi', '10.1016/j.physletb.2012.08.020'],
		['http://dx.doi.org/10.1103/PhysRevLett.118.232001', 'doi', '10.1103/physrevlett.118.232001'],
		['https://www.doi.org/10.1103/PhysRevLett.118.232001', 'doi', '10.1103/physrevlett.118.232001'],
		['doi.org/10.1126/science.169.3946.635', 'doi', '10.1126/science.169.3946.635'],
		['doi:10.1126/science.169.3946.635', 'doi', '10.1126/science.169.3946.635'],
		['DOI: 10.1126/science.169.3946.635.', 'doi', '10.1126/science.169.3946.635'],
		['info:doi/10.1126/science.169.3946.635', 'doi', '10.1126/science.169.3946.635'],
		['<https://doi.org/10.5281/zenodo.3233986>', 'doi', '10.5281/zenodo.3233986'],
		[
			'https://doi.org/10.1002%2F(SICI)1521-3951(199911)216:1%3C135::AID-PSSB135%3E3.0.CO;2-%23',
			'doi',
			'10.1002/(sici)1521-3951(199911)216:1<135::aid-pssb135>3.0.co;2-#'
		],
		['10.1016/0370-2693(76)90150-7', 'doi', '10.1016/0370-2693(76)90150-7'],
		['10.1016/0370-2693(76)90150-7)', 'doi', '10.1016/0370-2693(76)90150-7'],
		[
			'https://link.springer.com/article/10.1140/epjc/s10052-022-10054-2',
			'doi',
			'10.1140/epjc/s10052-022-10054-2'
		],
		[
			'https://journals.aps.org/prl/abstract/10.1103/PhysRevLett.118.232001',
			'doi',
			'10.1103/physrevlett.118.232001'
		],
		['https://onlinelibrary.wiley.com/doi/full/10.1002/spp2.1267', 'doi', '10.1002/spp2.1267'],
		[
			'https://inspirehep.net/api/doi/10.1103/PhysRevLett.118.232001',
			'doi',
			'10.1103/physrevlett.118.232001'
		],
		['10.1234/ä', 'doi', '10.1234/ä'],
		// arXiv
		['1207.7214', 'arxiv', '1207.7214'],
		['arXiv:1207.7214v2', 'arxiv', '1207.7214'],
		['arXiv:1706.03762 [cs.CL]', 'arxiv', '1706.03762'],
		['arxiv: 2301.00001', 'arxiv', '2301.00001'],
		['https://arxiv.org/abs/2301.00001v3', 'arxiv', '2301.00001'],
		['http://arxiv.org/pdf/1207.7214v2.pdf', 'arxiv', '1207.7214'],
		['https://arxiv.org/pdf/hep-ex/0406020v1', 'arxiv', 'hep-ex/0406020'],
		['https://export.arxiv.org/abs/1207.7214?context=hep-ph', 'arxiv', '1207.7214'],
		['https://ar5iv.labs.arxiv.org/html/1207.7214', 'arxiv', '1207.7214'],
		['https://www.alphaxiv.org/abs/1706.03762', 'arxiv', '1706.03762'],
		['hep-ex/0406020', 'arxiv', 'hep-ex/0406020'],
		['arXiv:math.GT/0309136v1', 'arxiv', 'math/0309136'],
		['q-alg/9707029', 'arxiv', 'q-alg/9707029'],
		['https://doi.org/10.48550/arXiv.1706.03762', 'arxiv', '1706.03762'],
		['10.48550/ARXIV.HEP-TH/9901001', 'arxiv', 'hep-th/9901001'],
		// INSPIRE
		['https://inspirehep.net/literature/1124337', 'inspire', '1124337'],
		['https://inspirehep.net/api/literature/1124337?fields=titles', 'inspire', '1124337'],
		['http://inspirehep.net/record/1124337/files/x.pdf', 'inspire', '1124337'],
		['1124337', 'inspire', '1124337'],
		['INSPIRE: 1124337', 'inspire', '1124337'],
		['Aad:2012tfa', 'texkey', 'Aad:2012tfa'],
		['https://inspirehep.net/literature?sort=mostrecent&q=texkey%20Aad:2012tfa', 'texkey', 'Aad:2012tfa'],
		['https://inspirehep.net/literature?q=texkeys:"ATLAS:2012yve"', 'texkey', 'ATLAS:2012yve']
	])('%s', (pasted, kind, id) => {
		expect(readIdentifier(pasted)).toMatchObject({ kind, id });
	});

	test.each([
		...[
			'',
			'   ',
			'a paper',
			'10.1016/',
			'10.12/x',
			'doi:',
			'1313.0001',
			'1299.12345',
			'1501.1234',
			'0704.12345'
		],
		...[
			'https://example.org/',
			'https://doi.org/',
			'https://arxiv.org/list/hep-ex/new',
			'javascript:alert(1)'
		],
		...['https://inspirehep.net/authors/1', 'hep-ex/0413020', '0', 'Aad:12x', `10.1000/${'x'.repeat(400)}`]
	])('not %j', (pasted) => {
		expect(readIdentifier(pasted)).toBeNull();
	});

	test('with the version of arXiv', () => {
		expect(readIdentifier('https://arxiv.org/abs/1207.7214v2')).toMatchObject({ version: 2 });
		expect(readIdentifier('1207.7214')).toMatchObject({ version: null });
	});

	test('read again from where it leads', () => {
		for (const text of [
			'10.1016/0370-2693(76)90150-7',
			'10.1234/a#b?c<d',
			'hep-ex/0406020',
			'1124337',
			'Aad:2012tfa'
		]) {
			const read = readIdentifier(text)!;
			expect(readIdentifier(identifierUrl(read))).toEqual(read);
		}
	});
});

test.each([
	['0000-0002-1825-0097', '0000-0002-1825-0097'],
	['https://orcid.org/0000-0002-1694-233X', '0000-0002-1694-233X'],
	['http://orcid.org/0000-0002-1694-233x/', '0000-0002-1694-233X'],
	['orcid.org/0000000218250097', '0000-0002-1825-0097'],
	['ORCID: 0000 0002 1825 0097', '0000-0002-1825-0097'],
	['0000‐0002‐1825‐0097', '0000-0002-1825-0097'],
	['0000-0002-1825-0098', undefined],
	['0000-0002-1694-2330', undefined],
	['0000-0002-1825', undefined],
	['https://orcid.org/', undefined]
])('ORCID %s', (pasted, orcid) => {
	expect(readOrcid(pasted)).toBe(orcid);
	if (orcid) expect(isOrcid(orcid)).toBe(true);
});

test.each([
	['CC-BY-4.0', true],
	['MIT OR Apache-2.0', true],
	['(MIT AND BSD-3-Clause) OR GPL-2.0-only WITH Classpath-exception-2.0', true],
	['LicenseRef-ours', true],
	['mit', false],
	['MIT OR', false],
	['(MIT', false],
	['MIT)', false],
	['MIT MIT', false],
	['<script>', false],
	['', false]
])('licence %j: %s', (text, expected) => {
	expect(isLicence(text)).toBe(expected);
});

test.each([
	['http://creativecommons.org/licenses/by/4.0/', 'CC-BY-4.0'],
	['https://creativecommons.org/licenses/by-nc-sa/3.0/legalcode', 'CC-BY-NC-SA-3.0'],
	['Creative Commons Zero', undefined],
	['https://creativecommons.org/publicdomain/zero/1.0/', 'CC0-1.0'],
	['CC BY 4.0', 'CC-BY-4.0'],
	['CC-BY', 'CC-BY-4.0'],
	['apache-2.0', 'Apache-2.0'],
	['https://opensource.org/licenses/MIT', 'MIT'],
	['http://arxiv.org/licenses/nonexclusive-distrib/1.0/', undefined],
	['http://link.aps.org/licenses/aps-default-license', undefined]
])('licence called %s', (said, licence) => {
	expect(readLicence(said)).toBe(licence);
});

test.each([
	[
		'Observation of a new particle in the search for the Standard Model Higgs boson with the ATLAS detector at the LHC',
		'observation-of-a-new-particle-in-the-search-for-the-standard'
	],
	['Schrödingers Straße: $\\alpha_s$ & “Ångström”', 'schrodingers-strasse-alpha-s-angstrom'],
	['μ → eγ', 'mu-egamma'],
	['中文', 'paper'],
	['New', 'paper-new'],
	['Feed', 'paper-feed'],
	['x'.repeat(100), 'x'.repeat(60)]
])('slug of %s', (title, slug) => {
	expect(slugOf(title)).toBe(slug);
	expect(isSlug(slug)).toBe(true);
});

test('a slug that is taken gets the next number and stays short enough', () => {
	const taken = new Set(['a', 'a-2', 'x'.repeat(60)]);
	expect(freeSlug('a', (slug) => taken.has(slug))).toBe('a-3');
	expect(freeSlug('b', (slug) => taken.has(slug))).toBe('b');
	const long = freeSlug('x'.repeat(60), (slug) => taken.has(slug));
	expect(long).toMatch(/^x+-2$/);
	expect(isSlug(long)).toBe(true);
});
