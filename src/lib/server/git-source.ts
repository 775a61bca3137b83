/**
 * A git repository on the web at one commit: its files with sizes and checksums, and what is in them. Only https, only public
 * addresses; fetched into a jail (git-jail.ts) and read out of a bare repository, never checked out. Links, submodules, and files that
 * are too large are not read; they are named.
 */
import { createHash } from 'node:crypto';
import { ProblemError } from '#lib/model/problem.ts';
import { eachBlob, sizesOf } from './git-blobs.ts';
import { createGitJail } from './git-jail.ts';
import { badRequest, tooLarge } from './git-problem.ts';
import { checkFolder, checkRef, checkUrl } from './git-place.ts';
import { fetchCommit, listPaths, listTree } from './git-fetch.ts';
import type { AddressRules } from './outbound-address.ts';
import { createTurns } from './turns.ts';

export interface GitSourceRules extends AddressRules {
	/** Where repositories are kept while they are read. */
	folder: string;
	userAgent: string;
	/** For all of it, in milliseconds. */
	timeoutMs?: number;
	/** The repository on our disk, packed. */
	maxBytes?: number;
	maxFiles?: number;
	/** One file, and all files together, unpacked. */
	maxFileBytes?: number;
	maxTotalBytes?: number;
	/** For tests: a file with the certificates that are trusted instead of the usual ones. */
	caFile?: string;
}

export interface GitPlace {
	/** `https://host/path`, as for `git clone`. */
	url: string;
	/** A whole commit, a tag or a branch; nothing: the branch that the repository names. */
	ref?: string;
	/** Only what is below, as a path without a slash at its ends. */
	folder?: string;
}

export interface GitFile {
	/** Below the folder that was asked for. */
	path: string;
	size: number;
	sha256: string;
	executable: boolean;
	/** It only says where the content is, in Git LFS. */
	lfs: boolean;
}

export interface GitTree {
	commit: string;
	/** In the order of git. */
	files: GitFile[];
	/** What is there and is not read. */
	left: { path: string; why: 'link' | 'submodule' | 'size' | 'path' }[];
	/** What is in some of the files, which must be among those listed. */
	read(paths: readonly string[]): Promise<Map<string, Buffer>>;
	/**
	 * Small files of these names in the folders above the one that was asked for, the nearest of each name, by their paths from the
	 * root. What is not there is not in the answer.
	 */
	readAbove(names: readonly string[]): Promise<Map<string, Buffer>>;
	/** Removes the repository from our disk. */
	close(): Promise<void>;
}

export interface GitSource {
	/**
	 * Fetches and lists. Rejects with a ProblemError: 400 for an address or a name that is none, 403 for a closed address, 404 where
	 * there is nothing, 413 for what is too large, 502 and 504 where the server does not do its part.
	 */
	open(place: GitPlace): Promise<GitTree>;
}

const MB = 1024 * 1024;
/** What says something about a repository is small. */
const MAX_ABOVE_BYTES = MB;
const LFS = 'version https://git-lfs.github.com/spec/';

export function createGitSource(rules: GitSourceRules): GitSource {
	const limits = {
		...{
			timeoutMs: 120_000,
			maxBytes: 500 * MB,
			maxFiles: 5_000,
			maxFileBytes: 100 * MB,
			maxTotalBytes: 500 * MB
		},
		...rules
	};
	// each may take all of the quota, and a core
	const turns = createTurns(0, 10);

	async function open({ url, ref, folder }: GitPlace): Promise<GitTree> {
		const place = { url: checkUrl(url), ref: checkRef(ref), folder: checkFolder(folder) };
		const deadline = performance.now() + limits.timeoutMs;
		const jail = await createGitJail(rules.folder, limits.maxBytes);
		try {
			const commit = await fetchCommit(jail, place, deadline, limits).catch((error: unknown) => {
				// GitLab's pages are elsewhere than its repositories: the same with .git behind
				const moved = error instanceof ProblemError && error.problem.code === 'git-moved';
				if (!moved || place.url.pathname.endsWith('.git')) throw error;
				const repository = new URL(`${place.url.href.replace(/\/$/, '')}.git`);
				return fetchCommit(jail, { ...place, url: repository }, deadline, limits);
			});
			const { entries, left } = await listTree(jail, commit, place.folder, deadline, limits);
			const sizes = await sizesOf(jail, entries, deadline, limits);
			// what the server kept back for its size is not here
			const fits = entries.filter(({ path, oid }) => {
				const isHere = (sizes.get(oid) ?? Infinity) <= limits.maxFileBytes;
				if (!isHere) left.push({ path, why: 'size' });
				return isHere;
			});
			const total = fits.reduce((sum, { oid }) => sum + sizes.get(oid)!, 0);
			if (total > limits.maxTotalBytes)
				throw tooLarge(`Its files have more than ${Math.round(limits.maxTotalBytes / MB)} MB together.`);

			const seen = new Map<string, { sha256: string; lfs: boolean }>();
			await eachBlob(jail, fits, deadline, limits, (oid, content) => {
				const lfs = content.length < 1024 && content.toString('latin1').startsWith(LFS);
				seen.set(oid, { sha256: createHash('sha256').update(content).digest('hex'), lfs });
			});
			return {
				commit,
				files: fits.map(({ path, oid, executable }) => ({
					path,
					size: sizes.get(oid)!,
					...seen.get(oid)!,
					executable
				})),
				left,
				async read(paths) {
					const wanted = fits.filter(({ path }) => paths.includes(path));
					const missing = paths.find((path) => !wanted.some((entry) => entry.path === path));
					if (missing !== undefined)
						throw badRequest(
							'git-file',
							`There is no file “${missing}” to read.`,
							'Choose one that is listed.'
						);
					const contents = new Map<string, Buffer>();
					// the time starts anew: a person may have thought about the list
					await eachBlob(jail, wanted, performance.now() + limits.timeoutMs, limits, (oid, content) => {
						contents.set(oid, content);
					});
					return new Map(wanted.map(({ path, oid }) => [path, contents.get(oid)!]));
				},
				async readAbove(names) {
					const above = foldersAbove(place.folder).flatMap((each) => names.map((name) => `${each}${name}`));
					if (above.length === 0) return new Map();
					const until = performance.now() + limits.timeoutMs;
					const listed = await listPaths(jail, commit, above, until, limits);
					const here = await sizesOf(jail, listed, until, limits);
					const small = listed.filter(({ oid }) => (here.get(oid) ?? Infinity) <= MAX_ABOVE_BYTES);
					const nearest = names.flatMap(
						(name) =>
							small
								.filter(({ path }) => path === name || path.endsWith(`/${name}`))
								.toSorted((a, b) => b.path.length - a.path.length)[0] ?? []
					);
					const contents = new Map<string, Buffer>();
					await eachBlob(jail, nearest, until, limits, (oid, content) => contents.set(oid, content));
					return new Map(nearest.map(({ path, oid }) => [path, contents.get(oid)!]));
				},
				close: () => jail.remove()
			};
		} catch (error) {
			await jail.remove();
			throw error;
		}
	}

	return { open: (place) => turns.run(() => open(place)) };
}

/** All folders above one, each with a slash at its end; that of the root is empty. None above the root itself. */
function foldersAbove(folder: string): string[] {
	if (folder === '') return [];
	const parts = folder.split('/').slice(0, -1);
	return ['', ...parts.map((_, at) => `${parts.slice(0, at + 1).join('/')}/`)];
}
