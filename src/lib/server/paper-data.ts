/** The data files of a version, and how they get onto a machine. */
import { and, asc, eq } from 'drizzle-orm';
import type { Database } from '#db/database.ts';
import { paperFiles } from '#db/schema-papers.ts';
import { blobs } from '#db/schema.ts';
import { ProblemError } from '#lib/model/problem.ts';
import type { WorkspaceFiles } from '#lib/model/workspace-files.ts';

export interface PaperFile {
	/** Relative, with `/`. */
	path: string;
	/** In bytes. */
	size: number;
	/** SHA-256. */
	hash: string;
}

const NAMES_TRIED = 100;

export async function readFiles(db: Database, paper: string, number: number): Promise<PaperFile[]> {
	const { path, size, hash } = paperFiles;
	const rows = await db
		.select({ path, size, hash })
		.from(paperFiles)
		.where(and(eq(paperFiles.paperId, paper), eq(paperFiles.number, number)))
		.orderBy(asc(paperFiles.path));
	return rows.filter((file) => isWithin(file.path));
}

/** A path that stays in its folder. They were checked when they came in; this is what writes them elsewhere. */
function isWithin(path: string): boolean {
	return path
		.split('/')
		.every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'));
}

/** A folder of that name that nobody has, below one that may be there: `name`, `name-2`, … Answers its absolute path. */
export async function newFolder(files: WorkspaceFiles, above: string, name: string): Promise<string> {
	await haveFolder(files, above);
	for (let at = 1; at <= NAMES_TRIED; at++) {
		const path = `${above}/${at === 1 ? name : `${name}-${at}`}`;
		const { problems } = await files.operate({ do: 'folder', path });
		if (problems.length === 0) return (await files.stat(path)).path;
		if (problems[0]!.code !== 'exists') throw refused(path, problems[0]!.message);
	}
	throw refused(`${above}/${name}`, 'There are a hundred folders of that name.');
}

/** Make a folder unless it is there. */
export async function haveFolder(files: WorkspaceFiles, path: string): Promise<void> {
	const { problems } = await files.operate({ do: 'folder', path });
	if (problems[0] && problems[0].code !== 'exists') throw refused(path, problems[0].message);
}

/** Write the files into a folder. `progress` hears which is being written and how many bytes are there. */
export async function writeFiles(
	db: Database,
	files: WorkspaceFiles,
	folder: string,
	list: readonly PaperFile[],
	progress: (file: string, done: number) => void
): Promise<void> {
	let done = 0;
	const made = new Set<string>();
	for (const file of list) {
		progress(file.path, done);
		const parts = file.path.split('/').slice(0, -1);
		for (let depth = 1; depth <= parts.length; depth++) {
			const above = `${folder}/${parts.slice(0, depth).join('/')}`;
			if (!made.has(above)) await haveFolder(files, above);
			made.add(above);
		}
		const [blob] = await db.select({ data: blobs.data }).from(blobs).where(eq(blobs.hash, file.hash));
		if (!blob) throw refused(file.path, 'It is not kept any more.');
		await files.save(`${folder}/${file.path}`, pieces(blob.data));
		progress(file.path, (done += file.size));
	}
}

function* pieces(bytes: Uint8Array): Iterable<Uint8Array> {
	const SIZE = 256 * 1024;
	for (let at = 0; at < bytes.length; at += SIZE) yield bytes.subarray(at, at + SIZE);
}

function refused(path: string, why: string): ProblemError {
	return new ProblemError(409, {
		code: 'paper-data',
		title: `The data of the example could not be written to ${path}.`,
		detail: why,
		remedy: 'Make room on the machine, or choose another one.'
	});
}
