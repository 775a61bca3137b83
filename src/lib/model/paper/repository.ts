/** A git repository that an example is published from, as a person sees it before they do. */
import type { PlotChoice } from './card.ts';
import type { Paper, PaperDraft } from './paper.ts';

/** What may lie beside a published notebook. Sizes in bytes. */
export const DATA_LIMITS = { files: 200, fileBytes: 20_000_000, totalBytes: 100_000_000 } as const;

/** A file that can be published with the notebook, or why not. */
export interface RepositoryFile {
	/** From the folder of the notebook. */
	path: string;
	/** In bytes. */
	size: number;
	/** SHA-256, in hex. */
	hash: string;
	/** `size`: too large. `lfs`: only a pointer is there, the content is in Git LFS. */
	why: 'size' | 'lfs' | null;
	/** The code of the notebook names it. */
	named: boolean;
}

export interface FoundRepository {
	url: string;
	/** The tag or branch that was asked for; null for a commit, and for the branch that the repository names itself. */
	ref: string | null;
	commit: string;
	/** What was looked at, from the root; empty for all of it. */
	folder: string;
	/** All of them, from the root. */
	notebooks: { path: string; size: number }[];
	/** The notebook that was asked for, or the most likely one; null where there is none that can be read. */
	entry: {
		path: string;
		plots: PlotChoice[];
		/** Beside and below it. */
		files: RepositoryFile[];
	} | null;
	/** What is there and is not read, from the root. */
	left: { path: string; why: 'link' | 'submodule' | 'size' | 'path' }[];
	/** What files of the repository say of the paper, and which. */
	draft: PaperDraft;
	from: string[];
	/** Files that could not be read, and why. */
	faults: { path: string; words: string }[];
	/** Cards that the caller published from this repository. */
	cards: RepositoryCard[];
}

/** A card from a repository, with its newest version. */
export interface RepositoryCard {
	slug: string;
	paper: Paper;
	visibility: 'draft' | 'public';
	latest: number;
	/** The words for its plot; empty without. */
	alternative: string;
	/** Its notebook, from the root. */
	path: string;
	commit: string;
}

/** The same repository, written in any of the usual ways. */
export function repositoryKey(url: string): string {
	return url.replace(/\/+$/, '').replace(/\.git$/, '');
}

/** The folder of a path; empty for the root. */
export function folderOf(path: string): string {
	return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** A path as it is seen from a folder above it; null where it is not below. */
export function pathBelow(folder: string, path: string): string | null {
	if (folder === '') return path;
	return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : null;
}

/** A path as it is seen from the root. */
export function pathFrom(folder: string, path: string): string {
	return folder === '' ? path : `${folder}/${path}`;
}
