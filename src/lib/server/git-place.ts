/** Where a repository is, as people type it: what of it may reach git's command line. */
import { badRequest } from './git-problem.ts';

/** The address, if it is one of https without a password in it. */
export function checkUrl(text: string): URL {
	const url = URL.canParse(text) && text.length <= 2_000 ? new URL(text) : null;
	if (
		url === null ||
		url.protocol !== 'https:' ||
		url.search !== '' ||
		url.hash !== '' ||
		url.pathname === '/'
	) {
		throw badRequest(
			'git-address',
			'This is no address of a git repository.',
			'It starts with https:// and is what `git clone` takes, as https://github.com/name/repository.'
		);
	}
	if (url.username !== '' || url.password !== '') {
		throw badRequest(
			'git-credentials',
			'The address has a name or a password in it.',
			'Leave them out: only repositories that everybody may read can be published from.'
		);
	}
	return url;
}

/** A whole commit, or the name of a tag or a branch (git-check-ref-format, stricter). */
export function checkRef(text: string | undefined): string | undefined {
	const ref = text?.trim();
	if (ref === undefined || ref === '') return undefined;
	const isName =
		/^[\p{L}\p{N}_][\p{L}\p{N}_.+#@/-]*$/u.test(ref) && !/\.\.|\/\/|@\{|\/\.|\.lock(\/|$)|[./]$/.test(ref);
	if (isName && ref.length <= 200) return ref;
	throw badRequest(
		'git-ref',
		`“${ref.slice(0, 100)}” is no commit, tag or branch.`,
		'Type in a name like v1.0, or a whole commit.'
	);
}

export function isCommit(ref: string): boolean {
	return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(ref);
}

/** A path below the root of the repository, '' for all of it. */
export function checkFolder(text: string | undefined): string {
	const folder = (text ?? '').replace(/^\.?\/+|\/+$/g, '');
	if (folder === '' || folder === '.') return '';
	if (isPlainPath(folder)) return folder;
	throw badRequest('git-folder', 'This is no folder of a repository.', 'Type in a path like examples/fit.');
}

/** Whether a path of a repository can be a path of ours: no part of it leads elsewhere, or is git's own. */
export function isPlainPath(path: string): boolean {
	return (
		path.length <= 1_000 &&
		!/[\p{Cc}\p{Cs}\\\ufffd\u202a-\u202e\u2066-\u2069]/u.test(path) &&
		path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !/^\.git$/i.test(part))
	);
}
