/** Where an example is, out of the address of a page of a forge: the repository, and the commit, tag or branch and the folder that the page shows. */

export interface GitAddress {
	/** As for `git clone`. */
	url: string;
	ref?: string;
	/** Of a folder, or of the file that the page shows. */
	path?: string;
}

/**
 * Reads the addresses of GitHub, GitLab, Gitea (Codeberg) and Bitbucket. Any other https address is taken for that of a repository,
 * without what stands behind `?` and `#`. Null for what is no https address. A name with a slash in it cannot be told from a name and
 * a folder: it is taken for one without.
 */
export function readGitAddress(text: string): GitAddress | null {
	const address = text.trim().replace(/^git\+(?=https:)/, '');
	if (!/^https:\/\//i.test(address) || address.length > 2_000 || !URL.canParse(address)) return null;
	const { origin, pathname, username, password } = new URL(address);
	// whoever reads the repository says what is wrong with that
	if (username !== '' || password !== '') return { url: address };
	const parts = pathname.split('/').filter((part) => part !== '');
	if (parts.length === 0) return null;
	const place = placeOf(parts);
	const ref = place.ref && decode(place.ref);
	const path = place.path.map(decode).join('/');
	return { url: `${origin}/${place.repository.join('/')}`, ...(ref && { ref }), ...(path && { path }) };
}

function placeOf(parts: string[]): { repository: string[]; ref?: string; path: string[] } {
	// GitLab: /group/subgroup/repository/-/tree/ref/path
	const dash = parts.indexOf('-');
	if (dash > 0 && /^(tree|blob|raw|commit|tags)$/.test(parts[dash + 1] ?? ''))
		return { repository: parts.slice(0, dash), ref: parts[dash + 2], path: parts.slice(dash + 3) };
	const [owner, name, kind, ...rest] = parts;
	if (owner === undefined || name === undefined || kind === undefined) return { repository: parts, path: [] };
	const repository = [owner, name];
	// Gitea: /owner/repository/src/branch/ref/path
	if (kind === 'src' && /^(branch|tag|commit)$/.test(rest[0] ?? ''))
		return { repository, ref: rest[1], path: rest.slice(2) };
	// Bitbucket: /owner/repository/src/ref/path
	if (kind === 'src') return { repository, ref: rest[0], path: rest.slice(1) };
	// GitHub
	if (/^(tree|blob|raw|commit)$/.test(kind))
		return { repository, ref: rest[0], path: kind === 'commit' ? [] : rest.slice(1) };
	if (kind === 'releases' && rest[0] === 'tag') return { repository, ref: rest[1], path: [] };
	return { repository: parts, path: [] };
}

function decode(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}
