/** The house: which room may know which, as data; a violation is named by its line. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Room → folders it may import besides itself. Packages are not rooms. */
const MAY_IMPORT: Record<string, string[]> = {
	'src/lib/model': [],
	drizzle: ['src/lib/model'],
	'kernel-gateway': ['src/lib/model'],
	'collab-server': ['src/lib/model', 'drizzle'],
	'src/lib/render': ['src/lib/model'],
	'src/lib/server': ['src/lib/model', 'src/lib/render', 'drizzle', 'kernel-gateway', 'collab-server'],
	'src/lib/client': ['src/lib/model', 'src/lib/render'],
	'src/lib/widget-frame': ['src/lib/model', 'src/lib/render', 'src/lib/client'],
	'src/lib/editor': ['src/lib/model', 'src/lib/render', 'src/lib/client'],
	'src/lib/components': ['src/lib/model', 'src/lib/render', 'src/lib/client', 'src/lib/editor'],
	'src/routes': [
		...['src/lib/model', 'src/lib/render', 'src/lib/server'],
		...['src/lib/client', 'src/lib/editor', 'src/lib/components']
	]
};

/** The only files that see all rooms. */
const COMPOSITION = [
	'src/server.ts',
	'src/services.ts',
	'src/cli.ts',
	'src/hooks.server.ts',
	'src/app.d.ts',
	'vite.config.ts'
];

/** Rooms whose files the browser loads: of the server they may know types only. */
const BROWSER = ['src/lib/model', 'src/lib/render', 'src/lib/client', 'src/lib/editor', 'src/lib/components'];

const ALIASES: Record<string, string> = {
	'#lib/': 'src/lib/',
	'#db/': 'drizzle/',
	'#collab/': 'collab-server/',
	'#gateway/': 'kernel-gateway/'
};

interface Import {
	file: string;
	line: number;
	specifier: string;
	/** Path below the root; null for a package. */
	target: string | null;
	typeOnly: boolean;
}

function files(folder: string): string[] {
	return readdirSync(join(ROOT, folder)).flatMap((name) => {
		const path = join(folder, name);
		if (statSync(join(ROOT, path)).isDirectory())
			return name === 'migrations' || name === 'schema' ? [] : files(path);
		return /\.(ts|js|svelte)$/.test(name) ? [path] : [];
	});
}

const sources = [...new Set([...Object.keys(MAY_IMPORT).flatMap(files), ...COMPOSITION])];

function importsOf(file: string): Import[] {
	const text = readFileSync(join(ROOT, file), 'utf8');
	const found: Import[] = [];
	const pattern =
		/(?:^|\n)\s*(import|export)\s+(type\s+)?([^'";]*?)from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)\s*import\s+'([^']+)'/g;
	for (const match of text.matchAll(pattern)) {
		const specifier = (match[4] ?? match[5] ?? match[6])!;
		const line = text.slice(0, match.index).split('\n').length + (match[0].startsWith('\n') ? 1 : 0);
		found.push({ file, line, specifier, target: resolve(file, specifier), typeOnly: match[2] !== undefined });
	}
	return found;
}

function resolve(file: string, specifier: string): string | null {
	if (specifier.startsWith('.')) return normalize(join(dirname(file), specifier));
	const alias = Object.keys(ALIASES).find((prefix) => specifier.startsWith(prefix));
	return alias ? ALIASES[alias] + specifier.slice(alias.length) : null;
}

function roomOf(path: string): string | null {
	return Object.keys(MAY_IMPORT).find((room) => path.startsWith(`${room}/`)) ?? null;
}

const all = sources.flatMap(importsOf);
const where = ({ file, line, specifier }: Import): string => `${file}:${line} imports ${specifier}`;

test('a room imports only the rooms it may know', () => {
	const wrong = all.filter(({ file, target, typeOnly }) => {
		if (COMPOSITION.includes(file) || target === null) return false;
		const from = roomOf(file)!;
		const to = roomOf(target);
		// SvelteKit's own generated types.
		if (relative(dirname(file), target).startsWith('$')) return false;
		if (to === null) return true;
		if (to === 'src/lib/server' && typeOnly && from === 'src/lib/components') return false;
		if (to === 'src/lib/server' && typeOnly && from === 'src/lib/client') return false;
		return to !== from && !MAY_IMPORT[from]!.includes(to);
	});
	const unexpected = wrong.filter(({ target }) => !target!.includes('/$types'));
	expect(unexpected.map(where)).toEqual([]);
});

test('pages know the server half only in their server files', () => {
	const wrong = all.filter(
		({ file, target, typeOnly }) =>
			file.startsWith('src/routes/') &&
			target?.startsWith('src/lib/server/') &&
			!typeOnly &&
			!/(\+(page|layout)\.server|\+server)\.ts$/.test(file) &&
			!file.startsWith('src/routes/api/')
	);
	expect(wrong.map(where)).toEqual([]);
});

test('no file imports itself in a circle', () => {
	const graph = new Map<string, string[]>();
	for (const { file, target, typeOnly } of all) {
		// A component may show itself again inside (a tree); that is no circle between files.
		if (target && !typeOnly && target !== file) graph.set(file, [...(graph.get(file) ?? []), target]);
	}
	const done = new Set<string>();
	const visit = (file: string, path: string[]): string[] | null => {
		if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
		if (done.has(file)) return null;
		for (const next of graph.get(file) ?? []) {
			const circle = visit(next, [...path, file]);
			if (circle) return circle;
		}
		done.add(file);
		return null;
	};
	for (const file of sources) expect(visit(file, [])).toBeNull();
});

test('the environment is read in one file', () => {
	const wrong = sources.filter(
		(file) =>
			file !== 'src/lib/server/config.ts' &&
			/process\.env|import\.meta\.env\.[A-Z]/.test(readFileSync(join(ROOT, file), 'utf8'))
	);
	expect(wrong).toEqual([]);
});

test('what the browser loads imports nothing of Node', () => {
	const wrong = all.filter(
		({ file, specifier, typeOnly }) =>
			BROWSER.includes(roomOf(file) ?? '') &&
			!file.startsWith('src/lib/model/ipynb/') &&
			!typeOnly &&
			(specifier.startsWith('node:') || ['ssh2', 'postgres', 'drizzle-orm', 'ws'].includes(specifier))
	);
	expect(wrong.map(where)).toEqual([]);
});

test('imports between files name the ending', () => {
	const wrong = all.filter(
		({ target }) =>
			target && !/\.(ts|js|svelte|json|css)(\?inline)?$|\/\$types(\.js)?$|\/\$types\.ts$/.test(target)
	);
	expect(wrong.map(where)).toEqual([]);
});

test('there is one copy of yjs: two would not know each other’s types', () => {
	const copies: string[] = [];
	const look = (folder: string, depth: number): void => {
		for (const name of readdirSync(folder)) {
			const path = join(folder, name);
			if (name === 'yjs') copies.push(relative(ROOT, path));
			else if (name.startsWith('@')) look(path, depth);
			else if (depth > 0 && safeIsFolder(join(path, 'node_modules')))
				look(join(path, 'node_modules'), depth - 1);
		}
	};
	look(join(ROOT, 'node_modules'), 3);
	expect(copies).toEqual(['node_modules/yjs']);
});

function safeIsFolder(path: string): boolean {
	try {
		return statSync(path).isDirectory();
	} catch {
		return false;
	}
}

test('each top-level room has a README of at most forty lines', () => {
	for (const room of ['agent', 'kernel-gateway', 'collab-server', 'drizzle']) {
		const lines = readFileSync(join(ROOT, room, 'README.md'), 'utf8')
			.trimEnd()
			.split('\n').length;
		expect(lines, room).toBeLessThanOrEqual(40);
	}
});
