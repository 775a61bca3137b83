// What `npm start` and `npm test` need before anything else, in plain JavaScript for any Node from 20 on.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	readdirSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** The Node 24 that comes with the dependencies. */
export const node = join(root, 'node_modules', 'node', 'bin', 'node');
const cache = join(root, '.cache');

/** End with one clear line. */
export function fail(message, code = 1) {
	console.error(message);
	process.exit(code);
}

/** Run a command to its end with its output on ours; ends the process when it fails. */
export function run(command, args, options = {}) {
	const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
	if (result.error) fail(`${command} cannot be run: ${result.error.message}`);
	if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Install the dependencies when the lock file says something else than what is installed. */
export function installDependencies() {
	const stamp = join(root, 'node_modules', '.ansatz-installed');
	const wanted = digestOf([join(root, 'package-lock.json'), join(root, 'package.json')]);
	if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(node)) return;
	console.log('Installing the dependencies (about a minute) …');
	// Quiet about Node versions: they are those of the Node that is being installed, not of the one that installs.
	run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
	writeFileSync(stamp, wanted);
}

/** Build the site when its sources changed. */
export function buildSite() {
	const stamp = join(cache, 'build-of');
	const sources = ['src', 'static', 'svelte.config.js', 'vite.config.ts', 'package-lock.json'];
	const wanted = digestOf(sources.flatMap((path) => filesBelow(join(root, path))));
	const built = existsSync(join(root, 'build', 'handler.js'));
	if (built && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
	console.log('Building the site …');
	run(node, [join('node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'error'], {
		stdio: ['ignore', 'ignore', 'inherit']
	});
	mkdirSync(cache, { recursive: true });
	writeFileSync(stamp, wanted);
}

/** A Python 3.8 or newer, or the end. */
export function requirePython(python = process.env.PYTHON ?? 'python3') {
	const check = spawnSync(python, ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 8))']);
	if (check.error)
		fail(`Python 3.8 or newer is missing. On Debian or Ubuntu type: apt-get install python3 python3-venv`);
	if (check.status !== 0) {
		fail(
			`${python} is older than 3.8 or has no venv module. On Debian or Ubuntu type: apt-get install python3-venv`
		);
	}
	return python;
}

/** Debian packages by the command, or the path, that each brings; installed when missing and we may, else one line that says what to type. */
export function requirePackages(commands) {
	const missing = Object.entries(commands).filter(([command]) => !onPath(command));
	if (missing.length === 0) return;
	const packages = [...new Set(missing.map(([, name]) => name))];
	const line = `apt-get install --no-install-recommends ${packages.join(' ')}`;
	if (process.getuid?.() !== 0 || !onPath('apt-get')) {
		fail(`${missing.map(([command]) => command).join(', ')} missing. As root type: ${line}`);
	}
	console.log(`Installing ${packages.join(', ')} …`);
	// 101 is "do not start services" (invoke-rc.d's policy): the tests start their own.
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
	run('apt-get', ['update', '-qq'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
	run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
		env,
		stdio: ['ignore', 'ignore', 'inherit']
	});
}

/**
 * A virtual environment in the cache folder with exactly what a requirements file names; returns its python. `then` is
 * what that python is to run once it is there.
 */
export function pythonEnvironment(name, requirements, then) {
	const folder = join(cache, name);
	const stamp = join(folder, 'installed');
	const wanted = digestOf([requirements]);
	const python = join(folder, 'bin', 'python');
	if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
	console.log(`Making the Python environment .cache/${name} …`);
	run(requirePython(), ['-m', 'venv', folder]);
	run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
	if (then) run(python, then, { stdio: ['ignore', 'ignore', 'inherit'] });
	writeFileSync(stamp, wanted);
	return python;
}

/** The source distribution of a Python package, unpacked in the cache folder, for the tests that only it carries. */
export function pythonSource(python, name, version) {
	const folder = join(cache, 'sources');
	const unpacked = join(folder, `${name}-${version}`);
	if (existsSync(unpacked)) return unpacked;
	console.log(`Fetching the source of ${name} ${version} …`);
	mkdirSync(folder, { recursive: true });
	const quiet = ['--quiet', '--disable-pip-version-check'];
	const what = ['--no-deps', '--no-binary', name, `${name}==${version}`];
	run(python, ['-m', 'pip', 'download', ...quiet, ...what, '-d', folder]);
	// Unpacked aside first: an interrupted one must not look finished.
	const aside = mkdtempSync(join(folder, 'unpacking-'));
	run('tar', ['-xf', `${unpacked}.tar.gz`, '-C', aside]);
	renameSync(join(aside, `${name}-${version}`), unpacked);
	rmSync(aside, { recursive: true });
	return unpacked;
}

/** Whether a command is found; a path is looked up as it is. */
export function onPath(command) {
	if (command.includes('/')) return existsSync(command);
	const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
	return folders.some((folder) => folder !== '' && existsSync(join(folder, command)));
}

/** The commit of the checkout, or "unknown". */
export function commit() {
	try {
		return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
			cwd: root,
			stdio: ['ignore', 'pipe', 'ignore']
		})
			.toString()
			.trim();
	} catch {
		return 'unknown';
	}
}

function digestOf(files) {
	const hash = createHash('sha256');
	for (const file of files)
		hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
	return hash.digest('hex');
}

function filesBelow(path) {
	if (!statSync(path).isDirectory()) return [path];
	return readdirSync(path, { withFileTypes: true })
		.sort((a, b) => (a.name < b.name ? -1 : 1))
		.flatMap((entry) => filesBelow(join(path, entry.name)));
}
