/** Which viewer shows a file, by its name. What a viewer cannot read it says itself. */
import { extensionOf } from './file-words.ts';

export type Viewer =
	| 'text'
	| 'markdown'
	| 'json'
	| 'html'
	| 'notebook'
	| 'delimited'
	| 'image'
	| 'pdf'
	/** Read on the machine: see the preview call of the HTTP interface. */
	| 'table'
	| 'hdf5'
	| 'fits'
	/** Nothing here can show it. */
	| 'none';

const BY_EXTENSION: Record<string, Viewer> = {
	md: 'markdown',
	markdown: 'markdown',
	json: 'json',
	geojson: 'json',
	html: 'html',
	htm: 'html',
	xhtml: 'html',
	ipynb: 'notebook',
	csv: 'delimited',
	tsv: 'delimited',
	tab: 'delimited',
	png: 'image',
	jpg: 'image',
	jpeg: 'image',
	gif: 'image',
	webp: 'image',
	avif: 'image',
	svg: 'image',
	pdf: 'pdf',
	parquet: 'table',
	pq: 'table',
	feather: 'table',
	arrow: 'table',
	h5: 'hdf5',
	hdf5: 'hdf5',
	hdf: 'hdf5',
	he5: 'hdf5',
	nxs: 'hdf5',
	fits: 'fits',
	fit: 'fits',
	fts: 'fits'
};
const BINARY = new Set(
	(
		'zip gz bz2 xz zst 7z tar tgz rar jar whl deb rpm iso img exe dll so o a pyc class bin dat root npy npz pkl pickle ' +
		'mp3 mp4 mkv avi mov wav flac ogg woff woff2 ttf otf eot sqlite db docx xlsx pptx odt ods'
	).split(' ')
);

export function viewerOf(name: string): Viewer {
	const extension = extensionOf(name);
	return BY_EXTENSION[extension] ?? (BINARY.has(extension) ? 'none' : 'text');
}

const TEXT_TOO = new Set<Viewer>(['markdown', 'json', 'html', 'notebook', 'delimited']);

/** Whether the same file can be looked at as text too, and changed there. */
export function hasSource(name: string): boolean {
	return TEXT_TOO.has(viewerOf(name)) || extensionOf(name) === 'svg';
}

const LANGUAGES: Record<string, string> = {
	py: 'python',
	pyw: 'python',
	pyi: 'python',
	r: 'r',
	jl: 'julia',
	sh: 'bash',
	bash: 'bash',
	zsh: 'bash',
	bashrc: 'bash',
	profile: 'bash',
	bash_profile: 'bash',
	zshrc: 'bash',
	c: 'c++',
	h: 'c++',
	cc: 'c++',
	cpp: 'c++',
	cxx: 'c++',
	hpp: 'c++',
	hh: 'c++',
	cu: 'c++',
	js: 'javascript',
	mjs: 'javascript',
	ts: 'javascript',
	json: 'javascript',
	ipynb: 'javascript',
	geojson: 'javascript',
	m: 'octave',
	sql: 'sql',
	md: 'markdown',
	markdown: 'markdown',
	yml: 'yaml',
	yaml: 'yaml',
	toml: 'toml',
	ini: 'properties',
	cfg: 'properties',
	conf: 'properties',
	html: 'xml',
	htm: 'xml',
	xml: 'xml',
	svg: 'xml',
	xsl: 'xml',
	css: 'css',
	tex: 'latex',
	sty: 'latex',
	bib: 'latex',
	f: 'fortran',
	f90: 'fortran',
	f95: 'fortran',
	cmake: 'cmake',
	dockerfile: 'dockerfile',
	lua: 'lua',
	pl: 'perl',
	rb: 'ruby',
	rs: 'rust',
	go: 'go',
	diff: 'diff',
	patch: 'diff'
};

/** The language a text file is written in, as editor/file-language.ts names them; empty where nobody knows. */
export function languageOf(name: string): string {
	const lower = name.toLowerCase();
	if (lower === 'cmakelists.txt') return 'cmake';
	return LANGUAGES[extensionOf(lower)] ?? LANGUAGES[lower.replace(/^\./, '')] ?? '';
}
