// `npm test`: set up what the tests need, then run every check. `npm test -- unit` (or agent, kernels, batch, e2e, check) runs a part.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { prepareKernels } from '../tests/kernels/environments.mjs';
import { preparePoolRoot } from './pool-root.mjs';
import {
	buildSite,
	installDependencies,
	node,
	pythonEnvironment,
	requirePackages,
	requirePython,
	root
} from './prerequisites.mjs';
import { ofPart, ofPlaywright, ofUnittest, ofVitest, outcome, together } from './test-reports.mjs';

const wanted = process.argv.slice(2);
const whole = wanted.length === 0;
const AGENT_FILES_AT_ONCE = 3;
const parts = {
	...{ check: checks, agent: agentTests, kernels: kernelTests, unit: unitTests },
	...{ batch: batchTests, e2e: browserTests }
};
const unknown = wanted.find((part) => !(part in parts));
if (unknown !== undefined) {
	console.error(`There is no part “${unknown}”; there are ${Object.keys(parts).join(', ')}.`);
	process.exit(2);
}

requirePython();
installDependencies();
requirePackages({
	...{ sshd: 'openssh-server', chromium: 'chromium', git: 'git', openssl: 'openssl' },
	// for the ways in: one-time codes by PAM, login shells of other kinds
	...{ 'google-authenticator': 'libpam-google-authenticator', fish: 'fish', tcsh: 'tcsh' },
	...{ krb5kdc: 'krb5-kdc', 'kadmin.local': 'krb5-admin-server', kinit: 'krb5-user' },
	// for environments
	modulecmd: 'environment-modules',
	// for terminals
	...{ vim: 'vim', htop: 'htop' },
	// for batch systems, which are installed in a root of their own
	debootstrap: 'debootstrap',
	'/usr/share/keyrings/debian-archive-keyring.gpg': 'debian-archive-keyring'
});
const python = pythonEnvironment('python', join(root, 'tests', 'agent', 'requirements.txt'));
if (wanted.includes('kernels')) prepareKernels();
// Made beside what does not need it. It says itself why there is none, and which tests do not run then.
const poolRoot = whole ? poolRootBeside() : null;
if (wanted.includes('batch') || wanted.includes('e2e')) preparePoolRoot();
buildSite();

const data = existsSync(join(root, '..', 'shared', 'data'));
console.log(
	data ? 'Running over ../shared/data as well.' : 'No ../shared/data: running over the fixtures alone.'
);

// What mostly waits goes beside what computes: the agent's tests (for processes and for time to pass), the peers' suites (for
// kernels) and the batch systems' (for schedulers). The servers' and the
// browser's tests each want the machine.
const agent = whole ? beside('agent') : null;
const kernels = whole ? beside('kernels') : null;
const batch = whole ? poolRoot.then(() => beside('batch')) : null;
const results = [];
for (const [name, part] of Object.entries(parts)) {
	if (!whole && !wanted.includes(name)) continue;
	console.log(`\n── ${name}`);
	results.push({ name, ...(await ({ agent, kernels, batch }[name] ?? part())) });
}

console.log('');
for (const { broken } of results) for (const words of broken) console.log(`${words}\n`);
for (const { name, passed, failed, skipped } of results) {
	console.log(
		`${name.padEnd(7)} ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
	);
}
const { passed, failed, skipped } = together(results);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 ? 1 : 0);

/** Resolves with 0 when the root of batch systems is there. */
function poolRootBeside() {
	const child = spawn(process.execPath, ['scripts/pool-root.mjs'], { cwd: root, stdio: 'inherit' });
	return new Promise((resolve) => child.on('close', (status) => resolve(status ?? 1)));
}

async function checks() {
	const { status } = await run(node, ['scripts/check.mjs']);
	return outcome({ passed: status === 0 ? 1 : 0, failed: 0, status });
}

async function agentTests() {
	const vermin = await run(join(root, '.cache', 'python', 'bin', 'vermin'), [
		...['--quiet', '--no-tips', '--violations', '-t=3.8-', join(root, 'agent')]
	]);
	const versions = outcome({ passed: vermin.status === 0 ? 1 : 0, failed: 0, status: vermin.status });
	// Most of their time they wait for processes, or for time to pass. The longest files come first.
	const folder = join(root, 'tests', 'agent');
	const size = (name) => statSync(join(folder, name)).size;
	const files = readdirSync(folder).filter((name) => /^test_.*\.py$/.test(name));
	files.sort((one, other) => size(other) - size(one));
	const results = [versions];
	const next = async () => {
		for (let file = files.shift(); file !== undefined; file = files.shift())
			results.push(await agentFile(folder, file.slice(0, -3)));
	};
	await Promise.all(Array.from({ length: AGENT_FILES_AT_ONCE }, next));
	return together(results);
}

/** One file of the agent's tests; its words are printed when it is over. */
function agentFile(folder, module) {
	const child = spawn(python, ['-W', 'ignore', '-m', 'unittest', module], {
		cwd: folder,
		stdio: ['ignore', 'pipe', 'pipe']
	});
	const words = [];
	child.stdout.on('data', (data) => words.push(data));
	child.stderr.on('data', (data) => words.push(data));
	return new Promise((resolve) => {
		child.on('close', (status) => {
			const text = Buffer.concat(words).toString();
			console.log(`${module}\n${text}`);
			resolve(ofUnittest(text, status));
		});
	});
}

function unitTests() {
	return vitest('unit', ['--exclude', 'tests/batch/**']);
}

/** Kernels in jobs of real batch systems. */
function batchTests() {
	return vitest('batch', ['tests/batch']);
}

async function vitest(name, which) {
	const file = join(root, 'test-results', `${name}.json`);
	rmSync(file, { force: true });
	const { status } = await run(node, [
		...['node_modules/vitest/vitest.mjs', 'run', '-c', 'tests/vitest.config.ts', ...which],
		...['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
	]);
	return ofVitest(file, status);
}

/** The suites of Jupyter's own tools, on kernels that are started through the gateway. */
async function kernelTests() {
	const file = join(root, 'test-results', 'kernels.json');
	rmSync(file, { force: true });
	const { status } = await run(node, ['tests/kernels/run.ts']);
	if (!existsSync(file)) return outcome({ passed: 0, failed: 1 });
	return outcome({ ...JSON.parse(readFileSync(file, 'utf8')), status });
}

/** A part in a process of its own; its words are printed when it is over. */
function beside(name) {
	const file = join(root, 'test-results', `${name}.log`);
	mkdirSync(join(root, 'test-results'), { recursive: true });
	const log = openSync(file, 'w');
	const child = spawn(process.execPath, ['scripts/test.mjs', name], {
		cwd: root,
		stdio: ['ignore', log, log]
	});
	return new Promise((resolve) => {
		child.on('close', (status) => {
			const words = readFileSync(file, 'utf8');
			process.stdout.write(words);
			resolve(ofPart(name, words, status));
		});
	});
}

async function browserTests() {
	const file = join(root, 'test-results', 'e2e.json');
	rmSync(file, { force: true });
	const { status } = await run(
		node,
		[
			'node_modules/@playwright/test/cli.js',
			'test',
			'-c',
			'tests/e2e/playwright.config.ts',
			'--reporter=list,json'
		],
		{ env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: file } }
	);
	return ofPlaywright(file, status);
}

/** Resolves with the exit status, null when a signal ended it. What goes beside goes on meanwhile. */
function run(command, args, options = {}) {
	const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
	return new Promise((resolve) => {
		child.on('error', (error) => {
			console.error(`${command} cannot be run: ${error.message}`);
			resolve({ status: null });
		});
		child.on('close', (status) => resolve({ status }));
	});
}
