/** What the files of a repository say of the paper: CITATION.cff, myst.yml, and the notebook itself. */
import type { Cell } from '#lib/model/cell.ts';
import { mergeDrafts, type PaperDraft } from '#lib/model/paper/paper.ts';
import { readCitationFile } from '#lib/model/paper/read-citation-file.ts';
import {
	readFrontMatter,
	readMystConfig,
	readNotebookFrontMatter
} from '#lib/model/paper/read-front-matter.ts';

const READERS = { 'CITATION.cff': readCitationFile, 'myst.yml': readMystConfig };
/** In the order of their word. */
export const DRAFT_FILES = Object.keys(READERS) as (keyof typeof READERS)[];

export interface RepositoryDraft {
	draft: PaperDraft;
	/** The files that it is from. */
	from: string[];
	/** Those that could not be read, and why. */
	faults: { path: string; words: string }[];
}

/**
 * The front matter of the notebook goes first, then the files (path → what is in it), then what the notebook says by the way: its
 * first heading.
 */
export function repositoryDraft(
	files: ReadonlyMap<string, Buffer>,
	notebook: { path: string; cells: readonly Cell[] } | null
): RepositoryDraft {
	const from: string[] = [];
	const faults: RepositoryDraft['faults'] = [];
	const take = (path: string, read: { draft: PaperDraft } | { fault: string }): PaperDraft => {
		if ('fault' in read) faults.push({ path, words: read.fault });
		else if (Object.keys(read.draft).length > 0) {
			if (!from.includes(path)) from.push(path);
			return read.draft;
		}
		return {};
	};

	const drafts: PaperDraft[] = [];
	const [first] = notebook?.cells ?? [];
	if (first && first.type !== 'code') drafts.push(take(notebook!.path, readFrontMatter(first.source)));
	for (const name of DRAFT_FILES) {
		for (const [path, content] of files)
			if (path.split('/').at(-1) === name) drafts.push(take(path, READERS[name](content.toString('utf8'))));
	}
	if (notebook && !faults.some(({ path }) => path === notebook.path)) {
		const cells = notebook.cells.map(({ type, source, metadata }) => {
			const tags = Array.isArray(metadata.tags) ? metadata.tags.filter((tag) => typeof tag === 'string') : [];
			return { type, source, tags };
		});
		drafts.push(take(notebook.path, readNotebookFrontMatter(cells)));
	}
	return { draft: mergeDrafts(...drafts), from, faults };
}
