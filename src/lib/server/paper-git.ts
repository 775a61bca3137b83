/**
 * Papers out of git repositories: what is in one, and the publishing of a notebook with its data files at a commit. Each time the
 * repository is read anew (git-source.ts): nothing of it stays here but what is published.
 */
import { and, eq, sql } from 'drizzle-orm';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import type { Database } from '#db/database.ts';
import { papers, paperVersions } from '#db/schema-papers.ts';
import type { NotebookContent } from '#lib/model/ipynb/content.ts';
import { importNotebook } from '#lib/model/ipynb/import.ts';
import type { CardVersion } from '#lib/model/paper/card.ts';
import { readGitAddress } from '#lib/model/paper/git-address.ts';
import { keyPlots } from '#lib/model/paper/key-plots.ts';
import type { Paper } from '#lib/model/paper/paper.ts';
import {
	DATA_LIMITS,
	folderOf,
	pathBelow,
	pathFrom,
	repositoryKey,
	type FoundRepository,
	type RepositoryFile
} from '#lib/model/paper/repository.ts';
import { ProblemError } from '#lib/model/problem.ts';
import { checkFolder, checkRef, isCommit } from './git-place.ts';
import type { GitFile, GitSource, GitTree } from './git-source.ts';
import { DRAFT_FILES, repositoryDraft } from './paper-draft.ts';
import { environmentOf } from './paper-environment.ts';
import { freeze, MOST_NOTEBOOK_BYTES, type OnWaiting } from './paper-freeze.ts';
import {
	fileTooLarge,
	filesTooLarge,
	noEntry,
	noFile,
	noText,
	READINGS,
	tooManyFiles,
	tooOften
} from './paper-git-problem.ts';
import { plotOf, type PlotWish } from './paper-plot.ts';
import { readCurrent, readOwnCard } from './paper-rows.ts';
import type { Caller } from './services.ts';
import { createTurns } from './turns.ts';

export interface RepositoryPublication {
	url: string;
	/** Whole, as it was looked at. */
	commit: string;
	/** The tag or branch it was found by; null without. */
	ref: string | null;
	/** From the root; empty for all of it. */
	folder: string;
	/** The notebook, from the root. */
	entry: string;
	/** Data files, from the folder of the notebook. */
	files: string[];
	/** Checked by paperSchema. */
	paper: Paper;
	plot: PlotWish | null;
	visibility: 'draft' | 'public';
	/** The card whose next version it becomes; null for a new one. */
	card: string | null;
}

export interface PaperGit {
	/**
	 * What is in a repository, or in a folder of it. `url` may be that of a page of a forge, which names a place in it. Rejects as
	 * GitSource.open does, and with 429 `git-limit`.
	 */
	look(
		caller: Caller,
		place: { url: string; ref?: string; folder?: string; entry?: string }
	): Promise<FoundRepository>;
	/**
	 * Reads it again at that commit and freezes notebook and files. 413 and 422 for what is too much or not there, 403 `role` for
	 * another's card, 409 `published-before`.
	 */
	publish(caller: Caller, what: RepositoryPublication): Promise<CardVersion>;
}

export interface PaperGitOptions {
	db: Database;
	source: GitSource;
	onWaiting: OnWaiting;
}

export function createPaperGit({ db, source, onWaiting }: PaperGitOptions): PaperGit {
	const perPerson = new RateLimiterMemory(READINGS);
	// what is published is held whole until it is stored
	const turns = createTurns(0, 10);

	async function count({ user }: Caller): Promise<void> {
		await perPerson.consume(user.id).catch((refusal: RateLimiterRes) => {
			throw tooOften(refusal.msBeforeNext);
		});
	}

	async function ownCards(caller: Caller, url: string): Promise<FoundRepository['cards']> {
		const rows = await db
			.select({
				slug: papers.slug,
				paper: papers.metadata,
				visibility: papers.visibility,
				latest: papers.latest,
				alternative: paperVersions.plotAlt,
				at: paperVersions.source
			})
			.from(papers)
			.innerJoin(
				paperVersions,
				and(eq(paperVersions.paperId, papers.id), eq(paperVersions.number, papers.latest))
			)
			.where(and(eq(papers.ownerId, caller.user.id), sql`${paperVersions.source} is not null`));
		return rows.flatMap(({ at, ...card }) =>
			at && repositoryKey(at.url) === repositoryKey(url)
				? [{ ...card, path: at.path, commit: at.commit }]
				: []
		);
	}

	return {
		async look(caller, asked) {
			const place = placeOf(asked);
			await count(caller);
			const tree = await source.open(place);
			try {
				const notebooks = notebooksOf(tree, place.folder);
				const path = place.entry ?? likelyOf(notebooks);
				if (place.entry !== undefined && !notebooks.some((one) => one.path === place.entry))
					throw noEntry(place.entry);
				const content = path === null ? null : await readEntry(tree, place.folder, path).catch(faultOf(path));
				const faults = content && 'words' in content ? [content] : [];
				const notebook = content && 'cells' in content ? { path: path!, content } : null;
				const said = repositoryDraft(
					await draftFiles(tree, place.folder, folderOf(path ?? place.folder)),
					notebook && { path: notebook.path, cells: notebook.content.cells }
				);
				return {
					...{ url: place.url, ref: nameOf(place.ref), commit: tree.commit, folder: place.folder },
					notebooks,
					entry: notebook && {
						path: notebook.path,
						plots: keyPlots(notebook.content),
						files: filesBeside(tree, place.folder, notebook)
					},
					left: tree.left.map(({ path: each, why }) => ({ path: pathFrom(place.folder, each), why })),
					draft: { codeUrl: repositoryKey(place.url), ...said.draft },
					from: said.from,
					faults: [...faults, ...said.faults],
					cards: await ownCards(caller, place.url)
				};
			} finally {
				await tree.close();
			}
		},

		async publish(caller, what) {
			const { commit, entry, paper, plot, visibility } = what;
			const { url, folder } = placeOf(what);
			if (what.files.length > DATA_LIMITS.files) throw tooManyFiles(what.files.length);
			const card = what.card === null ? null : await readOwnCard(db, what.card, caller);
			await count(caller);
			const tree = await source.open({ url, ref: commit, folder });
			try {
				return await turns.run(async () => {
					const content = await readEntry(tree, folder, entry);
					const wanted = dataFiles(tree, folder, entry, what.files);
					const bytes = await tree.read(wanted.map(({ inTree }) => inTree));
					const row = await freeze(
						db,
						{
							...{ content, paper, visibility },
							plot: plot && { picture: plotOf(content, plot), alternative: plot.alternative },
							environment: environmentOf(content.metadata, {}),
							source: { url, commit: tree.commit, ref: nameOf(what.ref), folder, path: entry },
							files: wanted.map(({ path, inTree }) => ({ path, bytes: bytes.get(inTree)! })),
							...{ notebook: null, card: card && card.id, publisher: caller.user.id }
						},
						onWaiting
					);
					return readCurrent(db, row);
				});
			} finally {
				await tree.close();
			}
		}
	};
}

/** Where to look, out of what was typed: pages of forges name tag, folder and notebook in their addresses. */
function placeOf({ url, ref, folder, entry }: { [K in 'url' | 'ref' | 'folder' | 'entry']?: string | null }) {
	const address = readGitAddress(url ?? '') ?? { url: url ?? '' };
	const notebook = entry ?? (address.path?.endsWith('.ipynb') ? address.path : undefined);
	const inside = address.path === notebook ? folderOf(notebook ?? '') : address.path;
	return {
		url: address.url,
		ref: ref?.trim() || address.ref,
		folder: checkFolder(folder ?? inside),
		entry: notebook
	};
}

/** A tag or a branch; null for a commit, which says nothing more. */
function nameOf(ref: string | null | undefined): string | null {
	const name = checkRef(ref ?? undefined);
	return name === undefined || isCommit(name) ? null : name;
}

function notebooksOf(tree: GitTree, folder: string): FoundRepository['notebooks'] {
	return tree.files
		.filter(({ path, size }) => isNotebook(path) && size <= MOST_NOTEBOOK_BYTES)
		.map(({ path, size }) => ({ path: pathFrom(folder, path), size }));
}

function isNotebook(path: string): boolean {
	return path.endsWith('.ipynb') && !isCheckpoint(path);
}

/** What Jupyter keeps for itself. */
function isCheckpoint(path: string): boolean {
	return path.split('/').includes('.ipynb_checkpoints');
}

/** The one that is nearest to the folder that was asked for. */
function likelyOf(notebooks: FoundRepository['notebooks']): string | null {
	const depth = (path: string): number => path.split('/').length;
	return notebooks.toSorted((a, b) => depth(a.path) - depth(b.path))[0]?.path ?? null;
}

/** Cells without an id get the same one each time: what was chosen of an output must be found again. */
async function readEntry(tree: GitTree, folder: string, entry: string): Promise<NotebookContent> {
	const path = pathBelow(folder, entry);
	const file = tree.files.find((each) => each.path === path);
	if (!file || !isNotebook(file.path) || file.size > MOST_NOTEBOOK_BYTES) throw noEntry(entry);
	const bytes = (await tree.read([file.path])).get(file.path)!;
	let text: string;
	try {
		text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
	} catch {
		throw noText(entry);
	}
	let cells = 0;
	return importNotebook(text, () => `cell-${++cells}`);
}

function faultOf(path: string): (error: unknown) => { path: string; words: string } {
	return (error) => {
		if (!(error instanceof ProblemError)) throw error;
		return { path, words: error.problem.detail ?? error.problem.title };
	};
}

/** What says something of the paper: the nearest of each name, from the folder of the notebook upwards. */
async function draftFiles(tree: GitTree, folder: string, from: string): Promise<Map<string, Buffer>> {
	const found = new Map<string, Buffer>();
	const missing: string[] = [];
	for (const name of DRAFT_FILES) {
		const below = pathBelow(folder, pathFrom(from, name)) ?? name;
		const candidates = tree.files.filter(
			({ path, size }) =>
				(path === name || path.endsWith(`/${name}`)) &&
				size <= 1_000_000 &&
				below.startsWith(path.slice(0, -name.length))
		);
		const nearest = candidates.toSorted((a, b) => b.path.length - a.path.length)[0];
		if (!nearest) missing.push(name);
		else found.set(pathFrom(folder, nearest.path), (await tree.read([nearest.path])).get(nearest.path)!);
	}
	for (const [path, content] of await tree.readAbove(missing)) found.set(path, content);
	return found;
}

/** What can be published with a notebook: the files beside it and below. */
function filesBeside(
	tree: GitTree,
	folder: string,
	{ path: entry, content }: { path: string; content: NotebookContent }
): RepositoryFile[] {
	const code = content.cells.flatMap(({ type, source }) => (type === 'code' ? [source] : [])).join('\n');
	return below(tree, folder, entry)
		.filter(({ path }) => !isNotebook(path) && !isCheckpoint(path))
		.map(({ path, file }) => ({
			...{ path, size: file.size, hash: file.sha256 },
			why: file.lfs ? 'lfs' : file.size > DATA_LIMITS.fileBytes ? 'size' : null,
			named: isNamed(code, path)
		}));
}

/** Whether the code names a file: by its name, or as a module. */
function isNamed(code: string, path: string): boolean {
	const name = path.slice(path.lastIndexOf('/') + 1);
	const [, module] = /^([A-Za-z_]\w*)\.py$/.exec(name) ?? [];
	if (module !== undefined) return new RegExp(`^\\s*(?:import|from)\\s+${module}\\b`, 'm').test(code);
	return name.length > 2 && code.includes(name);
}

function below(tree: GitTree, folder: string, entry: string): { path: string; file: GitFile }[] {
	const base = pathBelow(folder, entry)!;
	return tree.files.flatMap((file) => {
		const path = file.path === base ? null : pathBelow(folderOf(base), file.path);
		return path === null ? [] : [{ path, file }];
	});
}

/** The files that were chosen, checked one by one. */
function dataFiles(
	tree: GitTree,
	folder: string,
	entry: string,
	chosen: readonly string[]
): { path: string; inTree: string }[] {
	const known = new Map(below(tree, folder, entry).map(({ path, file }) => [path, file]));
	const base = folderOf(pathBelow(folder, entry)!);
	const files = [...new Set(chosen)].map((path) => {
		const file = known.get(path);
		const left = tree.left.find((each) => each.path === pathFrom(base, path));
		if (left?.why === 'size' || (file && file.size > DATA_LIMITS.fileBytes)) throw fileTooLarge(path);
		if (left) throw noFile(path, left.why === 'link' ? 'It is a link.' : 'It is another repository.');
		if (!file) throw noFile(path, 'There is no such file beside the notebook or below.');
		if (file.lfs) throw noFile(path, 'Its content is in Git LFS, which is not read.');
		return { path, size: file.size, inTree: file.path };
	});
	const total = files.reduce((sum, { size }) => sum + size, 0);
	if (total > DATA_LIMITS.totalBytes) throw filesTooLarge(total);
	return files;
}
