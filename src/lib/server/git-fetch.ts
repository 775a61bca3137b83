/** One commit of a repository: fetched, and its tree listed. */
import type { GitJail, GitOutcome } from './git-jail.ts';
import { isCommit, isPlainPath } from './git-place.ts';
import { gitProblem, tooLarge } from './git-problem.ts';
import { outboundAddresses, type AddressRules } from './outbound-address.ts';

export interface FetchLimits extends AddressRules {
	userAgent: string;
	caFile?: string;
	maxBytes: number;
	maxFiles: number;
	maxFileBytes: number;
}

export interface TreeEntry {
	path: string;
	oid: string;
	executable: boolean;
}

/** The commit that a name stands for, which is in the jail then with all of its files that are not too large. */
export async function fetchCommit(
	jail: GitJail,
	{ url, ref }: { url: URL; ref: string | undefined },
	deadline: number,
	limits: FetchLimits
): Promise<string> {
	const addresses = await outboundAddresses(url.hostname, limits);
	const settings = [
		'protocol.https.allow=always',
		// what was checked is what is connected to, whatever the name stands for later
		`http.curloptResolve=${url.hostname}:${url.port || 443}:${addresses.map((ip) => (ip.includes(':') ? `[${ip}]` : ip)).join(',')}`,
		// a redirect would lead to an address that nobody has checked
		'http.followRedirects=false',
		'http.sslVerify=true',
		...(limits.caFile ? [`http.sslCAInfo=${limits.caFile}`] : []),
		`http.userAgent=${limits.userAgent.replace(/[^\u0020-\u007e]/g, '')}`,
		'http.lowSpeedLimit=1000',
		'http.lowSpeedTime=20'
	];
	const run = async (args: string[]): Promise<GitOutcome> => {
		const outcome = await jail.run(args, deadline, { settings });
		if (outcome.code !== 0) throw gitProblem(outcome, limits.maxBytes);
		return outcome;
	};

	const wanted = ref !== undefined && isCommit(ref) ? ref : await resolve(run, url, ref);
	await run([
		...['fetch', '--depth=1', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head', '--quiet'],
		...[`--filter=blob:limit=${limits.maxFileBytes + 1}`, url.href, wanted]
	]);
	// From here on nothing is fetched any more: what is missing is missing.
	await jail.forgetRemote();
	const { stdout, ...rest } = await jail.run(
		['rev-parse', '--verify', '--quiet', `${wanted}^{commit}`],
		deadline
	);
	const commit = stdout.toString('latin1').trim();
	if (rest.code !== 0 || !isCommit(commit))
		throw gitProblem({ stdout, ...rest, stderr: 'fatal: bad object' }, limits.maxBytes);
	return commit;
}

/** The object that a tag or a branch points at now; a tag goes before a branch of the same name. */
async function resolve(
	run: (args: string[]) => Promise<GitOutcome>,
	url: URL,
	ref: string | undefined
): Promise<string> {
	const names =
		ref === undefined ? ['HEAD'] : /^refs\//.test(ref) ? [ref] : [`refs/tags/${ref}`, `refs/heads/${ref}`];
	const { stdout } = await run(['ls-remote', '--quiet', url.href, ...names]);
	const listed = new Map(
		stdout
			.toString('utf8')
			.split('\n')
			.map((line) => line.split('\t'))
			.map(([oid = '', name = '']): [string, string] => [name, oid])
	);
	const oid = names.map((name) => listed.get(name)).find((each) => each !== undefined && isCommit(each));
	if (oid !== undefined) return oid;
	throw gitProblem({ code: 1, stdout, stderr: "fatal: couldn't find remote ref" }, 0);
}

/** The files below a folder. Links, submodules and paths that cannot be ours are named, not listed. */
export async function listTree(
	jail: GitJail,
	commit: string,
	folder: string,
	deadline: number,
	{ maxBytes, maxFiles }: FetchLimits
): Promise<{ entries: TreeEntry[]; left: { path: string; why: 'link' | 'submodule' | 'size' | 'path' }[] }> {
	const outcome = await jail.run(['ls-tree', '-r', '-z', '--full-tree', `${commit}:${folder}`], deadline, {
		maxOutput: maxFiles * 1_200
	});
	if (outcome.stopped === 'output') throw tooMany(maxFiles);
	if (outcome.code !== 0) {
		const missing = /Not a valid object name|not a tree object/i.test(outcome.stderr);
		throw gitProblem(
			missing && folder ? { ...outcome, stderr: `fatal: there is no folder ${folder}` } : outcome,
			maxBytes
		);
	}
	const entries: TreeEntry[] = [];
	const left: { path: string; why: 'link' | 'submodule' | 'size' | 'path' }[] = [];
	for (const line of outcome.stdout.toString('utf8').split('\0')) {
		const [, mode, oid, path] = /^(\d{6}) \w+ ([0-9a-f]+)\t([^]+)$/.exec(line) ?? [];
		if (mode === undefined) continue;
		if (entries.length + left.length >= maxFiles) throw tooMany(maxFiles);
		if (!isPlainPath(path!))
			left.push({ path: JSON.stringify(path!.slice(0, 300)).slice(1, -1), why: 'path' });
		else if (mode === '120000') left.push({ path: path!, why: 'link' });
		else if (mode === '160000') left.push({ path: path!, why: 'submodule' });
		else entries.push({ path: path!, oid: oid!, executable: mode === '100755' });
	}
	return { entries, left };
}

/** Which of these paths from the root are files of the commit. */
export async function listPaths(
	jail: GitJail,
	commit: string,
	paths: readonly string[],
	deadline: number,
	{ maxBytes }: FetchLimits
): Promise<{ path: string; oid: string }[]> {
	const outcome = await jail.run(['ls-tree', '-z', '--full-tree', commit, '--', ...paths], deadline);
	if (outcome.code !== 0) throw gitProblem(outcome, maxBytes);
	return outcome.stdout
		.toString('utf8')
		.split('\0')
		.flatMap((line) => {
			const [, oid, path] = /^100\d{3} blob ([0-9a-f]+)\t([^]+)$/.exec(line) ?? [];
			return oid !== undefined && paths.includes(path!) ? [{ path: path!, oid }] : [];
		});
}

function tooMany(maxFiles: number): Error {
	return tooLarge(`It has more than ${maxFiles} files.`);
}
