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
for (const { name, passed, failed, skipped } of results) {
	console.log(
		`${name.padEnd(7)} ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
	);
}
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
process.exit(sum('failed') > 0 ? 1 : 0);

/** Resolves with 0 when the root of batch systems is there. */
function poolRootBeside() {
	const child = spawn(process.execPath, ['scripts/pool-root.mjs'], { cwd: root, stdio: 'inherit' });
	return new Promise((resolve) => child.on('close', (status) => resolve(status ?? 1)));
}

async function checks() {
	const { status } = await run(node, ['scripts/check.mjs']);
	return status === 0 ? outcome(1, 0) : outcome(0, 1);
}

async function agentTests() {
	const vermin = await run(join(root, '.cache', 'python', 'bin', 'vermin'), [
		...['--quiet', '--no-tips', '--violations', '-t=3.8-', join(root, 'agent')]
	]);
	const versions = vermin.status === 0 ? outcome(1, 0) : outcome(0, 1);
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
	const sum = (key) => results.reduce((total, result) => total + result[key], 0);
	return outcome(sum('passed'), sum('failed'), sum('skipped'));
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
			const ran = Number(/^Ran (\d+) tests?/m.exec(text)?.[1] ?? 0);
			const count = (word) => Number(new RegExp(`${word}=(\\d+)`).exec(text)?.[1] ?? 0);
			let failed = count('failures') + count('errors');
			// A runner that died, or ran nothing, has failed whatever it counted.
			if ((status !== 0 && failed === 0) || ran === 0) failed = Math.max(1, failed);
			resolve(outcome(Math.max(0, ran - failed - count('skipped')), failed, count('skipped')));
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
	if (!existsSync(file)) return outcome(0, 1);
	const report = JSON.parse(readFileSync(file, 'utf8'));
	const skipped = report.numPendingTests + report.numTodoTests;
	return outcome(report.numPassedTests, failures(status, report.numFailedTests), skipped);
}

/** The suites of Jupyter's own tools, on kernels that are started through the gateway. */
async function kernelTests() {
	const file = join(root, 'test-results', 'kernels.json');
	rmSync(file, { force: true });
	const { status } = await run(node, ['tests/kernels/run.ts']);
	if (!existsSync(file)) return outcome(0, 1);
	const { passed, failed, skipped } = JSON.parse(readFileSync(file, 'utf8'));
	return outcome(passed, failures(status, failed), skipped);
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
			const found = new RegExp(`^${name}\\s+(\\d+) passed, (\\d+) failed(?:, (\\d+) skipped)?$`, 'm').exec(
				words
			);
			const [passed, failed, skipped] = (found ?? []).slice(1).map((text) => Number(text ?? 0));
			resolve(found ? outcome(passed, failures(status, failed), skipped) : outcome(0, 1));
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
	if (!existsSync(file)) return outcome(0, 1);
	const { stats } = JSON.parse(readFileSync(file, 'utf8'));
	return outcome(stats.expected, failures(status, stats.unexpected + stats.flaky), stats.skipped);
}

/** A runner that ends badly without a failed test (a crash, an unhandled rejection) has failed all the same. */
function failures(status, counted) {
	return status !== 0 && counted === 0 ? 1 : counted;
}

function outcome(passed, failed, skipped = 0) {
	return { passed, failed, skipped };
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
