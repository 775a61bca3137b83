/** Folders that open pages look at: each page hears of changes in its own, as long as it is there. */
import type { Caller } from './services.ts';
import type { PersonLines, PersonPage, WatchedFolder } from './person-lines.ts';
import type { WorkspaceFileService } from './workspace-files.ts';

/** Folders one page may watch at once. */
const MAX_FOLDERS = 20;

export interface FolderWatchesOptions {
	lines: PersonLines;
	files: Pick<WorkspaceFileService, 'watch'>;
	logger: { warn(fields: object, message: string): void };
}

/** Connects what pages ask for with what the agents see. Answers how to stop. */
export function followFolders({ lines, files, logger }: FolderWatchesOptions): () => void {
	const watches = new Map<string, Map<string, () => void>>();

	function watch(page: PersonPage, { workspace, path }: WatchedFolder): void {
		const mine = watches.get(page.id) ?? new Map<string, () => void>();
		const key = `${workspace} ${path}`;
		if (mine.has(key) || mine.size >= MAX_FOLDERS) return;
		watches.set(page.id, mine);
		let stop = (): void => {};
		let over = false;
		mine.set(key, () => {
			over = true;
			stop();
		});
		const caller: Caller = {
			user: { ...page.user, displayName: page.user.name },
			sessionId: page.session,
			scopes: 'all'
		};
		files
			.watch(caller, workspace, path, () => page.send({ type: 'folder', workspace, path }))
			.then(
				(end) => {
					stop = end;
					if (over) end();
				},
				(error: unknown) => {
					mine.delete(key);
					// Not connected, or not theirs: the page shows that where it lists the folder, and asks again when it can.
					if (!(error instanceof Error && error.name === 'ProblemError'))
						logger.warn({ workspace, err: error }, 'a folder is not watched');
				}
			);
	}

	function unwatch(page: PersonPage, { workspace, path }: WatchedFolder): void {
		const key = `${workspace} ${path}`;
		watches.get(page.id)?.get(key)?.();
		watches.get(page.id)?.delete(key);
	}

	function leave(page: PersonPage): void {
		for (const end of watches.get(page.id)?.values() ?? []) end();
		watches.delete(page.id);
	}

	const ends = [lines.on('watch', watch), lines.on('unwatch', unwatch), lines.on('leave', leave)];
	return () => ends.forEach((end) => end());
}
