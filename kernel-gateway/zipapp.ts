import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { zipSync, type Zippable } from 'fflate';

/** The agent as it travels: a Python zip application, and the few lines that receive it. */
export interface Zipapp {
	bytes: Uint8Array;
	/** In hexadecimal; names the version on the other side. */
	sha256: string;
	/** The text of bootstrap.py with hash and length filled in. */
	bootstrap: string;
}

/** The zip format counts from 1980 in local time, so the local constructor gives the same bytes in every time zone. */
const NO_DATE = new Date(1980, 0, 1);

/**
 * Packs the Python files of a folder, except bootstrap.py. The same files give the same bytes, whatever their dates,
 * so an unchanged agent is never sent twice. Rejects with the file system's error when the folder cannot be read.
 */
export async function buildZipapp(folder: string): Promise<Zipapp> {
	const names = (await readdir(folder))
		.filter((name) => name.endsWith('.py') && name !== 'bootstrap.py')
		.sort();
	const files: Zippable = {};
	for (const name of names)
		files[name] = [await readFile(path.join(folder, name)), { mtime: NO_DATE, level: 9 }];
	const bytes = zipSync(files);
	const sha256 = createHash('sha256').update(bytes).digest('hex');
	const text = await readFile(path.join(folder, 'bootstrap.py'), 'utf8');
	const bootstrap = text.replaceAll('@SHA256@', sha256).replaceAll('@LENGTH@', String(bytes.length));
	return { bytes, sha256, bootstrap };
}
