/** Files as people read them: names, sizes, times, permissions. */
import type { FolderListing } from '#lib/model/files.ts';

/** A name on the screen: bytes that are no UTF-8 show as �, and nothing in it can turn the direction of the line or break it. */
export function shownName(name: string): string {
	return name.toWellFormed().replace(/[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** Bytes in the unit that leaves two or three digits: `812 B`, `4.1 kB`, `23 GB`. Units are powers of 1000, as `ls --si`. */
export function sizeWords(bytes: number): string {
	const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
	let value = bytes;
	let unit = 0;
	for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
	return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export function exactSize(bytes: number): string {
	return `${bytes.toLocaleString('en')} ${bytes === 1 ? 'byte' : 'bytes'}`;
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const dayAndMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'medium' });

/** When something changed, `seconds` since 1970: how long ago within a week, the day before that. */
export function timeWords(seconds: number, now = Date.now()): string {
	const ago = now / 1000 - seconds;
	if (ago > -60 && ago < 60) return 'just now';
	if (ago >= 60 && ago < 3600) return relative.format(-Math.floor(ago / 60), 'minute');
	if (ago >= 3600 && ago < 86_400) return relative.format(-Math.floor(ago / 3600), 'hour');
	if (ago >= 86_400 && ago < 7 * 86_400) return relative.format(-Math.floor(ago / 86_400), 'day');
	const then = new Date(seconds * 1000);
	return then.getFullYear() === new Date(now).getFullYear() ? dayAndMonth.format(then) : date.format(then);
}

export function exactTime(seconds: number): string {
	return exact.format(new Date(seconds * 1000));
}

/** Permission bits as `ls -l` writes them: `rwxr-x---`, with `s` and `t` where they are set. */
export function modeWords(mode: number): string {
	return [6, 3, 0]
		.map((shift, who) => {
			const bits = (mode >> shift) & 7;
			const special = mode & [0o4000, 0o2000, 0o1000][who]!;
			const run = bits & 1 ? 'x' : '-';
			const letter = who === 2 ? 't' : 's';
			return (
				(bits & 4 ? 'r' : '-') +
				(bits & 2 ? 'w' : '-') +
				(special ? (run === 'x' ? letter : letter.toUpperCase()) : run)
			);
		})
		.join('');
}

/** `file.tar.gz` → `gz`; none for `.profile` and `Makefile`. */
export function extensionOf(name: string): string {
	const dot = name.lastIndexOf('.');
	return dot > 0 && dot < name.length - 1 ? name.slice(dot + 1).toLowerCase() : '';
}

const TYPES: Record<string, string> = {
	d: 'Folder',
	L: 'Link to a folder',
	b: 'Broken link',
	o: 'Special file'
};

/** What an entry is, in words: `Folder`, `PY file`, `Link to a file`. */
export function typeWords(type: string, name: string): string {
	const known = TYPES[type];
	if (known) return known;
	const extension = extensionOf(name);
	const word =
		extension === '' || extension.length > 8 ? 'File' : `${shownName(extension).toUpperCase()} file`;
	return type === 'l' ? `Link, ${word}` : word;
}

export function isFolder(listing: FolderListing, entry: number): boolean {
	return listing.types[entry] === 'd' || listing.types[entry] === 'L';
}

/** A folder and a name in it as one path. */
export function joinPath(folder: string, name: string): string {
	return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}

/** The folder a path is in; `/` is in itself. */
export function parentOf(path: string): string {
	const at = path.replace(/\/+$/, '').lastIndexOf('/');
	return at <= 0 ? '/' : path.slice(0, at);
}

/** The last name of a path. */
export function nameOf(path: string): string {
	return path.replace(/\/+$/, '').split('/').pop() ?? path;
}

export function several(count: number, one: string, more = `${one}s`): string {
	return `${count.toLocaleString('en')} ${count === 1 ? one : more}`;
}

/** `data.csv` → `data (2).csv`, counting on until `taken` says it is free. */
export function freeName(name: string, taken: (name: string) => boolean): string {
	const dot = name.lastIndexOf('.');
	const [stem, end] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
	for (let n = 2; ; n++) {
		const next = `${stem} (${n})${end}`;
		if (!taken(next)) return next;
	}
}
