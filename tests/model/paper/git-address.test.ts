/** Addresses of pages of forges. */
import { expect, test } from 'vitest';
import { readGitAddress } from '#lib/model/paper/git-address.ts';

test.each([
	['https://github.com/scikit-hep/awkward', { url: 'https://github.com/scikit-hep/awkward' }],
	[' https://github.com/scikit-hep/awkward.git ', { url: 'https://github.com/scikit-hep/awkward.git' }],
	['git+https://github.com/a/b.git', { url: 'https://github.com/a/b.git' }],
	[
		'https://github.com/a/b/tree/v1.0/examples/my%20fit?tab=readme#x',
		{ url: 'https://github.com/a/b', ref: 'v1.0', path: 'examples/my fit' }
	],
	[
		'https://github.com/a/b/blob/main/fit.ipynb',
		{ url: 'https://github.com/a/b', ref: 'main', path: 'fit.ipynb' }
	],
	[
		'https://github.com/a/b/commit/0123456789abcdef0123456789abcdef01234567',
		{ url: 'https://github.com/a/b', ref: '0123456789abcdef0123456789abcdef01234567' }
	],
	['https://github.com/a/b/releases/tag/v2', { url: 'https://github.com/a/b', ref: 'v2' }],
	[
		'https://gitlab.cern.ch/group/sub/name/-/tree/master/examples',
		{ url: 'https://gitlab.cern.ch/group/sub/name', ref: 'master', path: 'examples' }
	],
	['https://gitlab.com/g/s/n/-/tags/v1', { url: 'https://gitlab.com/g/s/n', ref: 'v1' }],
	['https://codeberg.org/a/b/src/tag/v1/x/y', { url: 'https://codeberg.org/a/b', ref: 'v1', path: 'x/y' }],
	['https://bitbucket.org/a/b/src/main/x', { url: 'https://bitbucket.org/a/b', ref: 'main', path: 'x' }],
	[
		'https://git.example.org:8443/deep/in/there/repository.git',
		{ url: 'https://git.example.org:8443/deep/in/there/repository.git' }
	],
	['https://name:secret@github.com/a/b', { url: 'https://name:secret@github.com/a/b' }],
	['http://github.com/a/b', null],
	['git@github.com:a/b.git', null],
	['https://github.com/', null],
	['ext::sh -c x', null],
	['', null]
])('%s', (text, expected) => {
	expect(readGitAddress(text)).toEqual(expected);
});
