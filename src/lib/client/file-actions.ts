/** What can be done with entries of a folder, and the words that say that it is done. */
import type { FileBrowser } from './file-browser.svelte.ts';
import { joinPath, nameOf, several, shownName } from './file-words.ts';

/** The paths of these entries. */
export function pathsOf(browser: FileBrowser, entries: readonly number[]): string[] {
	const { path, names } = browser.listing.folder;
	return entries.map((entry) => joinPath(path, names[entry]!));
}

/** One by its name, several by their number. */
export function wordsFor(browser: FileBrowser, entries: readonly number[]): string {
	const { names } = browser.listing.folder;
	return entries.length === 1
		? `“${shownName(names[entries[0]!]!)}”`
		: several(entries.length, 'entry', 'entries');
}

export async function makeNew(browser: FileBrowser, kind: 'folder' | 'file', name: string): Promise<boolean> {
	const path = joinPath(browser.folder, name);
	browser.want(name);
	const outcome = await browser.do({ do: kind, path }, `“${shownName(name)}” is made.`);
	return outcome !== null && outcome.problems.length === 0;
}

export async function rename(browser: FileBrowser, entry: number, name: string): Promise<boolean> {
	const from = pathsOf(browser, [entry])[0]!;
	browser.want(name);
	const outcome = await browser.do(
		{ do: 'rename', from, to: joinPath(browser.folder, name) },
		`Renamed to “${shownName(name)}”.`
	);
	return outcome !== null && outcome.problems.length === 0;
}

/** Into another folder. Answers whether the question is settled: what failed is told line by line on the page. */
export async function send(
	browser: FileBrowser,
	how: 'move' | 'copy',
	entries: readonly number[],
	to: string
): Promise<boolean> {
	const done = how === 'move' ? 'moved' : 'copied';
	const where = shownName(nameOf(to)) || '/';
	const words = `${wordsFor(browser, entries)} ${done} to “${where}”.`;
	await browser.do({ do: how, from: pathsOf(browser, entries), to }, words);
	return true;
}

export async function trash(browser: FileBrowser, entries: readonly number[]): Promise<void> {
	if (entries.length === 0) return;
	const words = `${wordsFor(browser, entries)} in the trash.`;
	await browser.do({ do: 'trash', paths: pathsOf(browser, entries) }, words);
}

export async function remove(browser: FileBrowser, entries: readonly number[]): Promise<void> {
	const words = `${wordsFor(browser, entries)} deleted.`;
	await browser.do({ do: 'delete', paths: pathsOf(browser, entries) }, words);
}
