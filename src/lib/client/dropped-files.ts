/** What a person drops or chooses, as files with their path below the drop; folders are walked through. */

export interface Dropped {
	/** `data/raw/run1.csv`: names of folders and the file's own, as the browser gives them. */
	path: string;
	/** Null for a folder. */
	file: File | null;
}

/** Must be called during the drop event: the browser forgets the entries afterwards. */
export function droppedFiles(transfer: DataTransfer): () => AsyncGenerator<Dropped> {
	const entries: FileSystemEntry[] = [];
	const loose: File[] = [];
	for (const item of transfer.items) {
		if (item.kind !== 'file') continue;
		const entry = item.webkitGetAsEntry();
		const file = entry ? null : item.getAsFile();
		if (entry) entries.push(entry);
		else if (file) loose.push(file);
	}
	return async function* () {
		for (const file of loose) yield { path: file.name, file };
		for (const entry of entries) yield* walk(entry, entry.name);
	};
}

/** Files of an input, a chosen folder included. */
export function chosenFiles(list: FileList): Dropped[] {
	const folders = new Set<string>();
	const files: Dropped[] = [];
	for (const file of list) {
		const path = file.webkitRelativePath || file.name;
		for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) folders.add(path.slice(0, at));
		files.push({ path, file });
	}
	return [...[...folders].map((path) => ({ path, file: null })), ...files];
}

async function* walk(entry: FileSystemEntry, path: string): AsyncGenerator<Dropped> {
	if (entry.isFile) {
		const file = await new Promise<File>((resolve, reject) =>
			(entry as FileSystemFileEntry).file(resolve, reject)
		);
		yield { path, file };
		return;
	}
	yield { path, file: null };
	const reader = (entry as FileSystemDirectoryEntry).createReader();
	for (;;) {
		// A hundred at a time, as browsers give them; none means that it was the last.
		const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
			reader.readEntries(resolve, reject)
		);
		if (some.length === 0) return;
		for (const child of some) yield* walk(child, `${path}/${child.name}`);
	}
}
