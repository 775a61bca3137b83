/**
 * The part `kernels` of `npm test`: the peers' own suites, run against kernels that are started through the gateway.
 * Prints what ran and why something did not, and writes {passed, failed, skipped} to test-results/kernels.json.
 * With names of suites as arguments it runs those alone; with --direct the same kernels without the gateway.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startGatewayBridge } from './gateway-bridge.ts';
import { environmentFolder, KERNELS } from './kernels.ts';
import { faultOfReadme, MESSAGES } from './table.ts';

interface Report {
	passed: number;
	failed: number;
	skipped: number;
	/** Why a test, or a part of one, was left out. */
	reasons: Record<string, string>;
}

const here = fileURLToPath(new URL('.', import.meta.url));
const suites = path.join(here, 'suites');
const nbclient = path.join(environmentFolder('sources'), 'nbclient-0.11.0');
const peers = path.join(environmentFolder('peers'), 'bin');
const results = path.resolve('test-results');
mkdirSync(results, { recursive: true });
for (const stale of ['kernels.json', 'kernel-messages.json'])
	rmSync(path.join(results, stale), { force: true });

/** Each suite with the folder it runs in, which its kernels run in too, and what pytest is given. */
const SUITES: Record<string, { cwd: string; pytest: string[] }> = {
	protocol: { cwd: suites, pytest: ['test_protocol.py'] },
	probe: { cwd: suites, pytest: ['test_probe.py'] },
	nbclient: {
		cwd: nbclient,
		// It marks tests for a plugin that repeats what fails; here nothing is repeated.
		pytest: ['-p', 'nbclient_selection', '-o', 'markers=flaky', 'tests']
	}
};
const wanted = process.argv.slice(2).filter((word) => word !== '--direct');
/** Without the gateway: whether a failure is the kernel's own. */
const direct = process.argv.includes('--direct');
const folder = mkdtempSync(path.join(tmpdir(), 'kernels-'));
const bridge = await startGatewayBridge([suites, nbclient]);
const total = { passed: 0, failed: 0, skipped: 0 };
try {
	for (const { name, title } of KERNELS) {
		if (bridge.specs.has(name)) continue;
		console.log(`${title}: the gateway finds no such kernel.`);
		total.failed++;
	}
	writeKernelspecs();
	for (const [name, suite] of Object.entries(SUITES)) {
		if (wanted.length > 0 && !wanted.includes(name)) continue;
		const report = await run(name, suite);
		total.passed += report.passed;
		total.failed += report.failed;
		total.skipped += report.skipped;
		explain(report);
		if (name === 'probe' && !direct) {
			const fault = faultOfReadme();
			if (fault === '') total.passed++;
			else total.failed++;
			console.log(fault || 'The table in kernel-gateway/README.md says what was found.');
		}
	}
} finally {
	await bridge.stop();
	rmSync(folder, { recursive: true, force: true });
}
writeFileSync(path.join(results, 'kernels.json'), JSON.stringify(total));
process.exitCode = total.failed > 0 ? 1 : 0;

/** What Jupyter's tools find: each kernel by its name here, and the newest ipykernel by the names they ask for. */
function writeKernelspecs(): void {
	const names = [...bridge.specs.keys()].map((name) => [name, name] as const);
	for (const [name, kernel] of [...names, ['python3', 'ipykernel'], ['python', 'ipykernel']] as const) {
		const real = bridge.specs.get(kernel);
		const adapter = [path.join(peers, 'python'), path.join(here, 'bridge.py'), '{connection_file}', kernel];
		const spec = {
			argv: direct ? real?.argv : adapter,
			env: direct ? real?.env : {},
			display_name: name,
			language: real?.language,
			interrupt_mode: direct ? real?.interruptMode : 'message'
		};
		mkdirSync(path.join(folder, 'kernels', name), { recursive: true });
		writeFileSync(path.join(folder, 'kernels', name, 'kernel.json'), JSON.stringify(spec));
	}
}

/** Says what was left out and why; a reason that many tests of a class or file share is said once. */
function explain({ reasons }: Report): void {
	const groups = Map.groupBy(Object.entries(reasons), ([test, reason]) => {
		return `${test.slice(0, test.lastIndexOf('::'))}\0${reason}`;
	});
	for (const [key, tests] of groups) {
		const [place, reason] = key.split('\0');
		const what = tests.length === 1 ? tests[0]![0] : `${place}, ${tests.length} tests`;
		console.log(`left out: ${what}: ${reason}`);
	}
}

/** Runs pytest to its end. A run that ended badly without a failed test has failed all the same. */
async function run(name: string, { cwd, pytest }: { cwd: string; pytest: string[] }): Promise<Report> {
	const file = path.join(folder, `${name}.json`);
	const options = [
		...['-q', '--color=no', '--disable-warnings', '-p', 'no:cacheprovider', '-p', 'ports', '-p', 'report'],
		...['-o', 'addopts=', '-o', 'asyncio_default_fixture_loop_scope=function']
	];
	console.log(`\n${name}`);
	const child = spawn(path.join(peers, 'python'), ['-m', 'pytest', ...options, ...pytest], {
		cwd,
		stdio: ['ignore', 'inherit', 'inherit'],
		env: {
			...process.env,
			PATH: `${peers}:${process.env.PATH}`,
			PYTHONPATH: suites,
			PYTHONDONTWRITEBYTECODE: '1',
			JUPYTER_PATH: folder,
			JUPYTER_CONFIG_DIR: folder,
			JUPYTER_RUNTIME_DIR: path.join(folder, 'runtime'),
			JUPYTER_PLATFORM_DIRS: '1',
			ANSATZ_BRIDGE: bridge.socket,
			ANSATZ_REPORT: file,
			ANSATZ_MESSAGES: MESSAGES
		}
	});
	const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
	const report: Report = existsSync(file)
		? (JSON.parse(readFileSync(file, 'utf8')) as Report)
		: { passed: 0, failed: 0, skipped: 0, reasons: {} };
	if (report.failed === 0 && (code !== 0 || report.passed === 0)) report.failed = 1;
	return report;
}
