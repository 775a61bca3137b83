/** A repository of an example, as physicists keep one, and a server that may read it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { GitServer } from './git-server.ts';
import { PNG } from './paper.ts';

/** What a server of ours needs to read repositories of this machine: loopback is closed to it otherwise. */
export function readingLoopback(caFile: string): Record<string, string> {
	return { GIT_NETWORKS: '127.0.0.0/8,::1/128', GIT_CERTIFICATES: caFile };
}

export const CITATION = `cff-version: 1.2.0
message: Cite the paper.
title: peakfit
authors:
  - name: The developers of peakfit
repository-code: https://example.org/code/peakfit
keywords: [Higgs, photons]
preferred-citation:
  type: article
  title: Observation of a peak in two-photon events
  authors:
    - family-names: Noether
      given-names: Emmy
      orcid: https://orcid.org/0000-0002-1825-0097
    - name: CMS Collaboration
  journal: Physics Letters B
  year: 2012
  month: 9
  doi: 10.1016/j.physletb.2012.08.020
license: CC-BY-4.0
`;

/** As many editors still write them: version 4.4, without ids. */
export function exampleNotebook(words = 'The spectrum', image = PNG): string {
	return JSON.stringify(
		{
			nbformat: 4,
			nbformat_minor: 4,
			metadata: {
				kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' },
				language_info: { name: 'python', version: '3.11.2' }
			},
			cells: [
				{ cell_type: 'markdown', metadata: {}, source: [`# ${words}\n`, '\n', 'Mass $m$ of photon pairs.'] },
				{
					cell_type: 'code',
					metadata: {},
					execution_count: 1,
					source: [
						'import spectrum\n',
						"masses = spectrum.read('data/masses.csv')\n",
						'spectrum.plot(masses)'
					],
					outputs: [
						{
							output_type: 'display_data',
							metadata: {},
							data: { 'image/png': image.toString('base64'), 'text/plain': ['<Figure>'] }
						}
					]
				}
			]
		},
		null,
		1
	);
}

export const MASSES = 'mass\n124.8\n125.3\n126.1\n';

/**
 * Returns its first commit. Git runs while nothing else does: then what other connections have to say is heard first, as that a server
 * has closed one that nobody used.
 */
export async function createExample(
	server: GitServer,
	name: string,
	more: Record<string, string | Buffer> = {}
): Promise<string> {
	const first = server.create(name, {
		'CITATION.cff': CITATION,
		'README.md': '# peakfit\n',
		'examples/peak/peak.ipynb': exampleNotebook(),
		'examples/peak/spectrum.py': 'def read(path): ...\n',
		'examples/peak/data/masses.csv': MASSES,
		'examples/peak/data/unused.csv': 'nothing\n',
		...more
	});
	await setImmediate();
	return first;
}

/** Another commit that changes some files. Returns it. */
export async function commit(
	server: GitServer,
	name: string,
	files: Record<string, string | Buffer>
): Promise<string> {
	for (const [path, content] of Object.entries(files))
		writeFileSync(join(server.folder(name), path), content);
	server.git(name, ['add', '--all', '--force']);
	server.git(name, ['commit', '--quiet', '--message=later']);
	const made = server.git(name, ['rev-parse', 'HEAD']);
	await setImmediate();
	return made;
}
